import type { MessageTerms } from '../kernel/remote/outbound-route.ts'
import type { WireRegion } from '../wire/wire-region.ts'

/**
 * What goes before the arguments of a MESSAGE record.
 *
 *    byte   field          type
 *    0      correlation    i32    0 for a tell
 *    4      credit         i32    items, if it opens a stream
 *    8      deadline       f64    milliseconds on the system's clock
 *    16     expires        f64    milliseconds on the system's clock
 *    24     chain length   i32    at most 16
 *    28     has key        i32    1: the key is one more argument, the last
 *    32     chain          i32 each, padded to a multiple of 8
 */
const TERMS_BYTES = 32

export function termsBytes(terms: MessageTerms): number {
  return TERMS_BYTES + ((terms.chain.length * 4 + 7) & ~7)
}

export function writeTerms(region: WireRegion, offset: number, terms: MessageTerms): void {
  const word = offset >> 2
  region.words[word] = terms.correlation
  region.words[word + 1] = terms.credit
  region.doubles[(offset >> 3) + 1] = terms.deadlineMs
  region.doubles[(offset >> 3) + 2] = terms.expiresAtMs
  region.words[word + 6] = terms.chain.length
  region.words[word + 7] = terms.key === undefined ? 0 : 1
  for (let n = 0; n < terms.chain.length; n++) region.words[word + 8 + n] = terms.chain[n] as number
}

/** Which call of the sender it is whose terms these are, also where the rest of the record cannot be read; 0 for a tell. */
export function readCorrelation(region: WireRegion, offset: number): number {
  return region.words[offset >> 2] as number
}

/** Terms as they were read: `key` is still among the arguments, the last of them, if `hasKey` says so. */
export interface ReadTerms extends MessageTerms {
  readonly hasKey: boolean
  key: string | undefined
}

export function readTerms(region: WireRegion, offset: number): ReadTerms {
  const word = offset >> 2
  const chainLength = region.words[word + 6] as number
  const chain = chainLength === 0 ? NO_CHAIN : Array.from(region.words.subarray(word + 8, word + 8 + chainLength))
  return {
    correlation: region.words[word] as number,
    credit: region.words[word + 1] as number,
    deadlineMs: region.doubles[(offset >> 3) + 1] as number,
    expiresAtMs: region.doubles[(offset >> 3) + 2] as number,
    chain,
    key: undefined,
    hasKey: region.words[word + 7] === 1,
  }
}

const NO_CHAIN: readonly number[] = Object.freeze([])
