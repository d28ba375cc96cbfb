import { UsageError } from 'troupe'
import type { Codec } from './codec.ts'
import { JsonCodec } from './json-codec.ts'
import { described, loadExport } from './load-export.ts'
import { MessagePackCodec } from './message-pack-codec.ts'
import { RawCodec } from './raw-codec.ts'

/** Which codec, as a plain value: it may be sent to another thread, be an argument of an actor, or stand in a JSON file. */
export type CodecSpec =
  | { readonly kind: 'json' }
  | { readonly kind: 'message-pack' }
  | { readonly kind: 'raw' }
  | CodecModule

/** A codec of one's own, such as one by a deli schema: a module exports it, or a function that answers it or a promise of it. */
export interface CodecModule {
  readonly kind: 'module'
  /** URL of the module: `new URL('./my-codec.js', import.meta.url).href`. */
  readonly module: string
  /** Name under which it is exported. */
  readonly exportName: string
}

const fields: Readonly<Record<CodecSpec['kind'], readonly string[]>> = Object.freeze({
  json: [],
  'message-pack': [],
  raw: [],
  module: ['module', 'exportName'],
})

/**
 * The codec that is meant. Rejects with `UsageError`: `invalid-option` for a kind that there is not, and where the module exports
 * no codec; `unknown-option` for a field that the kind does not have; `module-not-loaded` for a module that cannot be imported.
 * `T` is what the caller expects; nothing checks it.
 */
export async function loadCodec<T = unknown>(spec: CodecSpec): Promise<Codec<T>> {
  checkFields(spec)
  return (await make(spec)) as Codec<T>
}

async function make(spec: CodecSpec): Promise<unknown> {
  switch (spec.kind) {
    case 'json':
      return new JsonCodec()
    case 'message-pack':
      return new MessagePackCodec()
    case 'raw':
      return new RawCodec()
    case 'module':
      return await load(spec)
  }
}

async function load({ module, exportName }: CodecModule): Promise<unknown> {
  const exported = await loadExport('codec', module, exportName)
  const codec: unknown = typeof exported === 'function' ? await exported() : exported
  if (isCodec(codec)) return codec
  throw invalid(`'${exportName}' of ${module} must be a codec, or a function that answers one, got ${described(codec)}`)
}

function checkFields(spec: CodecSpec): void {
  const kind: unknown = spec?.kind
  if (typeof kind !== 'string' || !Object.hasOwn(fields, kind)) {
    throw invalid(`kind must be one of ${Object.keys(fields).join(', ')}, got ${described(kind)}`)
  }
  const known = fields[kind as CodecSpec['kind']]
  const unknown = Object.keys(spec).find((name) => name !== 'kind' && !known.includes(name))
  if (unknown === undefined) return
  const has = known.length === 0 ? 'no fields' : known.join(', ')
  throw new UsageError('unknown-option', `codec: kind '${kind}' has no '${unknown}'; it has ${has}`)
}

/** What a module exports is known only when it runs: enough is checked that a mistake shows here and not with the first message. */
function isCodec(value: unknown): value is Codec<unknown> {
  const codec = value as Codec<unknown> | null | undefined
  return typeof codec?.decode === 'function' && typeof codec.encodeInto === 'function'
}

function invalid(text: string): UsageError {
  return new UsageError('invalid-option', `codec: ${text}`)
}
