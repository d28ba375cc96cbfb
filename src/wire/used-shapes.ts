import type { Shape } from './shape-table.ts'

/** Room kept for the shapes of a usual message. Count. */
const KEPT_MAX = 64

/** The shapes of the message being written: each has a number in it, and its keys follow the values. */
export class UsedShapes {
  count = 0
  #message = 0
  #shapes: Shape[] = []

  beginMessage(): void {
    this.#message++
    this.count = 0
  }

  /** The shape's number in this message. */
  indexOf(shape: Shape): number {
    if (shape.message === this.#message) return shape.index
    shape.message = this.#message
    shape.index = this.count
    this.#shapes[this.count++] = shape
    return shape.index
  }

  /** Writes all blocks of keys from `word` on; answers the word after them, or -1 if they pass `limitWord`. */
  writeBlocks(words: Int32Array, word: number, limitWord: number): number {
    let at = word
    for (let i = 0; i < this.count; i++) {
      const block = this.#shapes[i]!.keyBlock()
      if (at + block.length > limitWord) return -1
      for (let j = 0; j < block.length; j++) words[at++] = block[j]!
    }
    return at
  }

  /** After a message: gives large memory back. */
  release(): void {
    if (this.#shapes.length > KEPT_MAX) this.#shapes = []
  }
}
