import { Packr } from 'msgpackr'
import { ProtocolError } from 'troupe'
import type { Codec } from './codec.ts'
import { checkMessagePack } from './message-pack-check.ts'
import { invalidValue } from './misfit.ts'
import { copyInto } from './room.ts'

/**
 * Plain MessagePack, which every other implementation reads: no records, references or other extensions but timestamps. Records
 * are also how the library would come to make code from text. `T` is what the caller expects; nothing checks it.
 *
 * Integers of 64 bits are bigints, both ways; safe integers beyond 32 bits travel as doubles. Byte strings are views of the
 * message. Dates stay dates; of `-0` the sign is lost.
 */
export class MessagePackCodec<T = unknown> implements Codec<T> {
  readonly name = 'msgpack'
  readonly #packr = new Packr({ useRecords: false, mapsAsObjects: true, variableMapSize: true })

  sizeOf(value: T): number {
    return this.#packed(value).length
  }

  encode(value: T): Uint8Array {
    // A copy: the library's answer lies in a buffer that it goes on to fill.
    return new Uint8Array(this.#packed(value))
  }

  encodeInto(value: T, target: Uint8Array, offset = 0): number {
    return copyInto(this.#packed(value), target, offset)
  }

  decode(bytes: Uint8Array): T {
    checkMessagePack(bytes)
    try {
      return this.#packr.unpack(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)) as T
    } catch (cause) {
      throw new ProtocolError(
        'invalid-message-pack',
        `invalid MessagePack in ${bytes.length} bytes: ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause },
      )
    }
  }

  /** What the library writes for `undefined`, functions, sets and the like is refused here, as it would be by `decode`. */
  #packed(value: T): Uint8Array {
    try {
      const packed = this.#packr.pack(value)
      checkMessagePack(packed)
      return packed
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw invalidValue(`msgpack: value cannot be encoded: ${why}`, cause)
    }
  }
}
