import { misfit } from './misfit.ts'
import { bufferOverflow, checkOffset } from './room.ts'

/** A buffer and how far it has been written. */
export class DeliWriter {
  readonly bytes: Uint8Array
  /** Where the next value goes, in bytes. */
  offset: number
  readonly #end: number
  #emptyElementsLeft: number

  constructor(bytes: Uint8Array, offset: number, emptyElementsMax: number) {
    checkOffset(bytes, offset)
    this.bytes = bytes
    this.offset = offset
    this.#end = bytes.length
    this.#emptyElementsLeft = emptyElementsMax
  }

  /** Moves on by `count` bytes, which the caller writes; answers where they begin. A store outside of a typed array is silent: hence this. */
  claim(count: number): number {
    const at = this.offset
    if (count > this.#end - at) throw bufferOverflow(count, at, this.#end)
    this.offset = at + count
    return at
  }

  /** Whether `count` bytes have room. */
  hasRoom(count: number): boolean {
    return count <= this.#end - this.offset
  }

  u32(value: number): void {
    putU32(this.bytes, this.claim(4), value)
  }

  /** What no reader of ours would take is not written either. */
  spendEmptyElements(count: number, typeName: string): void {
    if (count > this.#emptyElementsLeft) {
      throw misfit(typeName, `at most ${this.#emptyElementsLeft} more elements of 0 bytes in this message`, count)
    }
    this.#emptyElementsLeft -= count
  }
}

/** Little-endian. Takes `value` modulo 2^32, so signed numbers too. */
export function putU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value
  bytes[at + 1] = value >>> 8
  bytes[at + 2] = value >>> 16
  bytes[at + 3] = value >>> 24
}
