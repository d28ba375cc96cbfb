import { EndpointFields } from './endpoint-fields.ts'
import { optionsOfUrl, urlOf } from './endpoint-url.ts'
import { canonicalHost, isIpAddress, isMulticastAddress, isSameFamily } from './host.ts'
import { checkSocketPath } from './socket-path.ts'

/** `tcp://host:port` */
export interface TcpEndpoint {
  readonly protocol: 'tcp'
  /** Name, IPv4 or IPv6 address, lower case; IPv6 without brackets, as short as it can be. */
  readonly host: string
  /** 0 to 65535; 0 lets the operating system choose one to listen on. */
  readonly port: number
}

/** `tls://host:port?minVersion=TLSv1.3&caFile=/etc/ca.pem` */
export interface TlsEndpoint {
  readonly protocol: 'tls'
  /** As of `tcp`. */
  readonly host: string
  /** As of `tcp`. */
  readonly port: number
  /** Oldest version of the protocol that is accepted. @default 'TLSv1.2' */
  readonly minVersion: TlsVersion
  /** The name that the peer's certificate must have, where it is not `host`. A host name, no address. */
  readonly serverName?: string
  /** PEM files, absolute paths: own certificate with its chain, and its key. Both or none. */
  readonly certFile?: string
  readonly keyFile?: string
  /** PEM file, absolute path: whom to trust instead of the authorities that Node trusts. */
  readonly caFile?: string
  /** Cipher suites to offer or accept, in OpenSSL's form: `AES256-SHA256:AES128-SHA`. Without a suite of TLS 1.3 in it there is none. @default Node's */
  readonly ciphers?: string
}

export type TlsVersion = 'TLSv1.2' | 'TLSv1.3'

/** `unix:///run/gateway.sock?mode=0600`, or on Linux `unix://@gateway`, a name in the kernel's abstract space without a file. */
export interface UnixEndpoint {
  readonly protocol: 'unix'
  /** Absolute, or `@` and an abstract name. At most 107 bytes in UTF-8 on Linux, 103 elsewhere. */
  readonly path: string
  /** Permissions of the socket file, 0 to 0o777. Abstract names have none. @default 0o660 */
  readonly mode?: number
}

/** `udp://host:port`, or a group: `udp://239.1.2.3:5000?interface=192.168.1.7&ttl=4&loopback=false` */
export interface UdpEndpoint {
  readonly protocol: 'udp'
  /** As of `tcp`; an address of 224.0.0.0/4 or ff00::/8 makes it multicast. */
  readonly host: string
  /** As of `tcp`. */
  readonly port: number
  /** Hops that a datagram may take, 1 to 255. @default 64, or 1 for multicast */
  readonly ttl: number
  /** Multicast only. Address of the own interface to use. @default the operating system's choice */
  readonly interface?: string
  /** Multicast only. Whether what is sent arrives at receivers on the own machine too. @default true */
  readonly loopback?: boolean
}

/** Where to listen or whom to connect to, checked and with all defaults. */
export type Endpoint = TcpEndpoint | TlsEndpoint | UnixEndpoint | UdpEndpoint

/** An endpoint in which whatever has a default may be left out. */
export type EndpointOptions =
  | TcpEndpoint
  | (Omit<TlsEndpoint, 'minVersion'> & Partial<TlsEndpoint>)
  | UnixEndpoint
  | (Omit<UdpEndpoint, 'ttl'> & Partial<UdpEndpoint>)

export const SOCKET_MODE_DEFAULT = 0o660
const MODE_MAX = 0o777
const PORT_MAX = 65_535
const TTL_MAX = 255
const TTL_DEFAULT = 64
const TTL_DEFAULT_MULTICAST = 1
/** As OpenSSL takes them, with its signs to add, remove and order. */
const CIPHERS = /^[\w!+@=-]+(?::[\w!+@=-]+)*$/
const TLS_VERSION_DEFAULT = 'TLSv1.2'
const tlsVersions: readonly TlsVersion[] = Object.freeze([TLS_VERSION_DEFAULT, 'TLSv1.3'])

type Resolver = (fields: EndpointFields, platform: NodeJS.Platform) => Endpoint

const resolvers: Readonly<Record<Endpoint['protocol'], Resolver>> = Object.freeze({
  tcp: (fields) => ({ protocol: 'tcp', ...hostAndPort(fields) }),
  tls: resolveTls,
  unix: resolveUnix,
  udp: resolveUdp,
})

/**
 * Checks a URL or options, fills in the defaults and writes hosts in their one canonical form, so that equal endpoints have equal
 * URLs. The answer is frozen. Throws `UsageError`: `invalid-endpoint`, naming value and range, or `unknown-option`.
 * @param platform the system that it is for: it decides how long a path may be, and whether there are abstract names
 */
export function resolveEndpoint(
  from: string | EndpointOptions,
  platform: NodeJS.Platform = process.platform,
): Endpoint {
  const fields = typeof from === 'string' ? new EndpointFields(from, optionsOfUrl(from)) : new EndpointFields('', from)
  const protocol = fields.choice('protocol', Object.keys(resolvers) as Endpoint['protocol'][])
  const endpoint = resolvers[protocol](fields, platform)
  fields.refuseOthers()
  return Object.freeze(endpoint)
}

