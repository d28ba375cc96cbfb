import { ProtocolError } from 'troupe'
import type { DeliSchema } from './deli-schema.ts'
import { checkOffset } from './room.ts'

/**
 * How many elements that take no bytes (empty structs) the vectors of one message may have together: nothing else bounds them,
 * and 2^32 - 1 of them fit into four bytes.
 */
export const DELI_EMPTY_ELEMENTS_MAX = 65_536

/** Bytes and how far they have been read. After an error `offset` stands behind what was read before it. */
export class DeliReader {
  readonly bytes: Uint8Array
  /** Where the next value begins, in bytes. */
  offset: number
  readonly #end: number
  readonly #emptyElementsMax: number
  #emptyElementsLeft: number

  /** `offset`: where to begin. `emptyElementsMax`: for all values that this reader reads, see `DeliCodecOptions`. */
  constructor(bytes: Uint8Array, offset = 0, emptyElementsMax: number = DELI_EMPTY_ELEMENTS_MAX) {
    checkOffset(bytes, offset)
    this.bytes = bytes
    this.offset = offset
    this.#end = bytes.length
    this.#emptyElementsMax = emptyElementsMax
    this.#emptyElementsLeft = emptyElementsMax
  }

  /** Bytes that have not been read. */
  get left(): number {
    return this.#end - this.offset
  }

  /** Moves on by `count` bytes of a `typeName`; answers where they begin. */
  take(count: number, typeName: string): number {
    const at = this.offset
    if (count > this.#end - at) throw this.#unexpectedEnd(count, typeName)
    this.offset = at + count
    return at
  }

  takeU32(typeName: string): number {
    const at = this.take(4, typeName)
    const bytes = this.bytes
    return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
  }

  /** The count in front of a vector. Refused here, before anything is allocated, if that many elements cannot follow. */
  takeCount(element: DeliSchema<unknown>, typeName: string): number {
    const at = this.offset
    const count = this.takeU32(typeName)
    if (count * element.bytesMin > this.#end - this.offset) throw this.#tooFewBytes(at, count, element, typeName)
    if (element.bytesMin === 0) this.#spendEmptyElements(at, count, typeName)
    return count
  }

  #spendEmptyElements(at: number, count: number, typeName: string): void {
    if (count > this.#emptyElementsLeft) {
      throw new ProtocolError(
        'too-many-elements',
        `${typeName} at offset ${at} has ${count} elements of 0 bytes, ${this.#emptyElementsLeft} left of the limit ` +
          `${this.#emptyElementsMax} for a message`,
      )
    }
    this.#emptyElementsLeft -= count
  }

  #tooFewBytes(at: number, count: number, element: DeliSchema<unknown>, typeName: string): ProtocolError {
    return new ProtocolError(
      'unexpected-end',
      `${typeName} at offset ${at} promises ${count} elements of at least ${element.bytesMin} bytes, ${this.left} bytes left`,
    )
  }

  #unexpectedEnd(count: number, typeName: string): ProtocolError {
    return new ProtocolError(
      'unexpected-end',
      `unexpected end of buffer: ${typeName} at offset ${this.offset} needs ${count} bytes, ${this.left} left`,
    )
  }
}
