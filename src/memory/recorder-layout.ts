/**
 * One seat's recorder: its last N events, N a power of two; the event with number n lies at place n modulo N.
 *
 *    byte          field     type   written by   meaning
 *    0             written   i32    the seat     events ever recorded, wraps
 *    128 + 40 n    begun     i32    the seat     number + 1 of the event, before anything else of it is written
 *         +  4     kind      i32    the seat     the caller's
 *         +  8     slot      i32    the seat     the actor it is about, -1 for none
 *         + 12     ended     i32    the seat     number + 1 of the event, after everything else of it was written
 *         + 16     time      f64    the seat     ms of the system's clock
 *         + 24     a         f64    the seat     the caller's
 *         + 32     b         f64    the seat     the caller's
 *
 * A reader takes `ended`, then the fields, then `begun`: if both are the number that it looks for, nobody wrote in
 * between.
 */
export const RECORDER_WRITTEN_WORD = 0
export const RECORDER_EVENTS_BYTE = 128
export const EVENT_BYTES = 40
export const EVENT_WORDS = EVENT_BYTES >> 2
export const EVENT_DOUBLES = EVENT_BYTES >> 3
export const EVENT_BEGUN_WORD = 0
export const EVENT_KIND_WORD = 4 >> 2
export const EVENT_SLOT_WORD = 8 >> 2
export const EVENT_ENDED_WORD = 12 >> 2
export const EVENT_TIME_DOUBLE = 16 >> 3
export const EVENT_A_DOUBLE = 24 >> 3
export const EVENT_B_DOUBLE = 32 >> 3

export const RECORDER_EVENTS_MIN = 8
export const RECORDER_EVENTS_MAX = 1 << 20

export function recorderRegionBytes(events: number): number {
  return RECORDER_EVENTS_BYTE + events * EVENT_BYTES
}
