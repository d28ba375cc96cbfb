import { lighterThrown } from './error-codec.ts'
import { ENCODING_VALUES, type ValueCodec } from './value-codec.ts'

/** In an array, so that a number needs no encoding of its own. */
const THROWN_ENCODING = ENCODING_VALUES | 1

/** Bytes of what was thrown, or of as much of it as can be sent and is not too large. Never throws. */
export function encodeThrown(codec: ValueCodec, thrown: unknown): Uint8Array<ArrayBuffer> {
  const encode = (value: unknown): Uint8Array<ArrayBuffer> => codec.encodeOwned(1, [value], undefined, undefined)
  try {
    return encode(thrown)
  } catch {
    // Then with less.
  }
  for (const lighten of lighterThrown) {
    try {
      return encode(lighten(thrown, codec.messageBytesMax))
    } catch {
      // Then with still less.
    }
  }
  return encode(`a thrown ${typeof thrown}`)
}

/** What `encodeThrown` encoded, with any codec. */
export function decodeThrown(codec: ValueCodec, bytes: Uint8Array): unknown {
  codec.decodeOwned(bytes, THROWN_ENCODING)
  const [thrown] = codec.a as unknown[]
  codec.release()
  return thrown
}
