import { copyOf } from '../broker/copy-slab.ts'
import { IncomingMessage } from './incoming-message.ts'
import type { ReliableFrame } from './reliable-frame.ts'
import { dataFlags, rangeStates } from './reliable-frame-layout.ts'

/**
 * What is known about a sequence.
 *
 *     empty --DATA--> held --whole, its turn--> handed --processed--> settled
 *       |               |                         `--- refused --> rejected --sender knows--> settled
 *       `---- SKIP -----'--> settled
 */
const states = Object.freeze({ empty: 0, held: 1, handed: 2, settled: 3, rejected: 4 })

/** What became of a DATA frame. `beyond`: more than the credit allows. */
export type Arrival = 'new' | 'duplicate' | 'beyond' | 'bad'

const WORDS = 4
const UNORDERED_WHOLE = dataFlags.unordered | dataFlags.first | dataFlags.last
const WHOLE = dataFlags.first | dataFlags.last

/**
 * What came of one session of a peer, from the first sequence that is not done with: a ring. Holds what came out of turn and the chunks of messages
 * that are not whole, and says what is to be processed, each message once.
 */
export class ReceiveWindow {
  readonly size: number
  readonly generation: number
  /** Everything up to this is done with, and the sender needs to be told nothing else about it. */
  settledUpTo: number
  /** The largest sequence that came. */
  highest: number
  /** Slots that hold a payload. */
  heldCount = 0
  /** Refused messages that the sender has not confirmed to know of: sequence of the last chunk, and why. */
  readonly rejections = new Map<number, string>()
  readonly #mask: number
  readonly #states: Uint8Array
  readonly #flags: Uint8Array
  readonly #ids: Int32Array
  readonly #chunkOffsets: Uint32Array
  readonly #messageBytes: Uint32Array
  readonly #payloads: (Uint8Array | undefined)[]
  readonly #hand: (message: IncomingMessage) => void
  readonly #onRefused: () => void
  /** The next one to be handed on in order: everything below was, or is done with. */
  #nextOrdered: number

  /** @param hand gets each message when it is its turn @param onRefused is told when there is one that can be none */
  constructor(
    size: number,
    first: number,
    generation: number,
    hand: (message: IncomingMessage) => void,
    onRefused: () => void,
  ) {
    const slots = 2 ** Math.ceil(Math.log2(size))
    this.size = size
    this.generation = generation
    this.settledUpTo = first - 1
    this.highest = first - 1
    this.#nextOrdered = first
    this.#mask = slots - 1
    this.#states = new Uint8Array(slots)
    this.#flags = new Uint8Array(slots)
    this.#ids = new Int32Array(slots * WORDS)
    this.#chunkOffsets = new Uint32Array(slots)
    this.#messageBytes = new Uint32Array(slots)
    this.#payloads = new Array(slots).fill(undefined)
    this.#hand = hand
    this.#onRefused = onRefused
  }

