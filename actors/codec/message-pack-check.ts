import { isUtf8 } from 'node:buffer'
import { ProtocolError } from 'troupe'

/** Arrays and maps within each other, at most. */
export const MESSAGE_PACK_DEPTH_MAX = 128

const TIMESTAMP = 0xff
const PROTO = Buffer.from('__proto__')

/** Bytes behind the first byte that say the length, for 0xc4 to 0xc9 and 0xd9 to 0xdf; undefined for what is no length. */
const LENGTH_BYTES = new Map([
  [0xc4, 1],
  [0xc5, 2],
  [0xc6, 4],
  [0xc7, 1],
  [0xc8, 2],
  [0xc9, 4],
  [0xd9, 1],
  [0xda, 2],
  [0xdb, 4],
  [0xdc, 2],
  [0xdd, 4],
  [0xde, 2],
  [0xdf, 4],
])
/** Bytes behind the first byte: floats at 0xca and 0xcb, then the integers. */
const NUMBER_BYTES = [4, 8, 1, 2, 4, 8, 1, 2, 4, 8]

/**
 * Refuses bytes that are not exactly one plain MessagePack value: before the decoder sees them, so that it allocates nothing for
 * lengths that are not there and never meets the extensions by which it would build references, records or regular expressions.
 * Looks at every byte once, allocates nothing that grows with them.
 */
export function checkMessagePack(bytes: Uint8Array): void {
  new Check(bytes).run()
}

class Check {
  readonly #bytes: Uint8Array
  #offset = 0
  /** Of every open array and map: values that are still to come, keys included. */
  readonly #left: number[] = [1]
  readonly #isMap: boolean[] = [false]

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  run(): void {
    while (this.#left.length > 0) {
      const top = this.#left.length - 1
      if (this.#left[top] === 0) {
        this.#left.pop()
        this.#isMap.pop()
        continue
      }
      const isKey = this.#isMap[top] === true && this.#left[top]! % 2 === 0
      this.#left[top]!--
      this.#value(isKey)
    }
    if (this.#offset < this.#bytes.length) this.#refuse(`${this.#bytes.length - this.#offset} bytes behind the value`)
  }

  #value(isKey: boolean): void {
    const at = this.#offset
    const first = this.#bytes[this.#take(1)]!
    if (isKey && !isKeyByte(first)) this.#refuse(`a key that is neither text nor a whole number (0x${hex(first)})`, at)
    if (first <= 0x7f || first >= 0xe0 || first === 0xc0 || first === 0xc2 || first === 0xc3) return
    if (first <= 0x8f) this.#open(first & 0x0f, true)
    else if (first <= 0x9f) this.#open(first & 0x0f, false)
    else if (first <= 0xbf) this.#text(first & 0x1f, isKey)
    else if (first >= 0xca && first <= 0xd3) this.#take(NUMBER_BYTES[first - 0xca]!)
    else if (first >= 0xd4 && first <= 0xd8) this.#extension(1 << (first - 0xd4))
    else this.#sized(first, isKey)
  }

  /** What has its length behind the first byte. */
  #sized(first: number, isKey: boolean): void {
    const lengthBytes = LENGTH_BYTES.get(first)
    if (lengthBytes === undefined) return this.#refuse(`unknown first byte 0x${hex(first)}`, this.#offset - 1)
    const at = this.#take(lengthBytes)
    let length = 0
    for (let index = at; index < this.#offset; index++) length = length * 256 + this.#bytes[index]!
    if (first <= 0xc6) this.#take(length)
    else if (first <= 0xc9) this.#extension(length)
    else if (first <= 0xdb) this.#text(length, isKey)
    else this.#open(length, first >= 0xde)
  }

  #open(count: number, isMap: boolean): void {
    const values = isMap ? count * 2 : count
    const left = this.#bytes.length - this.#offset
    if (values > left) this.#refuse(`${values} values promised, ${left} bytes left`)
    if (this.#left.length > MESSAGE_PACK_DEPTH_MAX)
      this.#refuse(`nested deeper than the limit ${MESSAGE_PACK_DEPTH_MAX}`)
    this.#left.push(values)
    this.#isMap.push(isMap)
  }

  #text(length: number, isKey: boolean): void {
    const at = this.#take(length)
    const text = this.#bytes.subarray(at, at + length)
    if (!isUtf8(text)) this.#refuse(`invalid UTF-8 in a text of ${length} bytes`, at)
    if (isKey && length === PROTO.length && PROTO.equals(text)) this.#refuse("key '__proto__'", at)
  }

  #extension(length: number): void {
    const type = this.#bytes[this.#take(1)]!
    const at = this.#take(length)
    if (type === TIMESTAMP && (length === 4 || length === 8 || length === 12)) return
    this.#refuse(`extension of type ${(type << 24) >> 24} with ${length} bytes; only timestamps are taken`, at)
  }

  #take(count: number): number {
    const at = this.#offset
    const left = this.#bytes.length - at
    if (count > left) this.#refuse(`unexpected end: ${count} bytes needed, ${left} left`)
    this.#offset = at + count
    return at
  }

  #refuse(what: string, offset = this.#offset): never {
    throw new ProtocolError('invalid-message-pack', `invalid MessagePack at offset ${offset}: ${what}`)
  }
}

function isKeyByte(first: number): boolean {
  const isText = (first >= 0xa0 && first <= 0xbf) || (first >= 0xd9 && first <= 0xdb)
  return isText || first <= 0x7f || first >= 0xe0 || (first >= 0xcc && first <= 0xd3)
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}
