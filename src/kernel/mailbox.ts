import { INTERNAL, type InternalItem } from './envelope.ts'

/** Array elements of one queued message: its code, two arguments, and what else belongs to it. */
const STRIDE = 4
const CAPACITY_AT_FIRST = 4

/** Bytes that a message without strings or views counts for. */
export const MESSAGE_BYTES = 64

/**
 * The queue of one actor: a growing circle of messages, four array elements each, so that a message costs no object.
 * What the elements mean is the cell's business; the mailbox keeps order, and lets go of what was taken.
 */
export class Mailbox {
  /** Messages in it. */
  count = 0
  #elements: unknown[] = new Array(CAPACITY_AT_FIRST * STRIDE)
  #capacity = CAPACITY_AT_FIRST
  #head = 0

  push(code: number, a: unknown, b: unknown, extra: unknown): void {
    if (this.count === this.#capacity) this.#grow()
    this.#write((this.#head + this.count) & (this.#capacity - 1), code, a, b, extra)
    this.count++
  }

  /** Puts a message before all others: the way back for a message that was taken too early. */
  unshift(code: number, a: unknown, b: unknown, extra: unknown): void {
    if (this.count === this.#capacity) this.#grow()
    this.#head = (this.#head - 1) & (this.#capacity - 1)
    this.#write(this.#head, code, a, b, extra)
    this.count++
  }

  /** Elements from `offset` on are the oldest message: `elements[offset]` its code, then a, b, extra. */
  get elements(): unknown[] {
    return this.#elements
  }

  /** Array index of the oldest message. Only while `count > 0`. */
  get offset(): number {
    return this.#head * STRIDE
  }

  /** Array index of the message that is `position` behind the oldest one. */
  offsetAt(position: number): number {
    return ((this.#head + position) & (this.#capacity - 1)) * STRIDE
  }

  /** Forgets the oldest message. Only while `count > 0`. */
  drop(): void {
    const offset = this.#head * STRIDE
    const elements = this.#elements
    elements[offset + 1] = undefined
    elements[offset + 2] = undefined
    elements[offset + 3] = undefined
    this.#head = (this.#head + 1) & (this.#capacity - 1)
    this.count--
  }

  /** Puts internal work in the place of a message. */
  bury(offset: number, item: InternalItem): void {
    const elements = this.#elements
    elements[offset] = INTERNAL
    elements[offset + 1] = item
    elements[offset + 2] = undefined
    elements[offset + 3] = undefined
  }

  #write(position: number, code: number, a: unknown, b: unknown, extra: unknown): void {
    const offset = position * STRIDE
    const elements = this.#elements
    elements[offset] = code
    elements[offset + 1] = a
    elements[offset + 2] = b
    elements[offset + 3] = extra
  }

  #grow(): void {
    const grown: unknown[] = new Array(this.#capacity * 2 * STRIDE)
    for (let position = 0; position < this.count; position++) {
      const from = this.offsetAt(position)
      const to = position * STRIDE
      for (let element = 0; element < STRIDE; element++) grown[to + element] = this.#elements[from + element]
    }
    this.#elements = grown
    this.#capacity *= 2
    this.#head = 0
  }
}
