import { InvariantError } from '../base/errors.ts'
import {
  payloadBytesMax,
  RECORD_GENERATION_WORD,
  RECORD_HEADER_BYTES,
  RECORD_SLOT_WORD,
  RECORD_WORD_WORD,
  RING_CLAIMED_INDEX,
  RING_HEAD_INDEX,
  RING_READ_INDEX,
  RING_TAIL_INDEX,
  recordBytes,
  userShareBytes,
} from './ring-layout.ts'
import { brokenRecord, type RecordVisitor, type RingMemory, walkRecords } from './ring-memory.ts'

/** `user` records fill at most 7/8 of a ring; `system` records (replies, credits, downs, stops) may use all of it. */
export type RingLane = 'user' | 'system'

/**
 * The writing side of a ring. One thread at a time owns it; after that thread's death (never before its exit) a
 * successor makes its own on the same memory and calls `resetToPublished`.
 *
 *    tryClaim -> writeHeader, payload -> commit     per record, plain stores only
 *    publish                                        per batch; then ring the consumer's doorbell
 *
 * What dies before its publish was never sent. `claimed` moves with each commit, after everything that the record
 * holds was written, so that a reaper can walk what was committed but not published.
 */
export class RingProducer {
  readonly capacity: number
  readonly bytes: Buffer
  readonly words: Int32Array
  readonly doubles: Float64Array
  readonly view: DataView
  /** A larger payload is refused by an `InvariantError`: check it before you claim. */
  readonly payloadBytesMax: number
  readonly #memory: RingMemory
  readonly control: Int32Array
  readonly mask: number
  readonly recordMax: number
  readonly userShare: number
  position: number
  cachedHead: number
  published: number
  next: number
  headerIndex = 0

  constructor(memory: RingMemory) {
    this.#memory = memory
    this.capacity = memory.capacity
    this.bytes = memory.bytes
    this.words = memory.words
    this.doubles = memory.doubles
    this.view = memory.view
    this.control = memory.control
    this.mask = memory.capacity - 1
    this.payloadBytesMax = payloadBytesMax(memory.capacity)
    this.recordMax = recordBytes(this.payloadBytesMax)
    this.userShare = userShareBytes(memory.capacity)
    this.published = Atomics.load(memory.control, RING_TAIL_INDEX)
    this.cachedHead = Atomics.load(memory.control, RING_HEAD_INDEX)
    this.position = this.published
    this.next = this.published
  }

  /**
   * Byte offset of the payload, or -1 while the lane lacks room. A claim that is not committed is forgotten by the
   * next one. What was committed but not yet published takes room too: publish before you wait for any.
   */
  tryClaim(payloadBytes: number, lane: RingLane): number {
    const need = recordBytes(payloadBytes)
    if (need > this.recordMax) throw recordTooLarge(payloadBytes, this.payloadBytesMax)
    const offset = this.position & this.mask
    const rest = this.capacity - offset
    const skip = need > rest ? rest : 0
    const end = (this.position + skip + need) | 0
    const share = lane === 'user' ? this.userShare : this.capacity
    if (((end - this.cachedHead) | 0) > share && !this.#findRoom(end, share)) return -1
    let start = offset
    if (skip !== 0) {
      this.words[offset >> 2] = -skip
      start = 0
    }
    this.next = end
    this.headerIndex = start >> 2
    this.words[start >> 2] = payloadBytes
    return start + RECORD_HEADER_BYTES
  }

  /** The record claimed last needs only `payloadBytes`, which is at most what was claimed. */
  shrink(payloadBytes: number): void {
    const claimed = this.words[this.headerIndex]!
    this.words[this.headerIndex] = payloadBytes
    this.next = (this.next - recordBytes(claimed) + recordBytes(payloadBytes)) | 0
  }

  /** Fills in the header of the record claimed last. */
  writeHeader(word: number, slot: number, generation: number): void {
    const index = this.headerIndex
    this.words[index + RECORD_WORD_WORD] = word
    this.words[index + RECORD_SLOT_WORD] = slot
    this.words[index + RECORD_GENERATION_WORD] = generation
  }

  /** The record claimed last is complete. It can be read once it is published. */
  commit(): void {
    this.position = this.next
    this.control[RING_CLAIMED_INDEX] = this.next // plain: read only by a reaper, after this thread's exit
  }

  /**
   * `commit` of a record that holds one frame descriptor, counted as sent in the same breath: two adjacent plain
   * stores, which no `terminate()` falls between. `leases[sentIndex]` is the sender's own counter.
   */
  commitLeased(leases: Int32Array, sentIndex: number): void {
    const next = this.next
    const sent = (leases[sentIndex]! + 1) | 0
    this.position = next
    leases[sentIndex] = sent
    this.control[RING_CLAIMED_INDEX] = next
  }

  /** Makes every committed record readable. Answers false if there was none. */
  publish(): boolean {
    if (this.position === this.published) return false
    this.published = this.position
    // PUBLISH: all plain writes above happen before a consumer that loads this tail (RingConsumer.next).
    Atomics.store(this.control, RING_TAIL_INDEX, this.position)
    return true
  }

  /** Whether a `tryClaim` of this size would succeed now. */
  hasRoom(payloadBytes: number, lane: RingLane): boolean {
    const need = recordBytes(payloadBytes)
    const rest = this.capacity - (this.position & this.mask)
    const end = (this.position + (need > rest ? rest : 0) + need) | 0
    const head = Atomics.load(this.control, RING_HEAD_INDEX)
    return ((end - head) | 0) <= (lane === 'user' ? this.userShare : this.capacity)
  }

  /** Bytes that the consumer has not given back yet, from 0 to `capacity`. */
  get usedBytes(): number {
    return (this.position - Atomics.load(this.control, RING_HEAD_INDEX)) | 0
  }

  /**
   * For the first owner after a death, once the reaper has undone what was committed but not published: those records
   * are forgotten.
   */
  resetToPublished(): void {
    this.published = Atomics.load(this.control, RING_TAIL_INDEX)
    this.cachedHead = Atomics.load(this.control, RING_HEAD_INDEX)
    this.position = this.published
    this.next = this.published
    this.control[RING_CLAIMED_INDEX] = this.published
  }

  /** Reaper only, before `resetToPublished`: visits what the dead owner committed but never published, oldest first. */
  forEachUnpublished(visit: RecordVisitor): void {
    const from = Atomics.load(this.control, RING_TAIL_INDEX)
    walkRecords(this.#memory, from, this.control[RING_CLAIMED_INDEX]!, visit)
  }

  #findRoom(end: number, share: number): boolean {
    // ACQUIRE of the consumer's release: it has finished reading everything before this head.
    this.cachedHead = Atomics.load(this.control, RING_HEAD_INDEX)
    return ((end - this.cachedHead) | 0) <= share
  }
}

/**
 * The reading side of a ring, for one thread at a time.
 *
 *    next -> read header and payload -> advance     per record; `advance` is the moment of hand-over
 *    release                                        per batch: the producer may use the room again
 *
 * After a death the successor starts at the first record that was not handed over, whatever was released.
 */
export class RingConsumer {
  readonly capacity: number
  readonly bytes: Buffer
  readonly words: Int32Array
  readonly doubles: Float64Array
  readonly view: DataView
  /** Payload bytes of the record that `next` answered last. */
  payloadBytes = 0
  readonly #memory: RingMemory
  readonly control: Int32Array
  readonly mask: number
  readonly payloadMax: number
  position: number
  tail: number
  after: number

