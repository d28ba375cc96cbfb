import { assert } from '../base/assert.ts'
import {
  ENTRY_ACCOUNTS,
  ENTRY_DEFINITION,
  ENTRY_DOUBLES,
  ENTRY_FLAGS,
  ENTRY_FULL_BIT,
  ENTRY_GENERATION_SHIFT,
  ENTRY_HOST_SEAT,
  ENTRY_NAME_HIGH,
  ENTRY_NAME_LOW,
  ENTRY_PARENT_SLOT,
  ENTRY_QUIET_KIND,
  ENTRY_RESTARTS,
  ENTRY_RETAINS,
  ENTRY_STATE,
  ENTRY_STATE_MASK,
  ENTRY_VERDICT,
  ENTRY_VERDICT_CODE,
  ENTRY_WORD,
  ENTRY_WORDS,
  GENERATION_MAX,
  RANGE_BYTES,
  RANGE_DOUBLES,
  RANGE_HIGH_WATER,
  RANGE_SETTLED,
  RANGE_SETTLED_LOST,
} from './directory-layout.ts'
import type { NameHash } from './name-hash.ts'
import { SlotQueue } from './slot-queue.ts'

export type EntryState = keyof typeof ENTRY_STATE
export type EntryVerdict = keyof typeof ENTRY_VERDICT_CODE

/** Offsets of an actor's three counts behind its `accountIndex`. */
export const ARRIVED = 0
export const HANDLED = 1
export const DEAD_LETTERED = 2

/** What a sender learns about its target: take the record, its mailbox is full, or nobody will handle it. */
export type Admission = 'open' | 'full' | 'gone'

/** Sums of the accounts of actors that are no more. `lost` is what was with them when their thread died. */
export interface SettledAccounts {
  readonly arrived: number
  readonly handled: number
  readonly deadLettered: number
  readonly lost: number
}

const stateNames = Object.keys(ENTRY_STATE) as EntryState[]
const verdictNames = Object.keys(ENTRY_VERDICT_CODE) as EntryVerdict[]

/** A slot rests until this many others are free, so that its generation (24 bits) takes very long to come round. */
const RESTING_MIN = 1_024

/**
 * The table of all actors of the system, one 64-byte entry each; every thread has its own `Directory` over the same
 * memory. A slot belongs to one seat's range: `seat * actorsPerSeat + n`. Only the thread on that seat calls
 * `allocate`, `publish` and `free` for it; only the thread on the actor's host seat writes its state and accounts.
 * Reading is anybody's, at any time.
 */
export class Directory {
  /** Counts of all actors: `accounts[accountIndex(slot) + ARRIVED] += 1`, a plain store by the host's thread. */
  readonly accounts: Float64Array
  readonly words: Int32Array
  readonly seatsMax: number
  readonly actorsPerSeat: number
  readonly #ranges: Float64Array
  readonly #rangeShift: number
  readonly #free: (SlotQueue | undefined)[]

  /** The views must be of zeroed memory, or of memory in use by other `Directory`s of the same shape. */
  constructor(memory: ArrayBufferLike, byteOffset: number, seatsMax: number, actorsPerSeat: number) {
    assert(Number.isInteger(Math.log2(actorsPerSeat)), 'a seat has a power of two of slots')
    const slots = seatsMax * actorsPerSeat
    const entriesOffset = byteOffset + seatsMax * RANGE_BYTES
    this.seatsMax = seatsMax
    this.actorsPerSeat = actorsPerSeat
    this.#rangeShift = Math.log2(actorsPerSeat)
    this.#ranges = new Float64Array(memory, byteOffset, seatsMax * RANGE_DOUBLES)
    this.words = new Int32Array(memory, entriesOffset, slots * ENTRY_WORDS)
    this.accounts = new Float64Array(memory, entriesOffset, slots * ENTRY_DOUBLES)
    this.#free = new Array<SlotQueue | undefined>(seatsMax).fill(undefined)
  }

  /**
   * A slot of the seat's range for an actor to be, or -1 when all are taken. Nobody sees the actor before `publish`;
   * a slot whose owner dies in between is free again. Its generation is `generation(slot)`.
   */
  allocate(seat: number): number {
    const queue = this.#free[seat] ?? this.#takeRange(seat)
    const fresh = this.highWater(seat)
    if (queue.count < RESTING_MIN && fresh < this.actorsPerSeat) {
      this.#ranges[seat * RANGE_DOUBLES + RANGE_HIGH_WATER] = fresh + 1
      return seat * this.actorsPerSeat + fresh
    }
    return queue.shift()
  }

