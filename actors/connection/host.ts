import { isIP, isIPv4, isIPv6 } from 'node:net'

const NAME_MAX = 253
const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/
const ZONE = /^[A-Za-z0-9._~-]+$/
const ALL_DIGITS = /^\d+$/

/** The one form in which a host is written: names in lower case, IPv6 as short as it can be. Undefined if it is no host. */
export function canonicalHost(host: string): string | undefined {
  if (isIPv4(host)) return host
  return host.includes(':') ? canonicalIpv6(host) : canonicalName(host.toLowerCase())
}

export function isIpAddress(host: string): boolean {
  return isIP(host) !== 0
}

/** Whether both are addresses, and both of IPv4 or both of IPv6. */
export function isSameFamily(one: string, other: string): boolean {
  return isIpAddress(one) && isIP(one) === isIP(other)
}

/** 224.0.0.0/4 or ff00::/8. */
export function isMulticastAddress(host: string): boolean {
  if (!isIPv4(host)) return isIPv6(host) && /^ff[0-9a-f]{2}:/i.test(host)
  const first = Number.parseInt(host, 10)
  return first >= 224 && first <= 239
}

function canonicalIpv6(host: string): string | undefined {
  const at = host.indexOf('%')
  const address = at < 0 ? host : host.slice(0, at)
  const zone = at < 0 ? '' : host.slice(at)
  if (!isIPv6(address) || (zone !== '' && !ZONE.test(zone.slice(1)))) return undefined
  return new URL(`http://[${address}]`).hostname.slice(1, -1) + zone
}

function canonicalName(name: string): string | undefined {
  const labels = name.split('.')
  // '1.2.3' and '1.2.3.999' look like addresses, and some resolvers take them for one.
  const isName =
    name.length <= NAME_MAX && labels.every((label) => LABEL.test(label)) && !ALL_DIGITS.test(labels.at(-1)!)
  return isName ? name : undefined
}
