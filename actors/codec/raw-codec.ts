import type { Codec } from './codec.ts'
import { invalidValue } from './misfit.ts'
import { copyInto } from './room.ts'

/** Bytes as they are. Decoding answers a view of the same bytes. */
export class RawCodec implements Codec<Uint8Array> {
  readonly name = 'raw'

  sizeOf(value: Uint8Array): number {
    return checked(value).length
  }

  encode(value: Uint8Array): Uint8Array {
    return new Uint8Array(checked(value))
  }

  encodeInto(value: Uint8Array, target: Uint8Array, offset = 0): number {
    return copyInto(checked(value), target, offset)
  }

  decode(bytes: Uint8Array): Uint8Array {
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  }
}

function checked(value: Uint8Array): Uint8Array {
  if (value instanceof Uint8Array) return value
  throw invalidValue(`raw: value must be a Uint8Array, got ${typeof value}`)
}