  /** Makes an allocated slot an actor in state `starting`: from now on refs to it find it. Owner of the slot only. */
  publish(slot: number, generation: number, hostSeat: number, parentSlot: number, name: NameHash | undefined): void {
    assert(generation === this.generation(slot), 'an entry is published with the generation that was allocated')
    const word = slot * ENTRY_WORDS
    const account = this.accountIndex(slot)
    this.words[word + ENTRY_HOST_SEAT] = hostSeat
    this.words[word + ENTRY_PARENT_SLOT] = parentSlot
    this.words[word + ENTRY_RESTARTS] = 0
    this.words[word + ENTRY_FLAGS] = 0
    this.words[word + ENTRY_NAME_LOW] = name === undefined ? 0 : name.low
    this.words[word + ENTRY_NAME_HIGH] = name === undefined ? 0 : name.high
    this.words[word + ENTRY_DEFINITION] = 0
    this.words[word + ENTRY_QUIET_KIND] = 0
    this.words[word + ENTRY_VERDICT] = 0
    this.accounts[account + ARRIVED] = 0
    this.accounts[account + HANDLED] = 0
    this.accounts[account + DEAD_LETTERED] = 0
    // PUBLISH: the entry is complete before anyone reads a word that is not free.
    Atomics.store(this.words, word + ENTRY_WORD, (generation << ENTRY_GENERATION_SHIFT) | ENTRY_STATE.starting)
  }

  /** Gives back an allocated slot that was never published. Owner of the slot only. */
  abandon(slot: number): void {
    const state = this.words[slot * ENTRY_WORDS + ENTRY_WORD]! & ENTRY_STATE_MASK
    assert(state === ENTRY_STATE.free, 'only an unpublished slot is abandoned')
    this.#free[this.ownerSeat(slot)]!.push(slot)
  }

  /**
   * Ends the slot's generation: refs to it find nobody. Owner of the slot only, once the host is done with the actor.
   */
  free(slot: number): void {
    const index = slot * ENTRY_WORDS + ENTRY_WORD
    const seat = slot >>> this.#rangeShift
    assert((this.words[index]! & ENTRY_STATE_MASK) !== ENTRY_STATE.free, 'a slot is freed once')
    const queue = this.#free[seat] ?? this.#takeRange(seat)
    const generation = this.generation(slot)
    const next = generation === GENERATION_MAX ? 1 : generation + 1
    Atomics.store(this.words, index, (next << ENTRY_GENERATION_SHIFT) | ENTRY_STATE.free)
    queue.push(slot)
  }

  /** For a seat's new thread: finds the free slots of its range again, oldest address first. O(slots ever used). */
  rebuild(seat: number): void {
    const queue = new SlotQueue(this.actorsPerSeat)
    const first = seat * this.actorsPerSeat
    const end = first + this.highWater(seat)
    for (let slot = first; slot < end; slot++) {
      if ((this.words[slot * ENTRY_WORDS + ENTRY_WORD]! & ENTRY_STATE_MASK) === ENTRY_STATE.free) queue.push(slot)
    }
    this.#free[seat] = queue
  }

  /** Slots of the seat's range that were ever allocated: what is above was never touched. */
  highWater(seat: number): number {
    return this.#ranges[seat * RANGE_DOUBLES + RANGE_HIGH_WATER]!
  }

  accountIndex(slot: number): number {
    return slot * ENTRY_DOUBLES + ENTRY_ACCOUNTS
  }

  /** Seat whose range the slot lies in: that of the actor's parent. */
  ownerSeat(slot: number): number {
    return slot >>> this.#rangeShift
  }

  /** From 1 to 2^24 - 1, never 0. Of a free slot: the one its next actor will have. */
  generation(slot: number): number {
    const generation = this.words[slot * ENTRY_WORDS + ENTRY_WORD]! >>> ENTRY_GENERATION_SHIFT
    return generation === 0 ? 1 : generation // 0 only where the memory was never written
  }

  hostSeat(slot: number): number {
    return this.words[slot * ENTRY_WORDS + ENTRY_HOST_SEAT]!
  }

  /** -1 for the root. */
  parentSlot(slot: number): number {
    return this.words[slot * ENTRY_WORDS + ENTRY_PARENT_SLOT]!
  }

  nameHash(slot: number): NameHash {
    const word = slot * ENTRY_WORDS
    return { low: this.words[word + ENTRY_NAME_LOW]!, high: this.words[word + ENTRY_NAME_HIGH]! }
  }

