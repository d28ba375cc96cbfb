import { LEASE_RECEIVED, LEASE_RELEASED, LEASE_WORDS, MARK_RETAINED } from './arena-layout.ts'
import type { ArenaMemory } from './arena-memory.ts'
import {
  RETAINED_ARRIVAL_DOUBLE,
  RETAINED_ARRIVAL_SEAT_WORD,
  RETAINED_CORRELATION_DOUBLE,
  RETAINED_DEADLINE_DOUBLE,
  RETAINED_DELIVERIES_WORD,
  RETAINED_FRAMES_WORD,
  RETAINED_GENERATION_WORD,
  RETAINED_HEADER_BYTES,
  RETAINED_PAYLOAD_BYTES_WORD,
  RETAINED_REPLY_GENERATION_WORD,
  RETAINED_REPLY_SLOT_WORD,
  RETAINED_SLOT_WORD,
  RETAINED_WORD_WORD,
  retainedPayloadOffset,
} from './retained-layout.ts'

/** What the sender of a retained record says of it. */
export interface RetainedHeader {
  readonly slot: number
  readonly generation: number
  readonly word: number
  readonly payloadBytes: number
  /** Of an ask, else 0. */
  readonly correlation: number
  /** Milliseconds of the system's clock, 0 for none. */
  readonly deadlineMs: number
  /** -1 for no reply. */
  readonly replySlot: number
  readonly replyGeneration: number
}

const noFrames: readonly number[] = Object.freeze([])

/**
 * Reads and writes retained records in slots that were allocated with `tryAllocateRetained`. Whoever calls holds a
 * lease on the slot.
 */
export class RetainedRecords {
  readonly #memory: ArenaMemory

  constructor(memory: ArenaMemory) {
    this.#memory = memory
  }

  /** Bytes to allocate for a record. */
  static bytesFor(payloadBytes: number, frames: number): number {
    return retainedPayloadOffset(frames) + payloadBytes
  }

  /**
   * Sender: everything but the payload, which goes where `payloadOffset` says. `frames`: slots that the payload
   * refers to.
   */
  write(slotId: number, header: RetainedHeader, frames: ArrayLike<number> = noFrames): void {
    const { words, doubles } = this.#memory.views(slotId)
    const offset = this.#memory.byteOffset(slotId)
    const word = offset >> 2
    const double = offset >> 3
    words[word + RETAINED_SLOT_WORD] = header.slot
    words[word + RETAINED_GENERATION_WORD] = header.generation
    words[word + RETAINED_WORD_WORD] = header.word
    words[word + RETAINED_PAYLOAD_BYTES_WORD] = header.payloadBytes
    doubles[double + RETAINED_ARRIVAL_DOUBLE] = 0
    words[word + RETAINED_ARRIVAL_SEAT_WORD] = 0
    words[word + RETAINED_DELIVERIES_WORD] = 0
    words[word + RETAINED_FRAMES_WORD] = frames.length
    doubles[double + RETAINED_CORRELATION_DOUBLE] = header.correlation
    doubles[double + RETAINED_DEADLINE_DOUBLE] = header.deadlineMs
    words[word + RETAINED_REPLY_SLOT_WORD] = header.replySlot
    words[word + RETAINED_REPLY_GENERATION_WORD] = header.replyGeneration
    const list = word + (RETAINED_HEADER_BYTES >> 2)
    for (let n = 0; n < frames.length; n++) words[list + n] = frames[n]!
  }

  header(slotId: number): RetainedHeader {
    const { words, doubles } = this.#memory.views(slotId)
    const offset = this.#memory.byteOffset(slotId)
    const word = offset >> 2
    const double = offset >> 3
    return {
      slot: words[word + RETAINED_SLOT_WORD]!,
      generation: words[word + RETAINED_GENERATION_WORD]!,
      word: words[word + RETAINED_WORD_WORD]!,
      payloadBytes: words[word + RETAINED_PAYLOAD_BYTES_WORD]!,
      correlation: doubles[double + RETAINED_CORRELATION_DOUBLE]!,
      deadlineMs: doubles[double + RETAINED_DEADLINE_DOUBLE]!,
      replySlot: words[word + RETAINED_REPLY_SLOT_WORD]!,
      replyGeneration: words[word + RETAINED_REPLY_GENERATION_WORD]!,
    }
  }

  /** Where the payload starts in the views of the slot's partition. */
  payloadOffset(slotId: number): number {
    const offset = this.#memory.byteOffset(slotId)
    const frames = this.#memory.views(slotId).words[(offset >> 2) + RETAINED_FRAMES_WORD]!
    return offset + retainedPayloadOffset(frames)
  }

  /** Slots of the frames that the record refers to. */
  frames(slotId: number): number[] {
    const { words } = this.#memory.views(slotId)
    const word = this.#memory.byteOffset(slotId) >> 2
    const list = word + (RETAINED_HEADER_BYTES >> 2)
    return Array.from(words.subarray(list, list + words[word + RETAINED_FRAMES_WORD]!))
  }

  arrival(slotId: number): number {
    return this.#memory.views(slotId).doubles[(this.#memory.byteOffset(slotId) >> 3) + RETAINED_ARRIVAL_DOUBLE]!
  }

  deliveries(slotId: number): number {
    return this.#memory.views(slotId).words[(this.#memory.byteOffset(slotId) >> 2) + RETAINED_DELIVERIES_WORD]!
  }

  /**
   * Receiver: from here on the record survives its thread, if that holds it. `arrival` is its place in the order
   * (`SeatTable.nextArrival`). Out of a ring: before the lease is counted as received. Local: after its frames are
   * held.
   */
  setArrival(slotId: number, seat: number, arrival: number): void {
    const { words, doubles } = this.#memory.views(slotId)
    const offset = this.#memory.byteOffset(slotId)
    doubles[(offset >> 3) + RETAINED_ARRIVAL_DOUBLE] = arrival
    words[(offset >> 2) + RETAINED_ARRIVAL_SEAT_WORD] = seat + 1
  }

  /** Receiver, at each delivery. Answers which one this is, from 1. */
  countDelivery(slotId: number): number {
    const { words } = this.#memory.views(slotId)
    const index = (this.#memory.byteOffset(slotId) >> 2) + RETAINED_DELIVERIES_WORD
    return (words[index]! += 1)
  }

  /**
   * Retained records that the seat holds, in the order in which they arrived there: what a new incarnation delivers
   * again. O(slots of all partitions).
   */
  heldBy(seat: number): number[] {
    const column = this.#memory.column(seat)
    const held: number[] = []
    for (let partition = 0; partition < this.#memory.seatsMax; partition++) {
      this.#memory.forEachSlot(partition, (slotId, _sizeClass, mark) => {
        const first = slotId * LEASE_WORDS
        const isHeld = column[first + LEASE_RECEIVED] !== column[first + LEASE_RELEASED]
        if (isHeld && (mark & MARK_RETAINED) !== 0 && this.#arrivedAt(slotId, seat)) held.push(slotId)
      })
    }
    return held.sort((a, b) => this.arrival(a) - this.arrival(b))
  }

  /** Not so for the sender's own lease on a record that it is about to send, or has just sent, elsewhere. */
  #arrivedAt(slotId: number, seat: number): boolean {
    const { words } = this.#memory.views(slotId)
    return words[(this.#memory.byteOffset(slotId) >> 2) + RETAINED_ARRIVAL_SEAT_WORD] === seat + 1
  }
}
