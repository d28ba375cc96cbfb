import { assert } from '../base/assert.ts'

/**
 * One entry of the directory: 64 bytes, one cache line, for one actor. `parent` is the seat whose range the slot lies
 * in; `host` the seat the actor lives on. After a seat's death the guardian writes in its place, until a new
 * incarnation has the seat.
 *
 *    byte   field             type   written by     meaning
 *    0      word              i32    see below      generation << 8 | full << 7 | state
 *    4      host seat         i32    parent         where the actor lives
 *    8      parent slot       i32    parent         its supervisor's slot, -1 for the root
 *    12     restarts          i32    host           incarnations after the first
 *    16     name hash, low    i32    parent         FNV-1a 64 of its name, 0 for none
 *    20     name hash, high   i32    parent
 *    24     definition         i32    host           its number in the table of definitions, 0 for unknown
 *    28     flags              i32    parent         see ENTRY_RETAINS
 *    32     arrived           f64    host           messages handed over to it
 *    40     handled           f64    host           messages whose handler ended
 *    48     dead-lettered     f64    host           messages that no handler will see
 *    56     quiet kind        i32    host           equal for actors whose ends nobody can tell apart, see `Directory`; 0 for none
 *    60     verdict            i32    parent         see ENTRY_VERDICT
 *
 * The word has one writer at a time: the parent makes it `starting`, from then on it is the host's until that says
 * `stopped`, and then the parent's again, which makes it `free`. A host that dies leaves it to the guardian, which
 * makes it `orphaned`.
 */
export const ENTRY_BYTES = 64
export const ENTRY_WORDS = ENTRY_BYTES >> 2
export const ENTRY_DOUBLES = ENTRY_BYTES >> 3

export const ENTRY_WORD = 0
export const ENTRY_HOST_SEAT = 4 >> 2
export const ENTRY_PARENT_SLOT = 8 >> 2
export const ENTRY_RESTARTS = 12 >> 2
export const ENTRY_NAME_LOW = 16 >> 2
export const ENTRY_NAME_HIGH = 20 >> 2
export const ENTRY_DEFINITION = 24 >> 2
export const ENTRY_FLAGS = 28 >> 2
/** Flag: its messages outlive its thread. */
export const ENTRY_RETAINS = 1
/** Index of `arrived` in doubles; its two neighbours follow. */
export const ENTRY_ACCOUNTS = 32 >> 3
export const ENTRY_QUIET_KIND = 56 >> 2
export const ENTRY_VERDICT = 60 >> 2

/**
 * What the parent decided last about an actor that lives on another seat. A host that dies may have taken the signal in
 * and not acted on it: then the guardian does.
 */
export const ENTRY_VERDICT_CODE = Object.freeze({ none: 0, park: 1, forget: 2 })

export const ENTRY_STATE_MASK = 0x7f
export const ENTRY_FULL_BIT = 0x80
export const ENTRY_GENERATION_SHIFT = 8
export const GENERATION_MAX = 0xff_ffff

/** States in the word. From `starting` to `orphaned` records for the actor are accepted. */
export const ENTRY_STATE = Object.freeze({
  free: 0,
  starting: 1,
  running: 2,
  restarting: 3,
  orphaned: 4,
  parked: 5,
  stopping: 6,
  stopped: 7,
})

/**
 * Per seat, before the entries: 128 bytes.
 *
 *    byte   field                  type   written by       meaning
 *    0      high-water             f64    the seat         slots of its range that were ever allocated
 *    64     settled arrived        f64    the seat         sums of the accounts of actors that ended on this seat
 *    72     settled handled        f64    the seat
 *    80     settled dead-lettered  f64    the seat
 *    88     settled lost           f64    the guardian     what died with the seat's thread, unhandled
 */
export const RANGE_BYTES = 128
export const RANGE_DOUBLES = RANGE_BYTES >> 3
export const RANGE_HIGH_WATER = 0
export const RANGE_SETTLED = 64 >> 3
export const RANGE_SETTLED_LOST = 88 >> 3

export function directoryRegionBytes(seatsMax: number, actorsPerSeat: number): number {
  return seatsMax * RANGE_BYTES + seatsMax * actorsPerSeat * ENTRY_BYTES
}

assert(
  Object.values(ENTRY_STATE).every((state) => (state & ENTRY_STATE_MASK) === state),
  'every state fits its bits',
)
assert((ENTRY_STATE_MASK & ENTRY_FULL_BIT) === 0, 'the full bit is none of the state bits')
assert(ENTRY_ACCOUNTS + 3 <= ENTRY_DOUBLES, 'the accounts lie inside the entry')
assert(RANGE_SETTLED_LOST < RANGE_DOUBLES, 'the settled sums lie inside the range record')
