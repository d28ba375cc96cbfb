import { randomBytes } from 'node:crypto'
import { CapacityError, type TroupeError } from 'troupe'
import type { Outbox, OutboxEntry } from './outbox.ts'
import { checkEntry, closedOutbox, fullOutbox } from './outbox-checks.ts'
import { OutboxIndex } from './outbox-index.ts'
import { type OutboxLimits, resolveOutboxLimits } from './outbox-options.ts'

/** What an entry counts beside its payload. */
const ENTRY_BYTES = 40

/** One entry is its own segment: what is confirmed is let go at once. */
interface Kept {
  readonly id: Uint8Array
  readonly flags: number
  readonly payload: Uint8Array
  unconfirmedCount: number
}

/** An outbox that forgets with its process: for tests, and for sessions that are to survive the loss of connections only. */
export class MemoryOutbox implements Outbox {
  readonly sessionId: Uint8Array = new Uint8Array(randomBytes(16))
  readonly error: TroupeError | undefined = undefined
  lastSequence = 0
  flushedSequence = 0
  onFlushed: ((sequence: number) => void) | undefined
  onFailed: ((error: TroupeError) => void) | undefined
  readonly #limits: Readonly<Required<OutboxLimits>>
  readonly #index = new OutboxIndex<Kept>()
  #isTelling = false
  #isClosed = false

  constructor(limits: OutboxLimits = {}) {
    this.#limits = resolveOutboxLimits(limits)
  }

  get unconfirmedCount(): number {
    return this.#index.count
  }

  get unconfirmedBytes(): number {
    return this.#index.bytes
  }

  store(sequence: number, id: Uint8Array, flags: number, payload: Uint8Array): void {
    if (this.#isClosed) throw closedOutbox()
    checkEntry(sequence, this.lastSequence, id, flags)
    const { bytesMax, entriesMax } = this.#limits
    const bytes = ENTRY_BYTES + payload.length
    if (bytes > bytesMax) throw new CapacityError('message-too-large', `${bytes} bytes, the outbox holds ${bytesMax}`)
    if (this.#index.count >= entriesMax) throw fullOutbox(`${entriesMax} entries`)
    if (this.#index.bytes + bytes > bytesMax) throw fullOutbox(`${bytesMax} bytes`)
    const kept = { id: new Uint8Array(id), flags, payload: new Uint8Array(payload), unconfirmedCount: 0 }
    this.#index.add(sequence, kept, 0, bytes)
    this.lastSequence = sequence
    this.#tell()
  }

  confirm(upToSequence: number): void {
    if (!this.#isClosed) this.#index.confirmUpTo(upToSequence)
  }

  confirmOne(sequence: number): boolean {
    return !this.#isClosed && this.#index.confirmOne(sequence)
  }

  *unconfirmed(): IterableIterator<OutboxEntry> {
    for (let entry = this.#index.after(0); entry !== undefined; entry = this.#index.after(entry.sequence)) {
      const { id, flags, payload } = entry.segment
      yield { sequence: entry.sequence, id, flags, payload }
    }
  }

  async flushed(): Promise<void> {
    this.#flush()
  }

  async close(): Promise<void> {
    this.#flush()
    this.#isClosed = true
  }

  /** At the end of the turn, as one that writes does at the earliest. */
  #tell(): void {
    if (this.#isTelling) return
    this.#isTelling = true
    queueMicrotask(() => this.#flush())
  }

  #flush(): void {
    this.#isTelling = false
    if (this.flushedSequence === this.lastSequence) return
    this.flushedSequence = this.lastSequence
    // `flushed()` may be called by who is not to be called back inside of it.
    const sequence = this.flushedSequence
    queueMicrotask(() => this.onFlushed?.(sequence))
  }
}
