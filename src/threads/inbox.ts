import { ProtocolError } from '../base/errors.ts'
import type { ActorCell } from '../kernel/actor-cell.ts'
import { ARRIVED, DEAD_LETTERED } from '../kernel/directory.ts'
import { messageCode } from '../kernel/facade.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { Signal } from '../kernel/remote/signal.ts'
import { NOT_RETAINED } from '../kernel/retention.ts'
import {
  RECORD_GENERATION_WORD,
  RECORD_HEADER_BYTES,
  RECORD_SLOT_WORD,
  RECORD_WORD_WORD,
} from '../memory/ring-layout.ts'
import type { RingConsumer } from '../memory/spsc-ring.ts'
import type { SystemMemory } from '../memory/system-memory.ts'
import { ENCODING_NUMBERS } from '../wire/value-codec.ts'
import { ArenaFrame } from './arena-frame.ts'
import {
  ANSWER,
  encodingOf,
  FRAME,
  FRAME_LENGTH_WORD,
  FRAME_OFFSET_WORD,
  FRAME_SLOT_WORD,
  handlerOf,
  ITEM,
  kindOf,
  MESSAGE,
  REFUSAL,
  TELL,
} from './record.ts'
import { RecordDecoder } from './record-decoder.ts'
import { readCorrelation } from './record-terms.ts'
import type { RetainedMessages } from './retained-messages.ts'
import type { ThreadCodec } from './thread-codec.ts'
import type { ThreadSignal } from './thread-signal.ts'

/** Records taken from one ring before the next one has its turn. */
const RECORDS_A_RING = 1_024

/**
 * What other threads have sent to this one. Each record is decoded, then counted and passed in two adjacent plain stores,
 * then given to the kernel: a thread that dies before the stores leaves the record to its successor, one that dies after
 * them has lost it, and it is counted as lost.
 */
export class Inbox {
  readonly #memory: SystemMemory
  readonly #kernel: Kernel
  readonly #codec: ThreadCodec
  readonly #message: RecordDecoder
  readonly #retained: RetainedMessages
  readonly #onSignal: (from: number, signal: Signal | ThreadSignal) => void

  constructor(
    memory: SystemMemory,
    kernel: Kernel,
    codec: ThreadCodec,
    retained: RetainedMessages,
    onSignal: (from: number, signal: Signal | ThreadSignal) => void,
  ) {
    this.#memory = memory
    this.#kernel = kernel
    this.#codec = codec
    this.#message = new RecordDecoder(codec)
    this.#retained = retained
    this.#onSignal = onSignal
  }

