import { assert } from '../base/assert.ts'
import { InvariantError } from '../base/errors.ts'
import {
  payloadBytesMax,
  RECORD_HEADER_BYTES,
  RECORD_LENGTH_WORD,
  RING_BYTES_MAX,
  RING_BYTES_MIN,
  RING_CONTROL_BYTES,
  recordBytes,
} from './ring-layout.ts'

/**
 * The views of one ring that both of its sides need. Offsets handed out by either side are bytes from the start of
 * these views and multiples of 8: `words[offset >> 2]`, `doubles[offset >> 3]`.
 */
export class RingMemory {
  readonly capacity: number
  readonly control: Int32Array
  readonly bytes: Buffer
  readonly words: Int32Array
  readonly doubles: Float64Array
  readonly view: DataView

  constructor(memory: ArrayBufferLike, byteOffset: number, capacity: number) {
    assert(Number.isInteger(Math.log2(capacity)), 'the capacity of a ring is a power of two')
    assert(capacity >= RING_BYTES_MIN && capacity <= RING_BYTES_MAX, 'the capacity of a ring is a legal one')
    assert(byteOffset % 8 === 0, 'a ring starts at a multiple of 8 bytes')
    const dataOffset = byteOffset + RING_CONTROL_BYTES
    this.capacity = capacity
    this.control = new Int32Array(memory, byteOffset, RING_CONTROL_BYTES >> 2)
    this.bytes = Buffer.from(memory, dataOffset, capacity)
    this.words = new Int32Array(memory, dataOffset, capacity >> 2)
    this.doubles = new Float64Array(memory, dataOffset, capacity >> 3)
    this.view = new DataView(memory, dataOffset, capacity)
  }
}

/**
 * Told of each record: byte offset of its payload, and how long that is. The header lies `RECORD_HEADER_BYTES` before
 * it.
 */
export type RecordVisitor = (payloadOffset: number, payloadBytes: number) => void

/** Visits the records from one position to another, in order. */
export function walkRecords(memory: RingMemory, from: number, to: number, visit: RecordVisitor): void {
  const payloadMax = payloadBytesMax(memory.capacity)
  let position = from
  while (position !== to) {
    const offset = position & (memory.capacity - 1)
    const length = memory.words[(offset >> 2) + RECORD_LENGTH_WORD]!
    if (length < 0) {
      position = (position - length) | 0
      continue
    }
    if (length > payloadMax || ((to - position) | 0) < recordBytes(length)) throw brokenRecord(position, length)
    visit(offset + RECORD_HEADER_BYTES, length)
    position = (position + recordBytes(length)) | 0
  }
}

/** What the bytes at a position cannot be. */
export function brokenRecord(position: number, length: number): InvariantError {
  return new InvariantError('invariant-broken', `invariant broken: record at position ${position} has length ${length}`)
}