  constructor(memory: RingMemory) {
    this.#memory = memory
    this.capacity = memory.capacity
    this.bytes = memory.bytes
    this.words = memory.words
    this.doubles = memory.doubles
    this.view = memory.view
    this.control = memory.control
    this.mask = memory.capacity - 1
    this.payloadMax = payloadBytesMax(memory.capacity)
    this.position = memory.control[RING_READ_INDEX]! // plain: only this thread, or its dead predecessor, writes it
    this.tail = this.position
    this.after = this.position
  }

  /**
   * Byte offset of the next record's payload, or -1 if none is published. Answers the same record again until
   * `advance`. The bytes are the reader's until `release`.
   */
  next(): number {
    let position = this.position
    if (position === this.tail) {
      // ACQUIRE of the producer's publish: every record before this tail is complete.
      this.tail = Atomics.load(this.control, RING_TAIL_INDEX)
      if (position === this.tail) return -1
    }
    let offset = position & this.mask
    let length = this.words[offset >> 2]!
    if (length < 0) {
      position = (position - length) | 0
      offset = 0
      length = this.words[0]!
    }
    if (length >>> 0 > this.payloadMax) throw brokenRecord(position, length)
    this.payloadBytes = length
    this.after = (position + recordBytes(length)) | 0
    return offset + RECORD_HEADER_BYTES
  }

  /**
   * The record that `next` answered is handed over: from here on it is lost with this thread, not delivered to its
   * successor.
   */
  advance(): void {
    this.position = this.after
    this.control[RING_READ_INDEX] = this.after // plain: read only by a reaper or successor, after this thread's exit
  }

  /**
   * `advance` together with the count of the arrival: two adjacent plain stores, which no `terminate()` falls
   * between.
   */
  advanceCounted(accounts: Float64Array, arrivedIndex: number): void {
    const after = this.after
    const arrived = accounts[arrivedIndex]! + 1
    this.position = after
    accounts[arrivedIndex] = arrived
    this.control[RING_READ_INDEX] = after
  }

  /**
   * `advanceCounted` of a record that holds one frame descriptor: its lease is the reader's from the same moment on.
   */
  advanceLeased(accounts: Float64Array, arrivedIndex: number, leases: Int32Array, receivedIndex: number): void {
    const after = this.after
    const arrived = accounts[arrivedIndex]! + 1
    const received = (leases[receivedIndex]! + 1) | 0
    this.position = after
    accounts[arrivedIndex] = arrived
    leases[receivedIndex] = received
    this.control[RING_READ_INDEX] = after
  }

  /** Gives the bytes of all records that were handed over back to the producer. */
  release(): void {
    // RELEASE: all reads above happen before a producer that loads this head (RingProducer.tryClaim) writes there
    // again.
    if (this.control[RING_HEAD_INDEX] !== this.position) Atomics.store(this.control, RING_HEAD_INDEX, this.position)
  }

  /** Published bytes that were not handed over yet. */
  get pendingBytes(): number {
    return (Atomics.load(this.control, RING_TAIL_INDEX) - this.position) | 0
  }

  /**
   * Visits what is published but not handed over, oldest first, and consumes nothing. For the owner, or for a reaper
   * after its exit.
   */
  forEachUnread(visit: RecordVisitor): void {
    const tail = Atomics.load(this.control, RING_TAIL_INDEX)
    walkRecords(this.#memory, this.control[RING_READ_INDEX]!, tail, visit)
  }
}

function recordTooLarge(payloadBytes: number, max: number): InvariantError {
  return new InvariantError('invariant-broken', `invariant broken: a payload of ${payloadBytes} bytes is within ${max}`)
}
