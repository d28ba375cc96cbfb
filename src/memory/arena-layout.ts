import { assert } from '../base/assert.ts'

/** Slots start at multiples of this; a slot's id counts in it, through the partitions of all seats. */
export const UNIT_BYTES = 1_024
/** Each size class is this many of the one below: four free neighbours make one, one makes four. */
export const CLASS_RATIO = 4
const CLASS_BYTES_MAX = 64 * 2 ** 20

export const ARENA_BYTES_MIN = 4 * UNIT_BYTES
export const ARENA_BYTES_MAX = 2 ** 30

/** Slot sizes of a partition, smallest first: 1 KiB, 4 KiB, … as long as two of them fit, up to 64 MiB. */
export function sizeClasses(arenaBytes: number): readonly number[] {
  const sizes: number[] = []
  for (let bytes = UNIT_BYTES; bytes <= Math.min(arenaBytes / 2, CLASS_BYTES_MAX); bytes *= CLASS_RATIO)
    sizes.push(bytes)
  return sizes
}

/**
 * One partition's table: what its owner made of it.
 *
 *    byte   field     type          written by   meaning
 *    0      carved    i32           owner        units below this belong to a slot; what is above was never touched
 *    128    marks     u8 a unit     owner        of a slot's first unit: class + 1, | MARK_RETAINED; others 0 or stale
 *
 * A split writes the marks of the new slots before it shrinks the first, a merge grows the first before it clears the
 * others: who walks from slot to slot by their sizes finds a whole division at every instant, also after the owner
 * died in between.
 */
export const PARTITION_CARVED_WORD = 0
export const PARTITION_MARKS_BYTE = 128
export const MARK_CLASS_MASK = 0x1f
/** The slot holds a retained record, see retained-layout.ts. */
export const MARK_RETAINED = 0x80

export function partitionTableBytes(arenaBytes: number): number {
  return PARTITION_MARKS_BYTE + arenaBytes / UNIT_BYTES
}

/**
 * Leases of one seat on one slot: 16 bytes, in a column of the seat's own (seat by partition by unit), so that no two
 * threads write to one line.
 *
 *    byte   field      type   written by   meaning
 *    0      sent       i32    the seat     descriptors of the slot that it put into rings, and holds that it made
 *    4      received   i32    the seat     descriptors that it took out of rings, and holds that it made
 *    8      released   i32    the seat     leases that it gave up
 *    12     –                 free
 *
 * All three only grow, and wrap. Over all seats: sent - received is under way in rings, received - released is held,
 * and when sent equals released nobody has the slot. After the seat's thread died the reaper writes in its place.
 */
export const LEASE_BYTES = 16
export const LEASE_WORDS = LEASE_BYTES >> 2
export const LEASE_SENT = 0
export const LEASE_RECEIVED = 1
export const LEASE_RELEASED = 2

export function leaseColumnBytes(arenaBytes: number): number {
  return (arenaBytes / UNIT_BYTES) * LEASE_BYTES
}

/**
 * One seat's journal, for records with more than one descriptor: 1 KiB. Written by the seat; the reaper undoes what
 * it tells of.
 *
 *    byte   field      type   meaning
 *    0      kind       i32    JOURNAL_NONE, or which count the steps below have gone into
 *    4      done       i32    slots counted so far, each in the same breath as its count
 *    64     releases   i32    all leases that the seat ever gave up, wraps; unchanged: a search finds nothing new
 *    68     fence      i32    written only to order what is before and after
 *    128    slots      i32    the slots, in order; 224 at most
 */
export const JOURNAL_BYTES = 1_024
export const JOURNAL_WORDS = JOURNAL_BYTES >> 2
export const JOURNAL_KIND = 0
export const JOURNAL_DONE = 1
export const JOURNAL_RELEASES = 64 >> 2
export const JOURNAL_FENCE = 68 >> 2
export const JOURNAL_SLOTS = 128 >> 2
export const JOURNAL_NONE = 0
export const JOURNAL_SENDING = 1
export const JOURNAL_RECEIVING = 2

/** Frames that one record may carry. */
export const FRAMES_PER_RECORD_MAX = JOURNAL_WORDS - JOURNAL_SLOTS

assert(sizeClasses(ARENA_BYTES_MIN).length > 0, 'the smallest arena has a size class')
assert(sizeClasses(ARENA_BYTES_MAX).length < MARK_CLASS_MASK, 'every size class fits its mark')
assert(FRAMES_PER_RECORD_MAX === 224, 'the table above says how many frames a record carries')
