import type { OutgoingMessage } from './outgoing-message.ts'

/**
 * What is known about a sequence in the window.
 *
 *     sent --ACK: here--> received --ACK: done with--> done
 *       \--- its message is given up or taken back: skip --ACK: done with--> done
 */
export const slotStates = Object.freeze({ free: 0, sent: 1, received: 2, skip: 3, done: 4 })

/** What the window tells its session about what acknowledgements meant. */
export interface SendWindowEvents {
  /** All chunks of the message are done with, and nothing else was said about it. */
  delivered(message: OutgoingMessage): void
  /** A chunk that was sent once was acknowledged so long after. */
  measured(rttMs: number): void
  /** This one sequence is done with out of turn. */
  doneEarly(message: OutgoingMessage): void
}

/**
 * Sequences that were sent, from the first one that is not done with: a ring, one slot for each, in typed arrays beside the messages. Nothing is
 * allocated for a message.
 */
export class SendWindow {
  /** Most sequences in the window. */
  readonly size: number
  /** The first sequence that is not done with. */
  base: number
  /** The next one to enter the window. */
  next: number
  /** When a slot is to be sent again, or given up. Milliseconds. */
  readonly dueMs: Float64Array
  readonly sentMs: Float64Array
  readonly retries: Uint16Array
  /** Times that it was sent, also since a link was new. */
  readonly sends: Uint32Array
  readonly #mask: number
  readonly #states: Uint8Array
  readonly #messages: (OutgoingMessage | undefined)[]
  readonly #events: SendWindowEvents

  constructor(size: number, first: number, events: SendWindowEvents) {
    const slots = 2 ** Math.ceil(Math.log2(size))
    this.size = size
    this.base = first
    this.next = first
    this.dueMs = new Float64Array(slots)
    this.sentMs = new Float64Array(slots)
    this.retries = new Uint16Array(slots)
    this.sends = new Uint32Array(slots)
    this.#states = new Uint8Array(slots)
    this.#messages = new Array(slots).fill(undefined)
    this.#mask = slots - 1
    this.#events = events
  }

  get hasRoom(): boolean {
    return this.next - this.base < this.size
  }

  get isEmpty(): boolean {
    return this.next === this.base
  }

  indexOf(sequence: number): number {
    return sequence & this.#mask
  }

  stateOf(sequence: number): number {
    return sequence >= this.base && sequence < this.next ? this.#states[sequence & this.#mask]! : slotStates.free
  }

  messageOf(sequence: number): OutgoingMessage | undefined {
    return sequence >= this.base && sequence < this.next ? this.#messages[sequence & this.#mask] : undefined
  }

  /** The next sequence enters. Without a message, or with one that is over, it is to be skipped. */
  enter(message: OutgoingMessage | undefined): number {
    const sequence = this.next++
    const index = sequence & this.#mask
    this.#messages[index] = message
    this.#states[index] = message === undefined || message.isOver ? slotStates.skip : slotStates.sent
    this.retries[index] = 0
    this.sends[index] = 0
    this.sentMs[index] = 0
    this.dueMs[index] = 0
    return sequence
  }

  /** Everything up to this is done with. Answers whether that is news. */
  settleUpTo(cumulative: number, nowMs: number): boolean {
    const upTo = Math.min(cumulative, this.next - 1)
    if (upTo < this.base) return false
    for (let sequence = this.base; sequence <= upTo; sequence++) this.#settle(sequence, nowMs)
    this.#advance()
    return true
  }

  /** Done with, while others in front of them are not. */
  settleRange(first: number, count: number, nowMs: number): void {
    const end = Math.min(first + count, this.next)
    for (let sequence = Math.max(first, this.base); sequence < end; sequence++) {
      const message = this.#messages[sequence & this.#mask]
      const wasOver = message === undefined || message.isOver
      if (!this.#settle(sequence, nowMs) || wasOver || message.chunksLeft > 0) continue
      this.#events.doneEarly(message)
    }
    this.#advance()
  }

  /** They are there, and not to be sent again. */
  receivedRange(first: number, count: number, nowMs: number): void {
    const end = Math.min(first + count, this.next)
    for (let sequence = Math.max(first, this.base); sequence < end; sequence++) {
      const index = sequence & this.#mask
      if (this.#states[index] !== slotStates.sent) continue
      this.#measure(index, nowMs)
      this.#states[index] = slotStates.received
    }
  }

  /** What is left of a message whose result is known is to be skipped. Answers whether any of it was in the window. */
  skip(message: OutgoingMessage): boolean {
    const end = Math.min(message.last + 1, this.next)
    let isAny = false
    for (let sequence = Math.max(message.first, this.base); sequence < end; sequence++) {
      const index = sequence & this.#mask
      if (this.#states[index] === slotStates.done) continue
      this.#states[index] = slotStates.skip
      this.dueMs[index] = 0
      isAny = true
    }
    return isAny
  }

  /** The peer knows nothing any more: what it had is to be sent again, what is done with to be skipped. */
  forget(): void {
    for (let sequence = this.base; sequence < this.next; sequence++) {
      const index = sequence & this.#mask
      const state = this.#states[index]
      const message = this.#messages[index]
      if (state !== slotStates.received && state !== slotStates.done) continue
      const isWanted = message !== undefined && !message.isOver
      if (isWanted && state === slotStates.done) message.chunksLeft++ // of a message that is not whole there
      this.#states[index] = isWanted ? slotStates.sent : slotStates.skip
    }
  }

  /** All that is under way is due: the link that it went over is gone, and with it what could be measured. */
  makeDue(): void {
    for (let sequence = this.base; sequence < this.next; sequence++) {
      this.dueMs[sequence & this.#mask] = 0
      this.sentMs[sequence & this.#mask] = 0
    }
  }

  /** Answers whether it was not done with before. */
  #settle(sequence: number, nowMs: number): boolean {
    const index = sequence & this.#mask
    const state = this.#states[index]!
    if (state === slotStates.done || state === slotStates.free) return false
    if (state === slotStates.sent) this.#measure(index, nowMs)
    this.#states[index] = slotStates.done
    const message = this.#messages[index]
    if (message === undefined || message.isOver) return true
    if (--message.chunksLeft === 0) this.#events.delivered(message)
    return true
  }

  #measure(index: number, nowMs: number): void {
    if (this.retries[index] === 0 && this.sentMs[index]! > 0) this.#events.measured(nowMs - this.sentMs[index]!)
  }

  #advance(): void {
    while (this.base < this.next) {
      const index = this.base & this.#mask
      if (this.#states[index] !== slotStates.done) return
      this.#states[index] = slotStates.free
      this.#messages[index] = undefined
      this.base++
    }
  }
}
