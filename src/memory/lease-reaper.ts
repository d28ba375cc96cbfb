import {
  JOURNAL_DONE,
  JOURNAL_KIND,
  JOURNAL_NONE,
  JOURNAL_RELEASES,
  JOURNAL_SENDING,
  JOURNAL_SLOTS,
  LEASE_RECEIVED,
  LEASE_RELEASED,
  LEASE_SENT,
  LEASE_WORDS,
} from './arena-layout.ts'
import type { ArenaMemory } from './arena-memory.ts'
import { RetainedRecords } from './retained-records.ts'

/**
 * Puts the leases of a dead seat in order, after its thread's exit and before a new incarnation takes the seat. Every
 * step ends in the same state however often it is done.
 *
 *    1. rollBack         what the journal says was counted for a record that was never committed or never handed over
 *    2. undoSend         for each descriptor that was committed but never published, found by
 *                        RingProducer.forEachUnpublished; then resetToPublished
 *    3. releaseHeld      everything the thread held, but not its retained records and the frames that these refer to
 */
export class LeaseReaper {
  readonly #memory: ArenaMemory
  readonly #seat: number
  readonly #words: Int32Array
  readonly #journal: Int32Array

  constructor(memory: ArenaMemory, deadSeat: number) {
    this.#memory = memory
    this.#seat = deadSeat
    this.#words = memory.column(deadSeat)
    this.#journal = memory.journal(deadSeat)
  }

  rollBack(): void {
    const journal = this.#journal
    const kind = journal[JOURNAL_KIND]!
    if (kind === JOURNAL_NONE) return
    const field = kind === JOURNAL_SENDING ? LEASE_SENT : LEASE_RECEIVED
    for (let done = journal[JOURNAL_DONE]!; done > 0; done--) {
      const index = journal[JOURNAL_SLOTS + done - 1]! * LEASE_WORDS + field
      const count = (this.#words[index]! - 1) | 0
      this.#words[index] = count
      journal[JOURNAL_DONE] = done - 1
    }
    journal[JOURNAL_KIND] = JOURNAL_NONE
  }

  undoSend(slotId: number): void {
    const index = slotId * LEASE_WORDS + LEASE_SENT
    this.#words[index] = (this.#words[index]! - 1) | 0
    this.#journal[JOURNAL_RELEASES]! += 1
  }

  /**
   * For a seat that gets no successor: a descriptor in a ring to it, which nobody will read. Once for each, as the
   * ring is emptied.
   */
  dropUnread(slotId: number): void {
    const first = slotId * LEASE_WORDS
    const received = (this.#words[first + LEASE_RECEIVED]! + 1) | 0
    const released = (this.#words[first + LEASE_RELEASED]! + 1) | 0
    this.#words[first + LEASE_RECEIVED] = received
    Atomics.store(this.#words, first + LEASE_RELEASED, released)
    this.#journal[JOURNAL_RELEASES]! += 1
  }

  /**
   * Answers how many leases the thread held and lost. `isKept` says of each retained record that it held whether that
   * outlives it: of none, for a seat that gets no successor.
   */
  releaseHeld(isKept: (record: number) => boolean): number {
    const kept = this.#kept(isKept)
    let count = 0
    for (let partition = 0; partition < this.#memory.seatsMax; partition++) {
      this.#memory.forEachSlot(partition, (slotId) => {
        const first = slotId * LEASE_WORDS
        const received = this.#words[first + LEASE_RECEIVED]!
        const excess = ((received - this.#words[first + LEASE_RELEASED]!) | 0) - (kept.get(slotId) ?? 0)
        if (excess <= 0) return
        count += excess
        Atomics.store(this.#words, first + LEASE_RELEASED, (this.#words[first + LEASE_RELEASED]! + excess) | 0)
      })
    }
    this.#journal[JOURNAL_RELEASES]! += count
    return count
  }

  /** Leases that outlive the thread: one a retained record, and one for each frame in it. */
  #kept(isKept: (record: number) => boolean): Map<number, number> {
    const retained = new RetainedRecords(this.#memory)
    const kept = new Map<number, number>()
    const keep = (slotId: number): void => void kept.set(slotId, (kept.get(slotId) ?? 0) + 1)
    for (const slotId of retained.heldBy(this.#seat).filter(isKept)) {
      keep(slotId)
      for (const frame of retained.frames(slotId)) keep(frame)
    }
    return kept
  }
}