  /** Takes a DATA frame. Answers `duplicate` also for what was refused: the sender is to be told again. */
  accept(frame: ReliableFrame): Arrival {
    const { sequence, flags } = frame
    if (sequence <= this.settledUpTo) return 'duplicate'
    if (sequence > this.settledUpTo + this.size) return 'beyond'
    const index = sequence & this.#mask
    if (this.#states[index] !== states.empty) return 'duplicate'
    if ((flags & WHOLE) === WHOLE && frame.messageBytes !== frame.payload.length) return 'bad'
    if (sequence > this.highest) this.highest = sequence
    if (sequence === this.#nextOrdered && (flags & WHOLE) === WHOLE) {
      this.#nextOrdered++
      this.#handNow(frame, index)
      if (this.heldCount > 0) this.#handOrdered()
    } else if ((flags & UNORDERED_WHOLE) === UNORDERED_WHOLE) {
      this.#handNow(frame, index)
    } else {
      this.#hold(frame, index)
      if (sequence === this.#nextOrdered || this.#states[this.#nextOrdered & this.#mask] !== states.empty) {
        this.#handOrdered()
      }
      if ((flags & dataFlags.unordered) !== 0) this.#handUnordered(sequence)
    }
    return 'new'
  }

  /** A message is done with. @param rejected why it was refused */
  settle(message: IncomingMessage, rejected: string | undefined): void {
    const { last } = message
    // Nothing, if the sender has gone on meanwhile.
    for (let sequence = Math.max(message.first, this.settledUpTo + 1); sequence <= last; sequence++) {
      this.#states[sequence & this.#mask] = states.settled
    }
    if (rejected !== undefined && last > this.settledUpTo) {
      this.#states[message.last & this.#mask] = states.rejected
      this.rejections.set(message.last, rejected)
    }
    this.#advance()
  }

  /** Refuses a chunk, and with it its message, before it is whole. */
  reject(sequence: number, reason: string): void {
    if (sequence <= this.settledUpTo || sequence > this.settledUpTo + this.size) return
    const index = sequence & this.#mask
    if (this.#states[index] !== states.empty) return
    if (sequence > this.highest) this.highest = sequence
    this.#states[index] = states.rejected
    this.rejections.set(sequence, reason)
    this.#handOrdered()
  }

  /** The sender wants no more of these: what was not handed on is dropped. A refusal of them is known there. */
  skip(first: number, count: number): void {
    const end = Math.min(first + count, this.settledUpTo + this.size + 1)
    for (let sequence = Math.max(first, this.settledUpTo + 1); sequence < end; sequence++) this.#skip(sequence)
    this.#handOrdered()
    this.#advance()
  }

  /** The sender knows that everything below `base` is done with. */
  skipBelow(base: number): void {
    if (base <= this.settledUpTo + 1) return
    const count = base - 1 - this.settledUpTo
    if (count <= this.size) return this.skip(this.settledUpTo + 1, count)
    // Further away than what is held: nothing of it can be here, but for what is being processed.
    for (let sequence = this.settledUpTo + 1; sequence <= this.settledUpTo + this.size; sequence++)
      this.#skip(sequence, true)
    this.settledUpTo = base - 1
    this.#nextOrdered = base
    this.highest = Math.max(this.highest, base - 1)
  }

  /** Ranges of what is here beyond `settledUpTo`, into the frame, nearest first. */
  ranges(frame: ReliableFrame): void {
    frame.rangeCount = 0
    let first = this.settledUpTo + 1
    while (first <= this.highest) {
      const state = this.#told(first)
      let end = first + 1
      while (end <= this.highest && this.#told(end) === state) end++
      if (state !== 0 && !frame.addRange(first - this.settledUpTo, end - first, state)) return
      first = end
    }
  }

  /** Whether a sequence that came is missing in front of another one. */
  get hasGap(): boolean {
    return this.#nextOrdered <= this.highest && this.#states[this.#nextOrdered & this.#mask] === states.empty
  }

  /** 0 for what a sender is not told: not here, or refused, which a NACK says. */
  #told(sequence: number): number {
    const state = this.#states[sequence & this.#mask]
    if (state === states.held || state === states.handed) return rangeStates.received
    if (state === states.settled) return rangeStates.settled
    return state === states.rejected ? rangeStates.received : 0
  }

  #handNow(frame: ReliableFrame, index: number): void {
    this.#states[index] = states.handed
    const { idA, idB, idC, idD, flags, sequence } = frame
    const payload = copyOf(frame.payload, 0)
    this.#hand(new IncomingMessage(idA, idB, idC, idD, payload, flags, sequence, sequence, this.generation))
  }

  #hold(frame: ReliableFrame, index: number): void {
    this.#states[index] = states.held
    this.#flags[index] = frame.flags
    this.#chunkOffsets[index] = frame.chunkOffset
    this.#messageBytes[index] = frame.messageBytes
    this.#payloads[index] = copyOf(frame.payload, 0)
    const word = index * WORDS
    this.#ids[word] = frame.idA
    this.#ids[word + 1] = frame.idB
    this.#ids[word + 2] = frame.idC
    this.#ids[word + 3] = frame.idD
    this.heldCount++
  }

