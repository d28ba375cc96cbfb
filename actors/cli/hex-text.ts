import { UsageError } from 'troupe'

const digits = new Map(
  Array.from('0123456789abcdefABCDEF', (digit) => [digit.charCodeAt(0), Number.parseInt(digit, 16)]),
)
const LF = 0x0a
/** Space, tab, line feed, carriage return. */
const isSpace = (code: number): boolean => code === 0x20 || code === 0x09 || code === LF || code === 0x0d
/** Comma, colon: other tools write them between bytes. */
const isSeparator = (code: number): boolean => code === 0x2c || code === 0x3a
const isX = (code: number): boolean => code === 0x78 || code === 0x58
const COMMENT = 0x23

/** Up to here, digits from a table are faster than a Buffer is made. Bytes. */
const FEW_BYTES = 32
const pairs: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

export function toHex(bytes: Uint8Array): string {
  if (bytes.length <= FEW_BYTES) {
    let text = ''
    for (let index = 0; index < bytes.length; index++) text += pairs[bytes[index]!]
    return text
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
}

/**
 * Hexadecimal text to bytes, piece by piece: two digits a byte, white space wherever one likes; `0x` in front of a byte, commas and
 * colons between bytes, and what follows a `#` in its line mean nothing. Keeps count of lines and columns for its errors, `UsageError`
 * (`invalid-hex`): what was complete before a fault is answered first, the next call throws.
 */
export class HexReader {
  #high = -1
  #line: number
  #column = 1
  #isComment = false
  #fault: UsageError | undefined

  /** @param line number of the line that comes first, from 1 on */
  constructor(line = 1) {
    this.#line = line
  }

  /** The bytes that these characters (ASCII, as bytes) complete. */
  push(text: Uint8Array): Uint8Array {
    if (this.#fault !== undefined) throw this.#fault
    const bytes = new Uint8Array((text.length + 1) >> 1)
    let count = 0
    for (const code of text) {
      const digit = this.#isComment ? undefined : digits.get(code)
      if (digit === undefined) {
        this.#fault = this.#passOver(code)
        if (this.#fault !== undefined) break
      } else if (this.#high >= 0) {
        bytes[count++] = (this.#high << 4) | digit
        this.#high = -1
      } else this.#high = digit
      this.#move(code)
    }
    return bytes.subarray(0, count)
  }

  /** Throws if half a byte is left over. */
  end(): void {
    if (this.#fault !== undefined) throw this.#fault
    if (this.#high >= 0) throw this.#faultHere('the last byte has only one digit')
  }

  /** A character that is no digit, or stands in a comment. Answers what is wrong with it. */
  #passOver(code: number): UsageError | undefined {
    if (this.#isComment) this.#isComment = code !== LF
    else if (code === COMMENT) this.#isComment = true
    else if (isX(code) && this.#high === 0) this.#high = -1
    else if (isSeparator(code) && this.#high >= 0) return this.#faultHere('the byte before has only one digit')
    else if (!isSpace(code) && !isSeparator(code)) return this.#faultHere(`'${shown(code)}' is no hexadecimal digit`)
    return undefined
  }

  #move(code: number): void {
    this.#column = code === LF ? 1 : this.#column + 1
    if (code === LF) this.#line++
  }

  #faultHere(what: string): UsageError {
    return new UsageError('invalid-hex', `line ${this.#line}, column ${this.#column}: ${what}`)
  }
}

function shown(code: number): string {
  return code > 0x20 && code < 0x7f ? String.fromCharCode(code) : `\\x${code.toString(16).padStart(2, '0')}`
}