  /** Its definition's number in the `DefinitionTable`, 0 while unknown. */
  definition(slot: number): number {
    return this.words[slot * ENTRY_WORDS + ENTRY_DEFINITION]!
  }

  /** Host's thread only. */
  setDefinition(slot: number, number: number): void {
    this.words[slot * ENTRY_WORDS + ENTRY_DEFINITION] = number
  }

  /**
   * Of an actor whose end runs no code of its definition's, and that has nothing which would end with it: a number for its
   * definition. 0 for all others.
   */
  quietKind(slot: number): number {
    return this.words[slot * ENTRY_WORDS + ENTRY_QUIET_KIND]!
  }

  /** Host's thread only. */
  setQuietKind(slot: number, kind: number): void {
    this.words[slot * ENTRY_WORDS + ENTRY_QUIET_KIND] = kind
  }

  /** Whether it runs, and every message that has arrived there was dealt with. May be old by the time it is read. */
  isIdle(slot: number): boolean {
    if (this.state(slot) !== 'running') return false
    const account = this.accountIndex(slot)
    // Arrivals last: of counts that only grow, what is equal then was equal before.
    const ended = this.accounts[account + HANDLED]! + this.accounts[account + DEAD_LETTERED]!
    return this.accounts[account + ARRIVED]! === ended
  }

  /** Whether messages to the actor outlive its thread. */
  retains(slot: number): boolean {
    return (this.words[slot * ENTRY_WORDS + ENTRY_FLAGS]! & ENTRY_RETAINS) !== 0
  }

  /** Owner of the slot only, right after `publish`, before anyone knows the address. */
  setRetains(slot: number): void {
    this.words[slot * ENTRY_WORDS + ENTRY_FLAGS]! |= ENTRY_RETAINS
  }

  /** What the parent decided last, see `ENTRY_VERDICT_CODE`. */
  verdict(slot: number): EntryVerdict {
    return verdictNames[Atomics.load(this.words, slot * ENTRY_WORDS + ENTRY_VERDICT)]!
  }

  /** Parent's thread only, before it tells the host. */
  setVerdict(slot: number, verdict: EntryVerdict): void {
    Atomics.store(this.words, slot * ENTRY_WORDS + ENTRY_VERDICT, ENTRY_VERDICT_CODE[verdict])
  }

  restarts(slot: number): number {
    return this.words[slot * ENTRY_WORDS + ENTRY_RESTARTS]!
  }

  /** Host's thread only, or whoever acts for a dead one. */
  countRestart(slot: number): void {
    this.words[slot * ENTRY_WORDS + ENTRY_RESTARTS]! += 1
  }

  /** May be old by the time it is read: a sender acts on it, the host decides. */
  state(slot: number): EntryState {
    return stateNames[this.words[slot * ENTRY_WORDS + ENTRY_WORD]! & ENTRY_STATE_MASK]!
  }

  /** Whether the address still means an actor, in whatever state. */
  isCurrent(slot: number, generation: number): boolean {
    const word = this.words[slot * ENTRY_WORDS + ENTRY_WORD]!
    return word >>> ENTRY_GENERATION_SHIFT === generation && (word & ENTRY_STATE_MASK) !== ENTRY_STATE.free
  }

  /** What a sender on another thread acts on. One plain read: it decides nothing that the host does not check again. */
  admission(slot: number, generation: number): Admission {
    const word = this.words[slot * ENTRY_WORDS + ENTRY_WORD]!
    const state = word & ENTRY_STATE_MASK
    if (word >>> ENTRY_GENERATION_SHIFT !== generation) return 'gone'
    if (state < ENTRY_STATE.starting || state > ENTRY_STATE.orphaned) return 'gone'
    return (word & ENTRY_FULL_BIT) === 0 ? 'open' : 'full'
  }

  /** Keeps generation and full bit. The word's present writer only, see the layout. */
  setState(slot: number, state: Exclude<EntryState, 'free'>): void {
    const index = slot * ENTRY_WORDS + ENTRY_WORD
    Atomics.store(this.words, index, (this.words[index]! & ~ENTRY_STATE_MASK) | ENTRY_STATE[state])
  }

  /** Tells senders on other threads whether the mailbox has room. The word's present writer only. */
  setFull(slot: number, isFull: boolean): void {
    const index = slot * ENTRY_WORDS + ENTRY_WORD
    const word = this.words[index]!
    Atomics.store(this.words, index, isFull ? word | ENTRY_FULL_BIT : word & ~ENTRY_FULL_BIT)
  }