/** The shortest URL of an endpoint: what has its default value is left out. `resolveEndpoint` answers an equal endpoint. */
export function formatEndpoint(endpoint: Endpoint): string {
  if (endpoint.protocol === 'unix') return urlOf('unix', endpoint.path, { mode: modeUnlessDefault(endpoint) })
  const { protocol, host, port, ...others } = endpoint
  const defaults: Record<string, unknown> = { minVersion: TLS_VERSION_DEFAULT, ttl: ttlDefault(host), loopback: true }
  const query = Object.entries(others).filter(([name, value]) => value !== defaults[name])
  return urlOf(protocol, { host, port }, Object.fromEntries(query))
}

/** Whether an endpoint is a group of receivers. */
export function isMulticast(endpoint: Endpoint): boolean {
  return endpoint.protocol === 'udp' && isMulticastAddress(endpoint.host)
}

function modeUnlessDefault({ mode }: UnixEndpoint): string | undefined {
  if (mode === undefined || mode === SOCKET_MODE_DEFAULT) return undefined
  return mode.toString(8).padStart(4, '0')
}

function hostAndPort(fields: EndpointFields): { host: string; port: number } {
  const host = fields.text('host')
  const canonical = canonicalHost(host)
  if (canonical === undefined) {
    throw fields.refusal('host', 'a host name, an IPv4 address, or an IPv6 address (in brackets in a URL)', host)
  }
  return { host: canonical, port: fields.wholeNumber('port', 0, PORT_MAX) }
}

function resolveTls(fields: EndpointFields): TlsEndpoint {
  const serverName = fields.optionalText('serverName')
  if (serverName !== undefined && (isIpAddress(serverName) || canonicalHost(serverName) !== serverName)) {
    throw fields.refusal('serverName', 'a host name in lower case, no address', serverName)
  }
  const certFile = file(fields, 'certFile')
  const keyFile = file(fields, 'keyFile')
  if ((certFile === undefined) !== (keyFile === undefined)) {
    const missing = certFile === undefined ? 'certFile' : 'keyFile'
    throw fields.refusal(missing, 'given too: certFile and keyFile belong together', undefined)
  }
  const caFile = file(fields, 'caFile')
  const ciphers = fields.optionalText('ciphers')
  if (ciphers !== undefined && !CIPHERS.test(ciphers)) {
    throw fields.refusal('ciphers', 'names of cipher suites with : between them', ciphers)
  }
  return {
    protocol: 'tls',
    ...hostAndPort(fields),
    minVersion: fields.has('minVersion') ? fields.choice('minVersion', tlsVersions) : TLS_VERSION_DEFAULT,
    ...(serverName !== undefined && { serverName }),
    ...(certFile !== undefined && { certFile }),
    ...(keyFile !== undefined && { keyFile }),
    ...(caFile !== undefined && { caFile }),
    ...(ciphers !== undefined && { ciphers }),
  }
}

function file(fields: EndpointFields, name: string): string | undefined {
  const path = fields.optionalText(name)
  if (path === undefined || path.startsWith('/') || /^[a-z]:[\\/]/i.test(path)) return path
  throw fields.refusal(name, 'an absolute path', path)
}

function resolveUnix(fields: EndpointFields, platform: NodeJS.Platform): UnixEndpoint {
  const path = fields.text('path')
  checkSocketPath(fields, path, platform)
  if (!path.startsWith('@')) {
    const mode = fields.has('mode') ? fields.octal('mode', MODE_MAX) : SOCKET_MODE_DEFAULT
    return { protocol: 'unix', path, mode }
  }
  if (fields.has('mode')) throw fields.refusal('mode', 'left out: an abstract name has no file', fields.value('mode'))
  return { protocol: 'unix', path }
}

function resolveUdp(fields: EndpointFields): UdpEndpoint {
  const { host, port } = hostAndPort(fields)
  const ttl = fields.has('ttl') ? fields.wholeNumber('ttl', 1, TTL_MAX) : ttlDefault(host)
  if (isMulticastAddress(host)) return { protocol: 'udp', host, port, ttl, ...groupOptions(fields, host) }
  for (const name of ['interface', 'loopback']) {
    if (fields.has(name)) throw fields.refusal(name, `left out: ${host} is no multicast address`, fields.value(name))
  }
  return { protocol: 'udp', host, port, ttl }
}

function groupOptions(fields: EndpointFields, host: string): Pick<UdpEndpoint, 'interface' | 'loopback'> {
  const loopback = fields.has('loopback') ? fields.choice('loopback', [true, false]) : true
  const given = fields.optionalText('interface')
  if (given === undefined) return { loopback }
  const address = canonicalHost(given)
  if (address === undefined || !isSameFamily(address, host)) {
    throw fields.refusal('interface', `an address of the family of ${host}`, given)
  }
  return { loopback, interface: address }
}

function ttlDefault(host: string): number {
  return isMulticastAddress(host) ? TTL_DEFAULT_MULTICAST : TTL_DEFAULT
}
