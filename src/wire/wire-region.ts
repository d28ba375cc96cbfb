import { assert } from '../base/assert.ts'

/**
 * Bytes that values are written into and read from: the data area of a ring, an arena slot, a private scratch. Several
 * views of the same memory, because a number is cheapest through the view of its own width. Offsets given together with
 * a region are in bytes from its start; records and messages start at multiples of 8.
 */
export interface WireRegion {
  readonly bytes: Buffer
  readonly words: Int32Array
  readonly doubles: Float64Array
  /** For numbers that lie at no multiple of their width. */
  readonly view: DataView
}

/** Views of `byteLength` bytes from `byteOffset`; both are multiples of 8. Costs some 500 ns: made once per ring or slot. */
export function wireRegion(memory: ArrayBufferLike, byteOffset = 0, byteLength = memory.byteLength): WireRegion {
  assert(byteOffset % 8 === 0, 'a wire region starts at a multiple of 8 bytes')
  assert(byteLength % 8 === 0, 'a wire region has a length that is a multiple of 8 bytes')
  return {
    bytes: Buffer.from(memory, byteOffset, byteLength),
    words: new Int32Array(memory, byteOffset, byteLength >> 2),
    doubles: new Float64Array(memory, byteOffset, byteLength >> 3),
    view: new DataView(memory, byteOffset, byteLength),
  }
}