  /** Hands on what is whole and has its turn. */
  #handOrdered(): void {
    while (this.#nextOrdered <= this.highest) {
      const sequence = this.#nextOrdered
      const state = this.#states[sequence & this.#mask]
      if (state === states.empty) return
      if (state !== states.held) {
        this.#nextOrdered++
        continue
      }
      const last = this.#lastOf(sequence)
      if (last === undefined) return
      this.#nextOrdered = last + 1
      this.#handHeld(sequence, last)
    }
  }

  #handUnordered(sequence: number): void {
    let first = sequence
    while (this.#isHeld(first) && (this.#flags[first & this.#mask]! & dataFlags.first) === 0) first--
    const last = this.#isHeld(first) ? this.#lastOf(first) : undefined
    if (last !== undefined) this.#handHeld(first, last)
  }

  #isHeld(sequence: number): boolean {
    return (
      sequence > this.settledUpTo && sequence <= this.highest && this.#states[sequence & this.#mask] === states.held
    )
  }

  /** Of the message that begins here; undefined while it is not whole. */
  #lastOf(first: number): number | undefined {
    for (let sequence = first; this.#isHeld(sequence); sequence++) {
      if ((this.#flags[sequence & this.#mask]! & dataFlags.last) !== 0) return sequence
    }
    return undefined
  }

  #handHeld(first: number, last: number): void {
    const index = first & this.#mask
    const word = index * WORDS
    const [idA, idB, idC, idD] = [this.#ids[word]!, this.#ids[word + 1]!, this.#ids[word + 2]!, this.#ids[word + 3]!]
    const payload = this.#assemble(first, last)
    for (let sequence = first; sequence <= last; sequence++) this.#drop(sequence, states.handed)
    const flags = this.#flags[index]!
    const bytes = payload ?? new Uint8Array(0)
    const message = new IncomingMessage(idA, idB, idC, idD, bytes, flags, first, last, this.generation)
    if (payload !== undefined) return this.#hand(message)
    this.settle(message, 'chunks-do-not-fit')
    this.#onRefused()
  }

  /** Undefined for chunks that are not one message. */
  #assemble(first: number, last: number): Uint8Array | undefined {
    const firstIndex = first & this.#mask
    const bytes = this.#messageBytes[firstIndex]!
    if ((this.#flags[firstIndex]! & dataFlags.first) === 0) return undefined
    if (first === last) return this.#payloads[firstIndex]
    if (!this.#join(first, last, bytes)) return undefined
    const payload = new Uint8Array(bytes)
    for (let sequence = first; sequence <= last; sequence++) {
      const index = sequence & this.#mask
      payload.set(this.#payloads[index]!, this.#chunkOffsets[index])
    }
    return payload
  }

  /** Whether chunks are a message of so many bytes; looked at before there is memory for it, which a peer could ask for without sending any. */
  #join(first: number, last: number, bytes: number): boolean {
    let offset = 0
    for (let sequence = first; sequence <= last; sequence++) {
      const index = sequence & this.#mask
      if (this.#chunkOffsets[index] !== offset || this.#messageBytes[index] !== bytes) return false
      offset += this.#payloads[index]!.length
    }
    return offset === bytes
  }

  /** @param isForced also what is being processed: its result will find nobody */
  #skip(sequence: number, isForced = false): void {
    const index = sequence & this.#mask
    const state = this.#states[index]
    if (state === states.handed && !isForced) return
    if (sequence > this.highest) this.highest = sequence
    if (state === states.rejected) this.rejections.delete(sequence)
    this.#drop(sequence, isForced ? states.empty : states.settled)
  }

  #drop(sequence: number, state: number): void {
    const index = sequence & this.#mask
    if (this.#states[index] === states.held) this.heldCount--
    this.#states[index] = state
    this.#payloads[index] = undefined
  }

  #advance(): void {
    for (;;) {
      const index = (this.settledUpTo + 1) & this.#mask
      if (this.settledUpTo >= this.highest || this.#states[index] !== states.settled) break
      this.#states[index] = states.empty
      this.settledUpTo++
    }
    if (this.#nextOrdered <= this.settledUpTo) this.#nextOrdered = this.settledUpTo + 1
  }
}
