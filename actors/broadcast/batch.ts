import { CapacityError } from 'troupe'
import type { Codec } from '../codec/codec.ts'
import type { Framing } from '../connection/framing.ts'

/** Values that are sent together: whole framed messages, one behind the other. */
export interface Gathered {
  /** Valid until the next `add`. */
  readonly bytes: Uint8Array
  readonly messages: number
  /** Where each message ends in `bytes`. */
  readonly ends: Uint32Array
}

const ROOM_BYTES = 131_072
/** More than this is given back after its batch: one large message does not cost its memory for ever. Bytes. */
const ROOM_KEPT_MAX = 1_048_576
/** More cannot be asked of the platform for one piece of memory. Bytes. */
const ROOM_BYTES_MAX = 2 ** 31

/**
 * Encodes values one behind the other, framed, each once. It writes into memory of its own and not into a frame of the arena: how
 * long a batch becomes is known at its end, and JavaScript writes into shared memory several times as slowly, while `frame.write`
 * copies the whole at the speed of `memcpy`.
 */
export class Batch<T> {
  readonly #codec: Codec<T>
  readonly #framing: Framing
  #room = Buffer.allocUnsafeSlow(ROOM_BYTES)
  #used = 0
  #ends: number[] = []

  constructor(codec: Codec<T>, framing: Framing) {
    this.#codec = codec
    this.#framing = framing
  }

  get bytes(): number {
    return this.#used
  }

  get messages(): number {
    return this.#ends.length
  }

  /** Throws as codec and framing do (`invalid-value`, `message-too-large`, `invalid-frame`); the batch is as it was then. */
  add(value: T): void {
    const { suffix } = this.#framing
    const start = this.#used
    // The prefix is in front and as long as the message says, which is written first: nearly always as long as for an empty one.
    const at = start + this.#framing.prefixBytes(0)
    let end = this.#encode(value, at)
    const messageBytes = end - at
    const prefixBytes = this.#framing.prefixBytes(messageBytes)
    const from = start + prefixBytes
    this.#reserve(from + messageBytes + suffix.length, end)
    if (from !== at) this.#room.copyWithin(from, at, end)
    end = from + messageBytes
    this.#framing.checkMessage(this.#room.subarray(from, end))
    this.#framing.writePrefix(this.#room, start, messageBytes)
    if (suffix.length > 0) this.#room.set(suffix, end)
    this.#used = end + suffix.length
    this.#ends.push(this.#used)
  }

  /** What was gathered, or undefined if it is nothing. The next batch begins. */
  take(): Gathered | undefined {
    if (this.#ends.length === 0) return undefined
    const bytes = this.#room.subarray(0, this.#used)
    const gathered = { bytes, messages: this.#ends.length, ends: Uint32Array.from(this.#ends) }
    this.#used = 0
    this.#ends = []
    if (this.#room.length > ROOM_KEPT_MAX) this.#room = Buffer.allocUnsafeSlow(ROOM_BYTES)
    return gathered
  }

  /** Without a schema only encoding tells how long a value becomes: it is tried in the room that there is, then in twice as much. */
  #encode(value: T, at: number): number {
    for (;;) {
      try {
        if (at < this.#room.length) return this.#codec.encodeInto(value, this.#room, at)
      } catch (error) {
        const isFull = error instanceof CapacityError && error.code === 'buffer-overflow'
        if (!isFull || this.#room.length >= ROOM_BYTES_MAX) throw error
      }
      this.#reserve(this.#room.length * 2, this.#used)
    }
  }

  #reserve(bytes: number, keptBytes: number): void {
    if (bytes <= this.#room.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(bytes, this.#room.length * 2))
    larger.set(this.#room.subarray(0, keptBytes))
    this.#room = larger
  }
}
