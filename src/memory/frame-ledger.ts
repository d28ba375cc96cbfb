import { assert } from '../base/assert.ts'
import {
  FRAMES_PER_RECORD_MAX,
  JOURNAL_DONE,
  JOURNAL_FENCE,
  JOURNAL_KIND,
  JOURNAL_NONE,
  JOURNAL_RECEIVING,
  JOURNAL_RELEASES,
  JOURNAL_SENDING,
  JOURNAL_SLOTS,
  LEASE_RECEIVED,
  LEASE_RELEASED,
  LEASE_SENT,
  LEASE_WORDS,
} from './arena-layout.ts'
import type { ArenaMemory } from './arena-memory.ts'
import { RING_CLAIMED_INDEX, RING_READ_INDEX } from './ring-layout.ts'
import type { RingConsumer, RingProducer } from './spsc-ring.ts'

/**
 * The leases of one seat on slots of the whole arena. Written by the thread on that seat; after its exit by the
 * reaper (lease-reaper.ts), until a new incarnation has the seat.
 *
 * A lease begins by `hold` or with a descriptor read from a ring, and ends by `release`. A descriptor put into a ring
 * is the ring's until it is read. Counts only grow, each has one writer, and counts that must agree move in adjacent
 * plain stores, which no `terminate()` falls between: so whatever instruction a thread dies at, `received - released`
 * is exactly what it held.
 */
export class FrameLedger {
  readonly seat: number
  readonly words: Int32Array
  readonly journal: Int32Array

  constructor(memory: ArenaMemory, seat: number) {
    this.seat = seat
    this.words = memory.column(seat)
    this.journal = memory.journal(seat)
  }

  /** Leases that the seat holds on the slot. */
  held(slotId: number): number {
    const first = slotId * LEASE_WORDS
    return (this.words[first + LEASE_RECEIVED]! - this.words[first + LEASE_RELEASED]!) | 0
  }

  /**
   * One lease more: for a local receiver, or to keep a frame beyond its handler. Needs a lease to begin with, or a
   * slot just allocated.
   */
  hold(slotId: number): void {
    const words = this.words
    const first = slotId * LEASE_WORDS
    const sent = (words[first + LEASE_SENT]! + 1) | 0
    const received = (words[first + LEASE_RECEIVED]! + 1) | 0
    words[first + LEASE_SENT] = sent
    words[first + LEASE_RECEIVED] = received
  }

  /** One lease less. The caller reads the slot no more. */
  release(slotId: number): void {
    const words = this.words
    const first = slotId * LEASE_WORDS
    assert(words[first + LEASE_RECEIVED] !== words[first + LEASE_RELEASED], 'a lease that is released was held')
    // RELEASE: our reads of the slot happen before its owner, seeing this count, writes there again (FrameArena).
    Atomics.store(words, first + LEASE_RELEASED, (words[first + LEASE_RELEASED]! + 1) | 0)
    this.journal[JOURNAL_RELEASES]! += 1
  }

  /**
   * `release` of a retained record together with the count of its handling: two adjacent plain stores.
   * `accounts[handledIndex]` is the actor's count of handled, or dead-lettered, messages.
   */
  releaseCounted(accounts: Float64Array, handledIndex: number, slotId: number): void {
    const words = this.words
    const released = slotId * LEASE_WORDS + LEASE_RELEASED
    assert(this.held(slotId) !== 0, 'a lease that is released was held')
    this.fence() // in place of the release store, which could be torn from the count
    const handledNext = accounts[handledIndex]! + 1
    const releasedNext = (words[released]! + 1) | 0
    accounts[handledIndex] = handledNext
    words[released] = releasedNext
    this.journal[JOURNAL_RELEASES]! += 1
  }

  /** `RingProducer.commit` of a record with one descriptor, counted as sent in the same breath. */
  commitLeased(producer: RingProducer, slotId: number): void {
    producer.commitLeased(this.words, slotId * LEASE_WORDS + LEASE_SENT)
  }

  /** `RingConsumer.advanceCounted` of a record with one descriptor, whose lease is the seat's in the same breath. */
  advanceLeased(consumer: RingConsumer, accounts: Float64Array, arrivedIndex: number, slotId: number): void {
    consumer.advanceLeased(accounts, arrivedIndex, this.words, slotId * LEASE_WORDS + LEASE_RECEIVED)
  }

  /**
   * `commitLeased` of a record with descriptors of several slots, counted as sent one by one under a journal:
   * if the thread dies before the record is committed, the reaper takes back as many counts as the journal tells of.
   */
  commitMany(producer: RingProducer, slotIds: ArrayLike<number>): void {
    this.#begin(JOURNAL_SENDING, slotIds)
    this.#count(LEASE_SENT, slotIds)
    const { journal } = this
    const { control, next } = producer
    producer.position = next
    control[RING_CLAIMED_INDEX] = next
    journal[JOURNAL_KIND] = JOURNAL_NONE
  }

  /** `advanceLeased` of a record with descriptors of several slots, under a journal. */
  advanceMany(consumer: RingConsumer, accounts: Float64Array, arrivedIndex: number, slotIds: ArrayLike<number>): void {
    this.#begin(JOURNAL_RECEIVING, slotIds)
    this.#count(LEASE_RECEIVED, slotIds)
    const { journal } = this
    const { control, after } = consumer
    const arrived = accounts[arrivedIndex]! + 1
    consumer.position = after
    accounts[arrivedIndex] = arrived
    control[RING_READ_INDEX] = after
    journal[JOURNAL_KIND] = JOURNAL_NONE
  }

  /**
   * Orders every load and store before it before every one after it, on processors that would not: a store and a
   * load, both sequentially consistent.
   */
  fence(): void {
    Atomics.store(this.journal, JOURNAL_FENCE, 0)
    Atomics.load(this.journal, JOURNAL_FENCE)
  }

  #begin(kind: number, slotIds: ArrayLike<number>): void {
    assert(slotIds.length <= FRAMES_PER_RECORD_MAX, 'the frames of a record fit the journal')
    const { journal } = this
    for (let n = 0; n < slotIds.length; n++) journal[JOURNAL_SLOTS + n] = slotIds[n]!
    journal[JOURNAL_DONE] = 0
    journal[JOURNAL_KIND] = kind
  }

  #count(field: number, slotIds: ArrayLike<number>): void {
    const { journal, words } = this
    for (let n = 0; n < slotIds.length; n++) {
      const index = slotIds[n]! * LEASE_WORDS + field
      const count = (words[index]! + 1) | 0
      words[index] = count
      journal[JOURNAL_DONE] = n + 1
    }
  }
}
