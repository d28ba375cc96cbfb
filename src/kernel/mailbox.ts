/** Array elements of one queued message: its code, two arguments, and what else belongs to it. */
const STRIDE = 4
const CAPACITY_AT_FIRST = 2

/** Bytes that a message without strings or views counts for. */
export const MESSAGE_BYTES = 64

/**
 * The queue of one actor: a growing circle of messages, four array elements each, so that a message costs no object.
 * What the elements mean is the cell's business; the mailbox keeps order, and lets go of what was taken. Its fields are
 * public for the cell's hot loop, which reads them; only the mailbox writes them.
 */
export class Mailbox {
  /** Messages in it. */
  count = 0
  elements: unknown[] = new Array(CAPACITY_AT_FIRST * STRIDE)
  /** Array index of the oldest message: its code, then a, b, extra. Only while `count > 0`. */
  offset = 0

  get capacity(): number {
    return this.elements.length / STRIDE
  }

  push(code: number, a: unknown, b: unknown, extra: unknown): void {
    let elements = this.elements
    if (this.count * STRIDE === elements.length) elements = this.#grow()
    const offset = (this.offset + this.count * STRIDE) & (elements.length - 1)
    elements[offset] = code
    elements[offset + 1] = a
    elements[offset + 2] = b
    elements[offset + 3] = extra
    this.count++
  }

  /** Puts a message before all others: the way back for a message that was taken too early. */
  unshift(code: number, a: unknown, b: unknown, extra: unknown): void {
    if (this.count * STRIDE === this.elements.length) this.#grow()
    const { elements } = this
    const offset = (this.offset - STRIDE) & (elements.length - 1)
    elements[offset] = code
    elements[offset + 1] = a
    elements[offset + 2] = b
    elements[offset + 3] = extra
    this.offset = offset
    this.count++
  }

  /** Array index of the message that is `position` behind the oldest one. */
  offsetAt(position: number): number {
    return (this.offset + position * STRIDE) & (this.elements.length - 1)
  }

  /** Forgets the oldest message. Only while `count > 0`. */
  drop(): void {
    const { elements, offset } = this
    elements[offset + 1] = undefined
    elements[offset + 2] = undefined
    elements[offset + 3] = undefined
    this.offset = (offset + STRIDE) & (elements.length - 1)
    this.count--
  }

  /** Takes out the message that is `position` behind the oldest one; what stands before it moves up. */
  remove(position: number): void {
    const { elements } = this
    for (let at = position; at > 0; at--) {
      const to = this.offsetAt(at)
      const from = this.offsetAt(at - 1)
      for (let element = 0; element < STRIDE; element++) elements[to + element] = elements[from + element]
    }
    this.drop()
  }

  #grow(): unknown[] {
    const { elements, offset } = this
    const grown: unknown[] = new Array(elements.length * 2)
    for (let n = 0; n < elements.length; n++) grown[n] = elements[(offset + n) & (elements.length - 1)]
    this.elements = grown
    this.offset = 0
    return grown
  }
}

/** Larger mailboxes are not worth keeping for the next actor. Array elements. */
const ELEMENTS_KEPT_MAX = 64 * STRIDE
const MAILBOXES_KEPT_MAX = 1_024
/** Up to so many actors keep their mailboxes when these are empty, and so need not fetch one for every message. */
const LENT_MAX = 1_024

/**
 * Mailboxes without an owner. Where there are many actors, each has one only while it has messages, so that idle actors stay
 * small.
 */
export class MailboxPool {
  readonly #mailboxes: Mailbox[] = []
  #lentCount = 0

  /** Whether empty ones are to be given back. */
  get isScarce(): boolean {
    return this.#lentCount > LENT_MAX
  }

  take(): Mailbox {
    this.#lentCount++
    return this.#mailboxes.pop() ?? new Mailbox()
  }

  /** Only an empty one. */
  giveBack(mailbox: Mailbox): void {
    this.#lentCount--
    if (this.#mailboxes.length < MAILBOXES_KEPT_MAX && mailbox.elements.length <= ELEMENTS_KEPT_MAX) {
      this.#mailboxes.push(mailbox)
    }
  }
}
