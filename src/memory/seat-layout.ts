import { assert } from '../base/assert.ts'

/**
 * One seat: 512 bytes, four pairs of cache lines, so that what the thread writes at message rate disturbs nobody who
 * reads the rest.
 *
 *    byte   field              type   written by      meaning
 *    0      state              i32    guardian        see SEAT_STATE; the thread itself: `starting` to `running`;
 *                                                     anybody, by compare-and-swap: `free` to `reserved`
 *    4      incarnation        i32    guardian        threads that have had this seat
 *    8      native thread id   i32    the thread      as the operating system knows it, 0 where it does not say
 *    16     started            f64    guardian        when this incarnation got the seat, ms of the system's clock
 *
 *    128    progress           i32    the thread      goes up with every actor that got a turn, wraps
 *    132    running slot       i32    the thread      actor that runs right now, -1 between actors
 *    136    running handler    i32    the thread      number of its handler, -1 for none
 *    144    turn started       f64    the thread      ms of the system's clock
 *    152    arrivals           f64    the thread      retained records handed over here so far: their order
 *
 *    256    loop delay mean    f64    the thread      ms; these six about once a second
 *    264    loop delay max     f64    the thread      ms
 *    272    loop utilisation   f64    the thread      0 to 1
 *    280    heap used          f64    the thread      bytes
 *    288    heap limit         f64    the thread      bytes
 *    296    external           f64    the thread      bytes outside the heap
 *    304    reported           f64    the thread      when these were written, ms of the system's clock; 0 for never
 *
 *    384    parked             i32    the thread      1 while it sleeps or is about to, see doorbell.ts
 *    448    bell               i32    producers: 1,   the word it sleeps on
 *                                     the thread: 0
 *    452    dirty, low         i32    all, Atomics    seats 0–31 that published something here since it last looked
 *    456    dirty, high        i32    all, Atomics    seats 32–63
 *
 * All plain stores but: state, incarnation, parked, bell, dirty.
 */
export const SEAT_BYTES = 512
export const SEAT_WORDS = SEAT_BYTES >> 2
export const SEAT_DOUBLES = SEAT_BYTES >> 3

export const SEAT_STATE_WORD = 0
export const SEAT_INCARNATION_WORD = 4 >> 2
export const SEAT_THREAD_ID_WORD = 8 >> 2
export const SEAT_STARTED_DOUBLE = 16 >> 3

export const SEAT_PROGRESS_WORD = 128 >> 2
export const SEAT_RUNNING_SLOT_WORD = 132 >> 2
export const SEAT_RUNNING_HANDLER_WORD = 136 >> 2
export const SEAT_TURN_STARTED_DOUBLE = 144 >> 3
export const SEAT_ARRIVALS_DOUBLE = 152 >> 3

export const SEAT_LOAD_DOUBLE = 256 >> 3
/** Order of the load figures behind `SEAT_LOAD_DOUBLE`. */
export const SEAT_LOAD_FIGURES = Object.freeze([
  'loopDelayMeanMs',
  'loopDelayMaxMs',
  'loopUtilisation',
  'heapUsedBytes',
  'heapLimitBytes',
  'externalBytes',
  'reportedMs',
] as const)

export const SEAT_PARKED_WORD = 384 >> 2
export const SEAT_BELL_WORD = 448 >> 2
export const SEAT_DIRTY_LOW_WORD = 452 >> 2
export const SEAT_DIRTY_HIGH_WORD = 456 >> 2

export const SEAT_STATE = Object.freeze({ free: 0, starting: 1, running: 2, lost: 3, closed: 4, reserved: 5 })
/** Bits in the two dirty words. */
export const SEATS_MAX = 64

assert(SEAT_LOAD_DOUBLE + SEAT_LOAD_FIGURES.length <= SEAT_PARKED_WORD >> 1, 'the load figures end before the doorbell')
assert(SEAT_DIRTY_HIGH_WORD < SEAT_WORDS, 'the doorbell lies inside the seat')
