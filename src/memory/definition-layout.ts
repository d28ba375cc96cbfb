import { assert } from '../base/assert.ts'

/**
 * What each seat's thread knows of the definitions of its actors, so that others can name a handler without having
 * loaded its module. Written by the thread on the seat; a successor goes on behind what it finds.
 *
 *    byte   field     type   how              meaning
 *    0      count     i32    Atomics.store    entries that are complete
 *    128    entries                           `DEFINITIONS_MAX` of them
 *
 * One entry, never changed once it is counted:
 *
 *    byte   field       type   meaning
 *    0      handler ms  f64    after which a handler counts as stuck; Infinity for never
 *    8      length      i32    bytes of the text
 *    16     text               UTF-8: the definition's name, then its handlers' in order, a line each
 *
 * The number of a definition is `seat * DEFINITIONS_MAX + its entry + 1`; 0 is none.
 */
export const DEFINITIONS_MAX = 256
export const DEFINITION_BYTES = 1_024
export const DEFINITION_HANDLER_MS_DOUBLE = 0
export const DEFINITION_LENGTH_WORD = 8 >> 2
export const DEFINITION_TEXT_BYTE = 16
export const DEFINITION_TEXT_BYTES = DEFINITION_BYTES - DEFINITION_TEXT_BYTE
export const DEFINITIONS_COUNT_WORD = 0
export const DEFINITIONS_START = 128

export function definitionRegionBytes(): number {
  return DEFINITIONS_START + DEFINITIONS_MAX * DEFINITION_BYTES
}

assert(DEFINITION_BYTES % 8 === 0 && DEFINITIONS_START % 8 === 0, 'an entry starts at a multiple of 8 bytes')
