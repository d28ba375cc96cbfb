import { assert } from '../base/assert.ts'

/**
 * The words of a ring record that memory/ring-layout.ts leaves to its user, and what its payload begins with.
 *
 *    bits   field       meaning
 *    0–6    kind        record-kinds below
 *    7      extended    1: the payload begins with an extension
 *    8–15   encoding    of the payload's values: see value-codec.ts
 *    16–31  handler     index of the handler in its definition; 0 where the kind has none
 *
 * Slot and generation say which actor a record is for. Records that belong to an ask or a stream (`isCorrelated`) carry its
 * correlation in place of the generation, and the slot of the actor at the other end, or -1.
 */
export const WORD_EXTENDED = 1 << 7
export const WORD_KIND_MASK = WORD_EXTENDED - 1
export const WORD_ENCODING_SHIFT = 8
export const WORD_HANDLER_SHIFT = 16
export const HANDLER_MAX = 0xffff

/**
 * What a message has that is more than a plain tell; 8-byte aligned, and so are the values after it.
 *
 *    byte   field         type   meaning
 *    0      deadline      f64    when the asker stops waiting; Infinity: never. Milliseconds on the system's clock
 *    8      expires       f64    not begun by then, it is not handled; Infinity: always. Milliseconds on the system's clock
 *    16     correlation   i32    number of the ask or stream, chosen by the asker's seat
 *    20     asker seat    i32    where the answer goes; -1: nobody waits
 *    24     asker slot    i32    who waits; -1: code outside of any actor
 *    28     counts        i32    delivery count (bits 0–15), entries of the chain (16–23), flags (24–31)
 *    32     chain         i32    slots of the actors that wait for this message, the first asker first; zero-padded to 8 bytes
 *
 * All written by the sender before it commits the record.
 */
export const EXTENSION_DEADLINE_INDEX = 0 // in doubles
export const EXTENSION_EXPIRES_INDEX = 1
export const EXTENSION_CORRELATION_INDEX = 16 >> 2 // in words
export const EXTENSION_SEAT_INDEX = 20 >> 2
export const EXTENSION_SLOT_INDEX = 24 >> 2
export const EXTENSION_COUNTS_INDEX = 28 >> 2
export const EXTENSION_CHAIN_INDEX = 32 >> 2
export const EXTENSION_BYTES = 32

export const DELIVERY_MAX = 0xffff
/** Actors that may wait for each other in a row. */
export const CHAIN_MAX = 16
export const CHAIN_SHIFT = 16
export const CHAIN_MASK = 0xff
export const FLAGS_SHIFT = 24

assert(EXTENSION_BYTES % 8 === 0, 'values after an extension are aligned to 8 bytes')
assert(EXTENSION_CHAIN_INDEX * 4 === EXTENSION_BYTES, 'the chain is the last field of an extension')
assert(CHAIN_MAX <= CHAIN_MASK, 'the length of a chain fits its field')
