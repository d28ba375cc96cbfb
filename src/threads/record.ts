import { assert } from '../base/assert.ts'

/**
 * The word of a record's header, and what its kind says about the other fields.
 *
 *    kind       slot, generation   payload
 *    TELL       the actor's        arguments
 *    MESSAGE    the actor's        terms (see `record-terms.ts`), arguments
 *    FRAME      the actor's        the descriptor of one frame, which is the only argument
 *    ANSWER     correlation, –     one value
 *    REFUSAL    correlation, –     one value, the error
 *    ITEM       correlation, –     one value
 *    SIGNAL     –                  one value, the signal
 *
 *    bits 0-11 handler, 12-19 encoding of the values, 20-27 kind
 *
 * The numbers are the wire format; docs/reference/wire-format.md has them too.
 */
export const TELL = 1
export const MESSAGE = 2
export const ANSWER = 3
export const REFUSAL = 4
export const ITEM = 5
export const SIGNAL = 6
export const FRAME = 7

/** The descriptor in a FRAME record: three i32. */
export const FRAME_SLOT_WORD = 0
export const FRAME_OFFSET_WORD = 1
export const FRAME_LENGTH_WORD = 2
export const FRAME_BYTES = 12

const HANDLER_BITS = 12
const ENCODING_BITS = 8
const HANDLER_MASK = 2 ** HANDLER_BITS - 1
const ENCODING_MASK = 2 ** ENCODING_BITS - 1

export function headerWord(kind: number, encoding: number, handler: number): number {
  return (kind << (HANDLER_BITS + ENCODING_BITS)) | (encoding << HANDLER_BITS) | handler
}

export function kindOf(word: number): number {
  return word >>> (HANDLER_BITS + ENCODING_BITS)
}

export function encodingOf(word: number): number {
  return (word >>> HANDLER_BITS) & ENCODING_MASK
}

export function handlerOf(word: number): number {
  return word & HANDLER_MASK
}

assert(HANDLER_BITS + ENCODING_BITS + 8 < 32, 'a header word fits 32 bits')
