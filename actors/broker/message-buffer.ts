/** Slots that may be empty at the front before what is behind them moves up. */
const EMPTY_SLOTS_MAX = 256

/** First in, first out, bounded in messages and bytes: what is too much pushes out the oldest. */
export class MessageBuffer<M> {
  #messagesMax: number
  #bytesMax: number
  readonly #messages: (M | undefined)[] = []
  readonly #lengths: number[] = []
  /** Index of the oldest. */
  #head = 0
  #bytes = 0

  constructor(messagesMax: number, bytesMax: number) {
    this.#messagesMax = messagesMax
    this.#bytesMax = bytesMax
  }

  /** From now on. What is too much already stays, until the next one is pushed. */
  setLimits(messagesMax: number, bytesMax: number): void {
    this.#messagesMax = messagesMax
    this.#bytesMax = bytesMax
  }

  /** Whether one more would push out none. */
  hasRoom(messageBytes: number): boolean {
    return this.count < this.#messagesMax && this.#bytes + messageBytes <= this.#bytesMax
  }

  /** How many messages wait. */
  get count(): number {
    return this.#messages.length - this.#head
  }

  /** Bytes of all of them. */
  get bytes(): number {
    return this.#bytes
  }

  /** Length of the oldest in bytes. There must be one. */
  get firstBytes(): number {
    return this.#lengths[this.#head]!
  }

  /** Answers false, changing nothing, for a message that would not even fit alone. `drop` gets each one pushed out. */
  push(message: M, messageBytes: number, drop: (message: M) => void): boolean {
    if (this.#messagesMax === 0 || messageBytes > this.#bytesMax) return false
    while (this.count >= this.#messagesMax || this.#bytes + messageBytes > this.#bytesMax) drop(this.shift())
    this.#messages.push(message)
    this.#lengths.push(messageBytes)
    this.#bytes += messageBytes
    return true
  }

  /** Takes the oldest out. There must be one. */
  shift(): M {
    const message = this.#messages[this.#head] as M
    this.#bytes -= this.#lengths[this.#head]!
    this.#messages[this.#head] = undefined
    this.#head++
    if (this.#isMostlyEmpty()) this.#moveUp()
    return message
  }

  /** Half of the slots, so that each message moves up once on average. */
  #isMostlyEmpty(): boolean {
    return this.#head > EMPTY_SLOTS_MAX && this.#head * 2 > this.#messages.length
  }

  #moveUp(): void {
    const count = this.count
    for (const slots of [this.#messages, this.#lengths]) {
      slots.copyWithin(0, this.#head)
      slots.length = count
    }
    this.#head = 0
  }
}
