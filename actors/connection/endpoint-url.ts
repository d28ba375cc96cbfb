import { UsageError } from 'troupe'
import { shown } from './endpoint-fields.ts'

/** protocol, what is between `//` and `?`, query */
const SHAPE = /^([a-z][a-z0-9]*):\/\/([^?#]*)(?:\?([^#]*))?$/i
/** host in brackets or without, port */
const HOST_AND_PORT = /^(?:\[([^\]]*:[^\]]*)\]|([^:[\]]*)):(\d+)$/

/**
 * What a URL says, as options that are still to be checked: a part that is not of its form stays a text. Throws `UsageError`
 * (`invalid-endpoint`) for what has not the form of an endpoint at all.
 */
export function optionsOfUrl(url: string): Record<string, unknown> {
  const [, protocol, place, query] = SHAPE.exec(url) ?? []
  if (protocol === undefined || place === undefined) {
    throw malformed(url, 'must look like tcp://host:port, tls://host:port, unix:///path or udp://host:port')
  }
  const name = protocol.toLowerCase()
  const where = name === 'unix' ? { path: decoded(url, place) } : placeOf(url, place)
  return { ...optionsOfQuery(url, query), ...where, protocol: name }
}

/** Writes a URL; query parameters that are undefined are left out. */
export function urlOf(
  protocol: string,
  place: string | { readonly host: string; readonly port: number },
  query: Readonly<Record<string, unknown>>,
): string {
  const parameters = Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encoded(String(value))}`)
  const tail = parameters.length === 0 ? '' : `?${parameters.join('&')}`
  const where = typeof place === 'string' ? encoded(place) : `${inBrackets(place.host)}:${place.port}`
  return `${protocol}://${where}${tail}`
}

function placeOf(url: string, place: string): { host: string; port: number } {
  const [, address, name, port] = HOST_AND_PORT.exec(place) ?? []
  const host = address ?? name
  if (host === undefined) throw malformed(url, `must have host:port behind ://, IPv6 in brackets, got ${shown(place)}`)
  // '%25' is how a URL writes the '%' between an IPv6 address and its zone.
  return { host: address === undefined ? host : decoded(url, address), port: Number(port) }
}

function inBrackets(host: string): string {
  return host.includes(':') ? `[${encodeURIComponent(host).replaceAll('%3A', ':')}]` : host
}

function optionsOfQuery(url: string, query: string | undefined): Record<string, unknown> {
  const options: Record<string, unknown> = {}
  for (const parameter of query === undefined ? [] : query.split('&')) {
    const [name = '', value, ...more] = parameter.split('=')
    if (value === undefined || more.length > 0) throw malformed(url, `must have name=value, got ${shown(parameter)}`)
    if (Object.hasOwn(options, name)) throw malformed(url, `must give ${shown(name)} once`)
    Object.defineProperty(options, name, { value: typedValue(name, decoded(url, value)), enumerable: true })
  }
  return options
}

/** Numbers and booleans as such; what is neither where one is due stays a text, and is refused as one. */
function typedValue(name: string, text: string): unknown {
  if (name === 'ttl' && /^\d{1,9}$/.test(text)) return Number(text)
  if (name === 'mode' && /^[0-7]{1,6}$/.test(text)) return Number.parseInt(text, 8)
  if (name === 'loopback' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}

/** Percent-encoded but for what reads better plain and means nothing special here. */
function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll('%2F', '/').replaceAll('%40', '@').replaceAll('%3A', ':')
}

function decoded(url: string, text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw malformed(url, `must have two hex digits of UTF-8 behind every %, got ${shown(text)}`)
  }
}

function malformed(url: string, text: string): UsageError {
  return new UsageError('invalid-endpoint', `endpoint ${shown(url)}: an endpoint ${text}`)
}
