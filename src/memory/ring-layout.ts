import { assert } from '../base/assert.ts'

/**
 * One ring. Positions are bytes since creation modulo 2^32 and only move forward; the byte offset of a position is
 * `position & (capacity - 1)`.
 *
 *    byte   field      written by   how              meaning
 *    0      tail       producer     Atomics.store    everything before it can be read
 *    128    claimed    producer     plain            everything before it was committed; for the reaper
 *    256    head       consumer     Atomics.store    everything before it is free for the producer
 *    384    read       consumer     plain            everything before it was handed over; for the reaper
 *    512    data       producer     plain            `capacity` bytes of records
 *
 * Each field has its own 128 bytes (two cache lines, since processors fetch them in pairs). `claimed` and `read` move
 * with every record and are read only after their writer has died; `tail` and `head` move once per batch and are read
 * at message rate.
 */
export const RING_TAIL_INDEX = 0
export const RING_CLAIMED_INDEX = 128 >> 2
export const RING_HEAD_INDEX = 256 >> 2
export const RING_READ_INDEX = 384 >> 2
export const RING_CONTROL_BYTES = 512

/**
 * One record. It starts at a multiple of 8 and never wraps: what is left of the ring before it is skipped.
 *
 *    byte   field        type   meaning
 *    0      length       i32    payload bytes, >= 0; negative: skip this many bytes, no other field follows
 *    4      word         i32    the caller's: kind, encoding, handler
 *    8      slot         i32    whom it is for: index into the directory
 *    12     generation   i32    whom it is for: which user of that slot
 *    16     payload             padded to a multiple of 8
 *
 * All written by the producer before it commits.
 */
export const RECORD_HEADER_BYTES = 16
export const RECORD_LENGTH_WORD = 0
export const RECORD_WORD_WORD = 1
export const RECORD_SLOT_WORD = 2
export const RECORD_GENERATION_WORD = 3
export const RECORD_ALIGNMENT_BYTES = 8

/**
 * A header and 16 bytes. Twice that, less the 8 bytes a skip has at least, still fit the user's share of the smallest
 * ring.
 */
const RECORD_BYTES_MIN_MAX = 32
export const RING_BYTES_MIN = 64
/** Keeps every difference of two positions, a skip included, far from the sign bit. */
export const RING_BYTES_MAX = 1 << 28

/** Header, payload and padding together. */
export function recordBytes(payloadBytes: number): number {
  return (payloadBytes + (RECORD_HEADER_BYTES + RECORD_ALIGNMENT_BYTES - 1)) & -RECORD_ALIGNMENT_BYTES
}

/**
 * The largest payload that a ring of this capacity takes: an eighth of it with its header, 16 bytes in the smallest
 * rings.
 */
export function payloadBytesMax(capacity: number): number {
  return Math.max(capacity >> 3, RECORD_BYTES_MIN_MAX) - RECORD_HEADER_BYTES
}

/** What user records may fill. The rest belongs to records that must get through when users have filled their share. */
export function userShareBytes(capacity: number): number {
  return capacity - (capacity >> 3)
}

/** Bytes of a ring in the system's memory. */
export function ringRegionBytes(capacity: number): number {
  return RING_CONTROL_BYTES + capacity
}

assert(RECORD_HEADER_BYTES % RECORD_ALIGNMENT_BYTES === 0, 'a payload starts at a multiple of 8')
assert(
  2 * recordBytes(payloadBytesMax(RING_BYTES_MIN)) - RECORD_ALIGNMENT_BYTES <= userShareBytes(RING_BYTES_MIN),
  'the largest record finds room in the smallest empty ring wherever it starts',
)
assert(RING_BYTES_MIN * 2 < RING_BYTES_MAX, 'there is more than one legal ring')
