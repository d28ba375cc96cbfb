import { ProtocolError } from '../base/errors.ts'
import { type FillObject, fillAny } from './fill-object.ts'
import { decodeKeys, KEY_BLOCK_HEADER_WORDS, keyBlockWords } from './key-block.ts'

/** A block of keys as the reader knows it. */
export interface KnownShape {
  readonly block: Int32Array
  readonly keys: readonly string[]
  /** Whether a key is `__proto__`, which an assignment would take for something else. */
  readonly hasProto: boolean
  /** Objects of this shape that were read. */
  uses: number
  fill: FillObject
}

/** Places in the cache, a power of two. Blocks whose hashes fall on the same place displace each other. */
const SLOTS = 4_096
/** The upper 12 bits of a hash: its lower ones know little of the upper bits of the words. */
const SLOT_SHIFT = 20

/**
 * The reader's side of the shapes: recognises a block of keys by its hash and by all of its words, so that its keys are
 * decoded once. A cache and nothing more: an empty one reads every message, only slower.
 */
export class ShapeCache {
  readonly #slots: (KnownShape | null)[] = new Array(SLOTS).fill(null)

  /** The block at `word`, which must end before `limitWord`. */
  find(words: Int32Array, word: number, limitWord: number): KnownShape {
    const known = this.#slots[words[word]! >>> SLOT_SHIFT]
    if (known) {
      const { block } = known
      const count = block.length
      let i = 0
      if (word + count <= limitWord) while (i < count && block[i] === words[word + i]) i++
      if (i === count) return known
    }
    return this.#learn(words, word, limitWord)
  }

  #learn(words: Int32Array, word: number, limitWord: number): KnownShape {
    const count = word + KEY_BLOCK_HEADER_WORDS <= limitWord ? keyBlockWords(words[word + 1]!) : 0
    if (count < KEY_BLOCK_HEADER_WORDS || word + count > limitWord) {
      throw new ProtocolError('bad-encoding', 'a block of keys runs over the end of its message')
    }
    const block = words.slice(word, word + count)
    const keys = decodeKeys(block)
    const shape = { block, keys, hasProto: keys.includes('__proto__'), uses: 0, fill: fillAny }
    this.#slots[block[0]! >>> SLOT_SHIFT] = shape
    return shape
  }
}
