import { assert } from '../base/assert.ts'

/**
 * A retained record: a message to an actor with `mailbox: { retain: true }`, in an arena slot whose lease ends when
 * it was handled. It outlives the thread that holds it. Its slot's mark has MARK_RETAINED.
 *
 *    byte   field              type   written by   meaning
 *    0      slot               i32    sender       whom it is for
 *    4      generation         i32    sender
 *    8      word               i32    sender       kind, encoding, handler: as in a ring record
 *    12     payload bytes      i32    sender       without frames and padding
 *    16     arrival            f64    receiver     its place in the order of the seat's arrivals; 0 before it arrived
 *    24     deliveries         i32    receiver     how often it was handed over, 1 for the first time
 *    28     frames             i32    sender       slots whose frames it refers to, one lease each
 *    32     correlation        f64    sender       of an ask, else 0
 *    40     deadline           f64    sender       ms of the system's clock, 0 for none
 *    48     reply slot         i32    sender       where an answer goes, -1 for nowhere
 *    52     reply generation   i32    sender
 *    56     arrival seat       i32    receiver     seat it arrived at, + 1; 0 before it arrived
 *    64     frame slots        i32    sender       `frames` of them, padded to 8 bytes
 *    …      payload                   sender
 */
export const RETAINED_SLOT_WORD = 0
export const RETAINED_GENERATION_WORD = 4 >> 2
export const RETAINED_WORD_WORD = 8 >> 2
export const RETAINED_PAYLOAD_BYTES_WORD = 12 >> 2
export const RETAINED_ARRIVAL_DOUBLE = 16 >> 3
export const RETAINED_DELIVERIES_WORD = 24 >> 2
export const RETAINED_FRAMES_WORD = 28 >> 2
export const RETAINED_CORRELATION_DOUBLE = 32 >> 3
export const RETAINED_DEADLINE_DOUBLE = 40 >> 3
export const RETAINED_REPLY_SLOT_WORD = 48 >> 2
export const RETAINED_REPLY_GENERATION_WORD = 52 >> 2
export const RETAINED_ARRIVAL_SEAT_WORD = 56 >> 2
export const RETAINED_HEADER_BYTES = 64

/** Offset of the payload in a slot whose record refers to this many frames. */
export function retainedPayloadOffset(frames: number): number {
  return RETAINED_HEADER_BYTES + ((frames * 4 + 7) & -8)
}

assert(RETAINED_ARRIVAL_SEAT_WORD * 4 < RETAINED_HEADER_BYTES, 'the fields end before the frame slots')
