import { messageArguments } from '../kernel/facade.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { NOT_RETAINED, type RetainedRecord, type Retention } from '../kernel/retention.ts'
import { RetainedRecords } from '../memory/retained-records.ts'
import type { RingConsumer } from '../memory/spsc-ring.ts'
import type { SystemMemory } from '../memory/system-memory.ts'
import type { WireRegion } from '../wire/wire-region.ts'
import { headerWord, TELL } from './record.ts'
import { RecordDecoder } from './record-decoder.ts'
import type { ThreadCodec } from './thread-codec.ts'

/** The reply slot of a record that came out of no ring. */
const LOCAL = -1

/**
 * Messages to actors of this thread that survive it: each lies in an arena slot whose lease ends when it was handled, so
 * what a dead thread held is what its successor delivers again. A message out of a ring is copied before the ring moves on;
 * a copy whose ring did not move, because the thread died in between, is dropped, since the ring still has the message.
 */
export class RetainedMessages implements Retention {
  readonly #memory: SystemMemory
  readonly #records: RetainedRecords
  readonly #codec: ThreadCodec
  readonly #seat: number
  readonly #message: RecordDecoder

  constructor(memory: SystemMemory, codec: ThreadCodec, seat: number) {
    this.#memory = memory
    this.#records = new RetainedRecords(memory.frames)
    this.#codec = codec
    this.#seat = seat
    this.#message = new RecordDecoder(codec)
  }

  keep(slot: number, generation: number, code: number, a: unknown, b: unknown): RetainedRecord {
    const args = messageArguments(code, a, b)
    this.#codec.begin()
    const payload = this.#codec.values.encodeOwned(args.length, args[0], args[1], args.slice(2))
    const word = headerWord(TELL, this.#codec.values.encoding, code >> 2)
    this.#codec.checkFrames(args)
    return this.#write(payload, word, slot, generation, LOCAL, 0)
  }

  /** Copies the record that the ring stands at. The ring is not moved. */
  keepFromRing(
    from: number,
    ring: RingConsumer,
    offset: number,
    word: number,
    slot: number,
    generation: number,
  ): number {
    const payload = ring.bytes.subarray(offset, offset + ring.payloadBytes)
    return this.#write(payload, word, slot, generation, from, ring.after)
  }

  settle(record: RetainedRecord, accounts: Float64Array, index: number): void {
    this.#codec.frames.arena.releaseCounted(accounts, index, record)
  }

  deliveries(record: RetainedRecord): number {
    return this.#records.deliveries(record)
  }

  /** Delivers what the last thread on this seat held, in the order in which it had arrived. */
  redeliver(kernel: Kernel): void {
    for (const record of this.#records.heldBy(this.#seat)) {
      if (isStillInRing(this.#memory, this.#records, this.#seat, record)) this.#codec.frames.arena.release(record)
      else this.#deliver(kernel, record)
    }
  }

  #deliver(kernel: Kernel, record: RetainedRecord): void {
    const { slot, generation, word, payloadBytes, replySlot } = this.#records.header(record)
    this.#records.countDelivery(record)
    const region = this.#memory.frames.views(record) as WireRegion
    this.#message.decode(region, this.#records.payloadOffset(record), payloadBytes, word)
    const { code, a, b, terms } = this.#message
    const from = replySlot === LOCAL ? this.#seat : replySlot
    kernel.remote.arrivals.arrive(from, slot, generation, code, a, b, terms, record)
  }

  #write(
    payload: Uint8Array,
    word: number,
    slot: number,
    generation: number,
    from: number,
    ringPosition: number,
  ): RetainedRecord {
    const frames = this.#codec.frameSlots
    const { arena } = this.#codec.frames
    const record = arena.tryAllocateRetained(RetainedRecords.bytesFor(payload.length, frames.length))
    if (record < 0) return NOT_RETAINED
    this.#records.write(
      record,
      {
        ...{ slot, generation, word, payloadBytes: payload.length, correlation: 0, deadlineMs: 0 },
        ...{ replySlot: from, replyGeneration: ringPosition },
      },
      frames,
    )
    this.#memory.frames.views(record).bytes.set(payload, this.#records.payloadOffset(record))
    if (from === LOCAL) for (const frame of frames) arena.hold(frame)
    this.#records.countDelivery(record)
    this.#records.setArrival(record, this.#seat, this.#memory.seats.nextArrival(this.#seat))
    return record
  }
}

/** Whether the ring that a kept record was copied from had not moved on when the thread died. */
export function isStillInRing(
  memory: SystemMemory,
  records: RetainedRecords,
  seat: number,
  record: RetainedRecord,
): boolean {
  const { replySlot: from, replyGeneration: position } = records.header(record)
  return from !== LOCAL && ((position - memory.readPosition(from, seat)) | 0) > 0
}

/** How many messages of each actor outlive the thread that died on `seat`, by the actors' slots. */
export function retainedCounts(memory: SystemMemory, seat: number): ReadonlyMap<number, number> {
  const records = new RetainedRecords(memory.frames)
  const counts = new Map<number, number>()
  for (const record of records.heldBy(seat)) {
    if (isStillInRing(memory, records, seat, record)) continue
    const { slot } = records.header(record)
    counts.set(slot, (counts.get(slot) ?? 0) + 1)
  }
  return counts
}