  /** Takes in what there is, from each ring no more than its share; answers the number of records. */
  drain(): number {
    const doorbell = this.#memory.doorbell(this.#kernel.seat)
    if (!doorbell.collect()) return 0
    let taken = 0
    const unfinished: number[] = []
    for (let from = doorbell.takePending(); from >= 0; from = doorbell.takePending()) {
      if (from >= this.#memory.options.seatsMax || from === this.#kernel.seat) continue
      const count = this.drainFrom(from, RECORDS_A_RING)
      if (count === RECORDS_A_RING || this.#memory.ringConsumer(from, this.#kernel.seat).pendingBytes > 0)
        unfinished.push(from)
      taken += count
    }
    for (const from of unfinished) doorbell.putBack(from)
    return taken
  }

  /** Takes in up to `max` records of one seat. */
  drainFrom(from: number, max: number): number {
    const ring = this.#memory.ringConsumer(from, this.#kernel.seat)
    let taken = 0
    for (let offset = ring.next(); offset >= 0; offset = ring.next()) {
      if (taken === max) break
      if (!this.#take(from, ring, offset)) break
      taken++
    }
    ring.release()
    return taken
  }

  /** False for a record that has to wait until there is room to keep it. */
  #take(from: number, ring: RingConsumer, offset: number): boolean {
    const header = (offset - RECORD_HEADER_BYTES) >> 2
    const word = ring.words[header + RECORD_WORD_WORD] as number
    const slot = ring.words[header + RECORD_SLOT_WORD] as number
    const kind = kindOf(word)
    if ((kind === TELL || kind === MESSAGE) && this.#memory.directory.retains(slot)) {
      return this.#takeRetained(from, ring, offset, word, slot, ring.words[header + RECORD_GENERATION_WORD] as number)
    }
    if (kind === TELL) {
      this.#takeTell(from, ring, offset, word, slot, ring.words[header + RECORD_GENERATION_WORD] as number)
    } else if (kind === FRAME) {
      this.#takeFrame(from, ring, offset, word, slot, ring.words[header + RECORD_GENERATION_WORD] as number)
    } else if (kind === MESSAGE) {
      this.#takeMessage(from, ring, offset, word, slot, ring.words[header + RECORD_GENERATION_WORD] as number)
    } else {
      const value = this.#decodeOne(ring, offset, word)
      ring.advance()
      this.#takeSystem(from, kind, slot, value)
    }
    return true
  }

  /** A message that outlives this thread: it is copied first, then counted and passed. */
  #takeRetained(
    from: number,
    ring: RingConsumer,
    offset: number,
    word: number,
    slot: number,
    generation: number,
  ): boolean {
    const { arrivals } = this.#kernel.remote
    const account = arrivals.accountIndex(slot, generation)
    if (!this.#decode(from, ring, offset, word, slot, account)) return true
    const { code, a, b, terms } = this.#message
    const isStream = (terms?.credit ?? 0) > 0
    const record = isStream ? NOT_RETAINED : this.#retained.keepFromRing(from, ring, offset, word, slot, generation)
    if (record === NOT_RETAINED && !isStream) return false
    this.#codec.advance(ring, this.#kernel.accounts, account + ARRIVED)
    arrivals.arrive(from, slot, generation, code, a, b, terms, record)
    return true
  }

  #takeTell(from: number, ring: RingConsumer, offset: number, word: number, slot: number, generation: number): void {
    const encoding = encodingOf(word)
    const cell = this.#kernel.cells.get(slot)
    if (cell?.generation === generation && encoding - (encoding & 3) === ENCODING_NUMBERS) {
      return this.#takeNumbers(ring, offset, cell, handlerOf(word), encoding & 3)
    }
    this.#takeMessage(from, ring, offset, word, slot, generation)
  }

  /** One number or two, for an actor that is here: the shortest way that a message between threads can take. */
  #takeNumbers(ring: RingConsumer, offset: number, cell: ActorCell, handler: number, count: number): void {
    const a = ring.doubles[offset >> 3]
    const b = count === 2 ? ring.doubles[(offset >> 3) + 1] : undefined
    ring.advanceCounted(this.#kernel.accounts, cell.account + ARRIVED)
    cell.admit((handler << 2) | count, a, b, undefined)
  }

  #takeFrame(from: number, ring: RingConsumer, offset: number, word: number, slot: number, generation: number): void {
    const { accounts, cells, remote } = this.#kernel
    const first = offset >> 2
    const slotId = ring.words[first + FRAME_SLOT_WORD] as number
    const start = ring.words[first + FRAME_OFFSET_WORD] as number
    const length = ring.words[first + FRAME_LENGTH_WORD] as number
    const cell = cells.get(slot)
    const isHere = cell?.generation === generation
    const account = isHere ? cell.account : remote.arrivals.accountIndex(slot, generation)
    const frame = new ArenaFrame(this.#codec.frames, slotId, start, length)
    this.#codec.frames.arena.ledger.advanceLeased(ring, accounts, account + ARRIVED, slotId)
    const code = messageCode(handlerOf(word), 1)
    if (isHere) cell.admit(code, frame, undefined, undefined)
    else remote.arrivals.arrive(from, slot, generation, code, frame, undefined, undefined)
  }

  #takeMessage(from: number, ring: RingConsumer, offset: number, word: number, slot: number, generation: number): void {
    const { arrivals } = this.#kernel.remote
    const account = arrivals.accountIndex(slot, generation)
    if (!this.#decode(from, ring, offset, word, slot, account)) return
    const { code, a, b, terms } = this.#message
    this.#codec.advance(ring, this.#kernel.accounts, account + ARRIVED)
    arrivals.arrive(from, slot, generation, code, a, b, terms)
  }

  /** False for bytes that are no message: counted where they arrived, and a dead letter there; an asker is told. */
  #decode(from: number, ring: RingConsumer, offset: number, word: number, slot: number, account: number): boolean {
    try {
      this.#message.decode(ring, offset, ring.payloadBytes, word)
      return true
    } catch (error) {
      const correlation = kindOf(word) === MESSAGE ? readCorrelation(ring, offset) : 0
      if (correlation !== 0) this.#kernel.remote.signal(from, { kind: 'refusal', correlation, error })
      ring.advanceCounted(this.#kernel.accounts, account + ARRIVED)
      this.#kernel.accounts[account + DEAD_LETTERED]! += 1
      this.#kernel.deadLetter('undecodable', this.#kernel.pathOf(slot), undefined, [], error)
      return false
    }
  }

  #takeSystem(from: number, kind: number, correlation: number, value: unknown): void {
    const { remote } = this.#kernel
    if (kind === ANSWER) remote.receive(from, { kind: 'answer', correlation, value })
    else if (kind === REFUSAL) remote.receive(from, { kind: 'refusal', correlation, error: value })
    else if (kind === ITEM) remote.receive(from, { kind: 'item', correlation, value })
    else this.#onSignal(from, value as Signal | ThreadSignal)
  }

  #decodeOne(ring: RingConsumer, offset: number, word: number): unknown {
    const count = this.#codec.values.decode(ring, offset, ring.payloadBytes, encodingOf(word))
    if (count !== 1) throw new ProtocolError('bad-encoding', `a system record has one value, this one has ${count}`)
    return this.#codec.values.a
  }
}
