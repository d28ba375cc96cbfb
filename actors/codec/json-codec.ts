import { ProtocolError } from 'troupe'
import type { Codec } from './codec.ts'
import { invalidValue } from './misfit.ts'
import { copyInto } from './room.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * JSON in UTF-8, one value, no byte order mark. The language's own rules: `undefined` members are left out, dates become strings,
 * NaN and the infinities become null. `T` is what the caller expects; nothing checks it.
 */
export class JsonCodec<T = unknown> implements Codec<T> {
  readonly name = 'json'

  sizeOf(value: T): number {
    return Buffer.byteLength(textOf(value))
  }

  encode(value: T): Uint8Array {
    // Not `encoder.encode` alone: short texts would come in memory shared with others.
    return new Uint8Array(encoder.encode(textOf(value)))
  }

  encodeInto(value: T, target: Uint8Array, offset = 0): number {
    return copyInto(encoder.encode(textOf(value)), target, offset)
  }

  decode(bytes: Uint8Array): T {
    try {
      return JSON.parse(decoder.decode(bytes)) as T
    } catch (cause) {
      throw new ProtocolError('invalid-json', `invalid JSON in ${bytes.length} bytes: ${reason(cause)}`, { cause })
    }
  }
}

function textOf(value: unknown): string {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch (cause) {
    throw invalidValue(`json: value cannot be encoded: ${reason(cause)}`, cause)
  }
  if (text === undefined) throw invalidValue(`json: value must be something that JSON knows, got ${typeof value}`)
  return text
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
