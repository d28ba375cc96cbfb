import { ProtocolError } from '../base/errors.ts'

/**
 * The keys of a shape as words, to be copied into a message in one go and compared there word by word. Every message
 * carries the blocks of its shapes, so each is readable on its own: after a thread's death, from a retained slot, by a
 * reader that saw none of the messages before it.
 *
 *    word   field
 *    0      hash of the words after it
 *    1      count of all words << 8 | count of keys
 *    2…     the keys: each n (its characters << 1 | wide), then one or two bytes a character; zeros to a whole word
 */
export type KeyBlock = Int32Array<ArrayBuffer>

export const KEY_BLOCK_HEADER_WORDS = 2
/** Most keys of a block. The count has 8 bits. */
const BLOCK_KEYS_MAX = 255
const BLOCK_WORDS_MAX = 1 << 16

export function keyBlockWords(sizes: number): number {
  return sizes >>> 8
}

export function encodeKeys(keys: readonly string[]): KeyBlock {
  const bytes: number[] = []
  for (const key of keys) encodeKey(key, bytes)
  const count = KEY_BLOCK_HEADER_WORDS + Math.ceil(bytes.length / 4)
  const block = new Int32Array(count)
  new Uint8Array(block.buffer).set(bytes, KEY_BLOCK_HEADER_WORDS * 4)
  block[1] = (count << 8) | keys.length
  block[0] = hashOf(block)
  return block
}

/** The keys of a block that came from elsewhere: `ProtocolError` (`bad-encoding`) unless it is well formed. */
export function decodeKeys(block: Int32Array): string[] {
  const sizes = block[1] ?? 0
  const count = sizes & BLOCK_KEYS_MAX
  if (keyBlockWords(sizes) !== block.length || block.length > BLOCK_WORDS_MAX) throw badBlock('its length is wrong')
  if (block[0] !== hashOf(block)) throw badBlock('its hash is wrong')
  const bytes = Buffer.from(block.buffer, block.byteOffset + KEY_BLOCK_HEADER_WORDS * 4)
  const keys: string[] = []
  let position = 0
  while (keys.length < count) {
    let head = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[position++]
      if (byte === undefined || shift > 21) throw badBlock('a key runs over its end')
      head |= (byte & 0x7f) << shift
      if (byte < 0x80) break
    }
    const byteLength = (head >>> 1) << (head & 1)
    if (position + byteLength > bytes.length) throw badBlock('a key runs over its end')
    keys.push(bytes.toString((head & 1) === 1 ? 'utf16le' : 'latin1', position, position + byteLength))
    position += byteLength
  }
  if (bytes.length - position > 3) throw badBlock('there are bytes after its keys')
  return keys.map(interned)
}

/** The same string as the engine keeps it for property names: it then need not look it up at each assignment. */
function interned(key: string): string {
  for (const name of Object.keys({ [key]: null })) return name
  return key
}

function encodeKey(key: string, bytes: number[]): void {
  let isWide = false
  for (let i = 0; i < key.length; i++) if (key.charCodeAt(i) > 0xff) isWide = true
  let head = key.length * 2 + (isWide ? 1 : 0)
  for (; head > 0x7f; head >>>= 7) bytes.push((head & 0x7f) | 0x80)
  bytes.push(head)
  for (let i = 0; i < key.length; i++) {
    const code = key.charCodeAt(i)
    bytes.push(code & 0xff)
    if (isWide) bytes.push(code >>> 8)
  }
}

/** FNV-1a over words. Only tells blocks apart quickly: equality is decided word by word. */
function hashOf(block: Int32Array): number {
  let hash = 0x811c9dc5 | 0
  for (let i = 1; i < block.length; i++) hash = Math.imul(hash ^ (block[i] ?? 0), 0x01000193)
  return hash
}

function badBlock(what: string): ProtocolError {
  return new ProtocolError('bad-encoding', `a block of keys is broken: ${what}`)
}
