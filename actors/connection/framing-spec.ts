import { UsageError } from 'troupe'
import { described, loadExport } from '../codec/load-export.ts'
import type { Framing } from './framing.ts'
import { type LengthPrefix, LengthPrefixFraming } from './length-prefix-framing.ts'
import { LineFraming } from './line-framing.ts'
import { PacketFraming } from './packet-framing.ts'
import { TlvFraming } from './tlv-framing.ts'
import { VarintFraming } from './varint-framing.ts'

/**
 * Which framing, as a plain value: it may be sent to another thread, be an argument of an actor, or stand in a JSON file. Limits
 * and defaults are those of the framing itself.
 */
export type FramingSpec =
  | { readonly kind: 'length-prefix'; readonly prefix?: LengthPrefix; readonly messageBytesMax?: number }
  | { readonly kind: 'varint'; readonly messageBytesMax?: number }
  | { readonly kind: 'line'; readonly messageBytesMax?: number; readonly lineEnd?: 'lf' | 'crlf' }
  | { readonly kind: 'tlv'; readonly payloadBytesMax?: number }
  | { readonly kind: 'packet'; readonly payloadBytesMax?: number }
  | FramingModule

/** A framing of one's own: a module exports a function that takes nothing and answers a new `Framing` (or a promise of one). */
export interface FramingModule {
  readonly kind: 'module'
  /** URL of the module: `new URL('./my-framing.js', import.meta.url).href`. */
  readonly module: string
  /** Name under which it exports the function. */
  readonly exportName: string
}

type FramingKind = FramingSpec['kind']

const fields: Readonly<Record<FramingKind, readonly string[]>> = Object.freeze({
  'length-prefix': ['prefix', 'messageBytesMax'],
  varint: ['messageBytesMax'],
  line: ['messageBytesMax', 'lineEnd'],
  tlv: ['payloadBytesMax'],
  packet: ['payloadBytesMax'],
  module: ['module', 'exportName'],
})

/**
 * A new framing for one stream. Throws `UsageError`: `invalid-option` for a kind that there is not, for what the framing itself
 * refuses, and for kind `module`, which only `loadFraming` can make; `unknown-option` for a field that the kind does not have.
 */
export function makeFraming(spec: FramingSpec): Framing {
  checkFields(spec)
  switch (spec.kind) {
    case 'length-prefix':
      return new LengthPrefixFraming(spec)
    case 'varint':
      return new VarintFraming(spec)
    case 'line': {
      const { messageBytesMax: lineBytesMax, lineEnd } = spec
      return new LineFraming({ ...(lineBytesMax !== undefined && { lineBytesMax }), ...(lineEnd && { lineEnd }) })
    }
    case 'tlv':
      return new TlvFraming(spec)
    case 'packet':
      return new PacketFraming(spec.payloadBytesMax)
    case 'module':
      throw invalid(`a framing of kind 'module' must be loaded: use loadFraming`)
  }
}

/**
 * As `makeFraming`, of kind `module` too. Rejects with `UsageError` `module-not-loaded` for a module that cannot be imported,
 * `invalid-option` where it exports no such function, or the function answers no framing.
 */
export async function loadFraming(spec: FramingSpec): Promise<Framing> {
  if (spec?.kind !== 'module') return makeFraming(spec)
  checkFields(spec)
  const make = await loadExport('framing', spec.module, spec.exportName)
  if (typeof make !== 'function') {
    throw invalid(`${spec.module} must export a function '${spec.exportName}', got ${typeof make}`)
  }
  const framing: unknown = await make()
  if (isFraming(framing)) return framing
  throw invalid(`'${spec.exportName}' of ${spec.module} must answer a framing, got ${described(framing)}`)
}

function checkFields(spec: FramingSpec): void {
  const kind: unknown = spec?.kind
  if (typeof kind !== 'string' || !Object.hasOwn(fields, kind)) {
    throw invalid(`kind must be one of ${Object.keys(fields).join(', ')}, got ${described(kind)}`)
  }
  const known = fields[kind as FramingKind]
  const unknown = Object.keys(spec).find((name) => name !== 'kind' && !known.includes(name))
  if (unknown === undefined) return
  throw new UsageError('unknown-option', `framing: kind '${kind}' has no '${unknown}'; it has ${known.join(', ')}`)
}

/** What a module answers is known only when it runs: enough is checked that a mistake shows here and not in a socket's event. */
function isFraming(value: unknown): value is Framing {
  const framing = value as Framing | null | undefined
  return typeof framing?.push === 'function' && typeof framing.writePrefix === 'function'
}

function invalid(text: string): UsageError {
  return new UsageError('invalid-option', `framing: ${text}`)
}
