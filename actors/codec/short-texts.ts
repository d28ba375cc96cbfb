/** Strings kept: a power of two. */
const SLOTS = 1_024
const SLOT_SHIFT = 22
/** Longest text worth a look. Bytes. */
export const SHORT_TEXT_BYTES_MAX = 24

type Decode = (bytes: Uint8Array, at: number, length: number) => string

/**
 * Short ASCII texts that were read before: messages repeat the same names, and making a string costs several times what finding it
 * does. Each slot keeps the last text of its hash, so memory stays below 1,024 texts of 24 characters.
 */
export class ShortTexts {
  readonly #texts: string[] = new Array<string>(SLOTS).fill('')

  /**
   * The text of `length` bytes at `at`. Made by `decode` if it is new: in one piece, unlike what is joined from characters, which
   * every later comparison would pay for. What is not ASCII is never kept.
   */
  read(bytes: Uint8Array, at: number, length: number, decode: Decode): string {
    const end = at + length
    let hash = length
    let union = 0
    for (let index = at; index < end; index++) {
      const byte = bytes[index]!
      union |= byte
      hash = Math.imul(hash ^ byte, 0x01000193)
    }
    if (union > 0x7f) return decode(bytes, at, length)
    const slot = Math.imul(hash, 0x9e3779b1) >>> SLOT_SHIFT
    const kept = this.#texts[slot]!
    return isSame(kept, bytes, at, length) ? kept : (this.#texts[slot] = decode(bytes, at, length))
  }
}

function isSame(text: string, bytes: Uint8Array, at: number, length: number): boolean {
  if (text.length !== length) return false
  for (let index = 0; index < length; index++) {
    if (text.charCodeAt(index) !== bytes[at + index]) return false
  }
  return true
}
