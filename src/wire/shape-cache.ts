import { ProtocolError } from '../base/errors.ts'
import { decodeKeys, KEY_BLOCK_HEADER_WORDS, keyBlockWords } from './key-block.ts'

/** A block of keys as the reader knows it. */
export interface KnownShape {
  readonly block: Int32Array
  readonly keys: readonly string[]
  /** Whether a key is `__proto__`, which an assignment would take for something else. */
  readonly hasProto: boolean
}

/** Blocks that a reader recognises; a full cache is emptied. Count. */
const SHAPES_MAX = 4_096

/**
 * The reader's side of the shapes: recognises a block of keys by its hash and by all of its words, so that its keys are
 * decoded once. A cache and nothing more: an empty one reads every message, only slower.
 */
export class ShapeCache {
  readonly #shapes = new Map<number, KnownShape>()

  /** The block at `word`, which must end before `limitWord`. */
  find(words: Int32Array, word: number, limitWord: number): KnownShape {
    const known = this.#shapes.get(words[word]!)
    if (known !== undefined) {
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
    const block = new Int32Array(count)
    for (let i = 0; i < count; i++) block[i] = words[word + i]!
    const keys = decodeKeys(block)
    const shape = { block, keys, hasProto: keys.includes('__proto__') }
    if (this.#shapes.size >= SHAPES_MAX) this.#shapes.clear()
    this.#shapes.set(block[0]!, shape)
    return shape
  }
}
