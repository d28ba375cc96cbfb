import type { Outbox, OutboxEntry } from '#actors/reliable/outbox'
import type { LossyNetwork } from './lossy-network.ts'

/** Until a group is on disk, at most, by chance one or the other. Milliseconds. */
const FLUSH_MS = [10, 30, 300]

/** An outbox in virtual time: what it is told is on disk some time later, and lost when its process dies before. */
export class ScheduleOutbox implements Outbox {
  readonly sessionId: Uint8Array
  readonly error = undefined
  lastSequence = 0
  flushedSequence = 0
  onFlushed: ((sequence: number) => void) | undefined
  onFailed: undefined
  readonly #network: () => LossyNetwork
  readonly #entries = new Map<number, OutboxEntry>()
  #life = 0
  #isFlushing = false

  constructor(network: () => LossyNetwork, sessionId: Uint8Array) {
    this.#network = network
    this.sessionId = sessionId
  }

  get unconfirmedCount(): number {
    return this.#entries.size
  }

  get unconfirmedBytes(): number {
    return [...this.#entries.values()].reduce((sum, { payload }) => sum + payload.length, 0)
  }

  store(sequence: number, id: Uint8Array, flags: number, payload: Uint8Array): void {
    if (sequence <= this.lastSequence) throw new Error(`sequence ${sequence} after ${this.lastSequence}`)
    this.lastSequence = sequence
    this.#entries.set(sequence, { sequence, id: id.slice(), flags, payload: payload.slice() })
    if (this.#isFlushing) return
    this.#isFlushing = true
    const life = this.#life
    const network = this.#network()
    network.later(network.random.below(FLUSH_MS[network.random.below(3)]!), () => life === this.#life && this.#flush())
  }

  confirm(upToSequence: number): void {
    for (const sequence of this.#entries.keys()) if (sequence <= upToSequence) this.#entries.delete(sequence)
  }

  confirmOne(sequence: number): boolean {
    return this.#entries.delete(sequence)
  }

  *unconfirmed(): IterableIterator<OutboxEntry> {
    yield* [...this.#entries.values()]
  }

  async flushed(): Promise<void> {}
  async close(): Promise<void> {}

  /** The process dies: what was not flushed may be on disk, or not. */
  die(): void {
    this.#life++
    this.#isFlushing = false
    if (this.#network().random.below(2) === 0) {
      for (const sequence of this.#entries.keys()) if (sequence > this.flushedSequence) this.#entries.delete(sequence)
      this.lastSequence = this.flushedSequence
    }
    this.flushedSequence = this.lastSequence
  }

  #flush(): void {
    this.#isFlushing = false
    this.flushedSequence = this.lastSequence
    this.onFlushed?.(this.flushedSequence)
  }
}
