import type { WireRegion } from './wire-region.ts'

/** Strings kept: a power of two. */
const SLOTS = 1_024
const SLOT_SHIFT = 22
/** Longest string that the cache takes. Characters. */
export const CACHED_TEXT_MAX = 16

/**
 * Short strings that were read before: messages repeat the same few words (`'inc'`, `'online'`), and making a string costs
 * five times what finding it here does. A slot is compared by all of its bytes, taken as four words.
 */
export class TextCache {
  readonly #words = new Int32Array(SLOTS * 4)
  readonly #lengths = new Uint8Array(SLOTS)
  readonly #texts: string[] = new Array(SLOTS).fill('')

  /** The `length` characters (one byte each, at most `CACHED_TEXT_MAX`) at `at`. */
  read(region: Pick<WireRegion, 'bytes' | 'view'>, at: number, length: number): string {
    // The words below are read whole, beyond the string's end.
    if (at + CACHED_TEXT_MAX > region.bytes.length) return region.bytes.toString('latin1', at, at + length)
    const { view } = region
    const a = view.getInt32(at, true) & maskOf(length)
    const b = length > 4 ? view.getInt32(at + 4, true) & maskOf(length - 4) : 0
    const c = length > 8 ? view.getInt32(at + 8, true) & maskOf(length - 8) : 0
    const d = length > 12 ? view.getInt32(at + 12, true) & maskOf(length - 12) : 0
    const hash =
      Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35) ^ Math.imul(d, 0x27d4eb2f)
    const slot = hash >>> SLOT_SHIFT
    const words = this.#words
    const word = slot * 4
    if (words[word] === a && words[word + 1] === b && words[word + 2] === c && words[word + 3] === d) {
      if (this.#lengths[slot] === length) return this.#texts[slot]!
    }
    words[word] = a
    words[word + 1] = b
    words[word + 2] = c
    words[word + 3] = d
    this.#lengths[slot] = length
    const text = region.bytes.toString('latin1', at, at + length)
    this.#texts[slot] = text
    return text
  }
}

/** Keeps the first `length` bytes of a little-endian word. */
function maskOf(length: number): number {
  return length >= 4 ? -1 : (1 << (length * 8)) - 1
}
