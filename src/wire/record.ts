import { assert } from '../base/assert.ts'
import * as layout from './record-layout.ts'
import type { WireRegion } from './wire-region.ts'

/** The part of a region that extensions need. */
type Words = Pick<WireRegion, 'words' | 'doubles'>

export function packWord(kind: number, encoding: number, handler: number): number {
  return kind | (encoding << layout.WORD_ENCODING_SHIFT) | (handler << layout.WORD_HANDLER_SHIFT)
}

export function packExtendedWord(kind: number, encoding: number, handler: number): number {
  return packWord(kind | layout.WORD_EXTENDED, encoding, handler)
}

export function kindOf(word: number): number {
  return word & layout.WORD_KIND_MASK
}

export function isExtended(word: number): boolean {
  return (word & layout.WORD_EXTENDED) !== 0
}

export function encodingOf(word: number): number {
  return (word >>> layout.WORD_ENCODING_SHIFT) & 0xff
}

export function handlerOf(word: number): number {
  return word >>> layout.WORD_HANDLER_SHIFT
}

/** Everything of an extension but the chain. Reused from message to message: reading one allocates nothing. */
export interface Extension {
  deadlineMs: number
  expiresAtMs: number
  correlation: number
  askerSeat: number
  askerSlot: number
  delivery: number
  flags: number
}

/** A plain tell's: no deadline, nobody waits, first delivery. */
export function emptyExtension(): Extension {
  return {
    deadlineMs: Number.POSITIVE_INFINITY,
    expiresAtMs: Number.POSITIVE_INFINITY,
    correlation: 0,
    askerSeat: -1,
    askerSlot: -1,
    delivery: 1,
    flags: 0,
  }
}

/** Bytes that an extension takes: a multiple of 8. */
export function extensionBytes(chainCount: number): number {
  return layout.EXTENSION_BYTES + ((chainCount + 1) >> 1) * 8
}

/** Writes to `offset`, a multiple of 8, and answers the bytes taken. A larger delivery count is written as the largest one. */
export function writeExtension(to: Words, offset: number, extension: Extension, chain: readonly number[]): number {
  const count = chain.length
  assert(count <= layout.CHAIN_MAX, 'a chain of asks has 16 actors at most')
  const word = offset >> 2
  to.doubles[(offset >> 3) + layout.EXTENSION_DEADLINE_INDEX] = extension.deadlineMs
  to.doubles[(offset >> 3) + layout.EXTENSION_EXPIRES_INDEX] = extension.expiresAtMs
  to.words[word + layout.EXTENSION_CORRELATION_INDEX] = extension.correlation
  to.words[word + layout.EXTENSION_SEAT_INDEX] = extension.askerSeat
  to.words[word + layout.EXTENSION_SLOT_INDEX] = extension.askerSlot
  const delivery = Math.min(extension.delivery, layout.DELIVERY_MAX)
  to.words[word + layout.EXTENSION_COUNTS_INDEX] =
    delivery | (count << layout.CHAIN_SHIFT) | (extension.flags << layout.FLAGS_SHIFT)
  const first = word + layout.EXTENSION_CHAIN_INDEX
  for (let i = 0; i < count; i++) to.words[first + i] = chain[i]!
  if (count % 2 === 1) to.words[first + count] = 0
  return extensionBytes(count)
}

/** Reads into `extension` and answers the bytes taken, or -1 if they do not lie within `length`. */
export function readExtension(from: Words, offset: number, length: number, extension: Extension): number {
  if (length < layout.EXTENSION_BYTES) return -1
  const word = offset >> 2
  extension.deadlineMs = from.doubles[(offset >> 3) + layout.EXTENSION_DEADLINE_INDEX]!
  extension.expiresAtMs = from.doubles[(offset >> 3) + layout.EXTENSION_EXPIRES_INDEX]!
  extension.correlation = from.words[word + layout.EXTENSION_CORRELATION_INDEX]!
  extension.askerSeat = from.words[word + layout.EXTENSION_SEAT_INDEX]!
  extension.askerSlot = from.words[word + layout.EXTENSION_SLOT_INDEX]!
  const counts = from.words[word + layout.EXTENSION_COUNTS_INDEX]!
  extension.delivery = counts & layout.DELIVERY_MAX
  extension.flags = counts >>> layout.FLAGS_SHIFT
  const chainCount = (counts >>> layout.CHAIN_SHIFT) & layout.CHAIN_MASK
  const bytes = extensionBytes(chainCount)
  return chainCount > layout.CHAIN_MAX || bytes > length ? -1 : bytes
}

/** Who waits for a message: the chain of the extension at `offset`, which `readExtension` found whole. */
export function readChain(from: Words, offset: number): number[] {
  const word = offset >> 2
  const count = (from.words[word + layout.EXTENSION_COUNTS_INDEX]! >>> layout.CHAIN_SHIFT) & layout.CHAIN_MASK
  const first = word + layout.EXTENSION_CHAIN_INDEX
  return Array.from(from.words.subarray(first, first + count))
}