  /** Moves the counts of an ended actor into the sums of its host. Host's thread only; again is harmless. */
  settle(slot: number): void {
    const accounts = this.accounts
    const ranges = this.#ranges
    const account = this.accountIndex(slot)
    const sums = this.hostSeat(slot) * RANGE_DOUBLES + RANGE_SETTLED
    const arrived = ranges[sums + ARRIVED]! + accounts[account + ARRIVED]!
    const handled = ranges[sums + HANDLED]! + accounts[account + HANDLED]!
    const deadLettered = ranges[sums + DEAD_LETTERED]! + accounts[account + DEAD_LETTERED]!
    // Six adjacent plain stores: a terminate() falls before or after all of them.
    ranges[sums + ARRIVED] = arrived
    ranges[sums + HANDLED] = handled
    ranges[sums + DEAD_LETTERED] = deadLettered
    accounts[account + ARRIVED] = 0
    accounts[account + HANDLED] = 0
    accounts[account + DEAD_LETTERED] = 0
  }

  /**
   * Reaper only, after the exit of the host's thread: what had arrived and was neither handled nor dead-lettered is
   * lost. Moves all of it into the host's sums and answers the loss. `kept` messages outlive the thread: they stay in
   * the actor's account. Exact, and 0 when called again.
   */
  settleLost(slot: number, kept = 0): number {
    const account = this.accountIndex(slot)
    const sums = this.hostSeat(slot) * RANGE_DOUBLES
    const ended = this.accounts[account + HANDLED]! + this.accounts[account + DEAD_LETTERED]!
    // A record that was kept but not yet counted when the thread died has arrived all the same.
    const lost = Math.max(this.accounts[account + ARRIVED]! - ended - kept, 0)
    this.accounts[account + ARRIVED] = ended + lost
    this.settle(slot)
    this.accounts[account + ARRIVED] = kept
    this.#ranges[sums + RANGE_SETTLED_LOST]! += lost
    return lost
  }

  /**
   * Reaper only, after the exit of the host's thread: leaves the entry as its next host, if there is one, is to find it.
   * The dead one may have read its parent's verdict without acting on it. What has stopped is its owner's to write.
   */
  bequeath(slot: number, isFinal: boolean): void {
    const state = this.state(slot)
    if (state === 'free' || state === 'stopped') return
    this.setFull(slot, false)
    const verdict = this.verdict(slot)
    if (isFinal || verdict === 'forget') this.setState(slot, 'stopped')
    else if (verdict === 'park') this.setState(slot, 'parked')
    else if (state === 'running' || state === 'restarting') this.setState(slot, 'orphaned')
  }

  /**
   * Reaper only, after the exit of the seat's thread: that many messages which it had accepted for others, but never
   * published, are lost.
   */
  settleUnsent(seat: number, count: number): void {
    const range = seat * RANGE_DOUBLES
    this.#ranges[range + RANGE_SETTLED + ARRIVED]! += count
    this.#ranges[range + RANGE_SETTLED_LOST]! += count
  }

  settled(seat: number): SettledAccounts {
    const range = seat * RANGE_DOUBLES
    return {
      arrived: this.#ranges[range + RANGE_SETTLED + ARRIVED]!,
      handled: this.#ranges[range + RANGE_SETTLED + HANDLED]!,
      deadLettered: this.#ranges[range + RANGE_SETTLED + DEAD_LETTERED]!,
      lost: this.#ranges[range + RANGE_SETTLED_LOST]!,
    }
  }

  /**
   * Visits every slot in use whose actor lives on `seat`. O(slots ever used by all seats): for deaths and inspection.
   */
  forEachHostedOn(seat: number, visit: (slot: number) => void): void {
    this.forEach((slot) => {
      if (this.hostSeat(slot) === seat) visit(slot)
    })
  }

  /** Visits every slot in use, seat by seat. */
  forEach(visit: (slot: number) => void): void {
    for (let seat = 0; seat < this.seatsMax; seat++) {
      const first = seat * this.actorsPerSeat
      const end = first + this.highWater(seat)
      for (let slot = first; slot < end; slot++) {
        if ((this.words[slot * ENTRY_WORDS + ENTRY_WORD]! & ENTRY_STATE_MASK) !== ENTRY_STATE.free) visit(slot)
      }
    }
  }

  #takeRange(seat: number): SlotQueue {
    this.rebuild(seat)
    return this.#free[seat]!
  }
}
