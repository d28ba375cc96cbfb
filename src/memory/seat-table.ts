import {
  SEAT_ARRIVALS_DOUBLE,
  SEAT_DOUBLES,
  SEAT_INCARNATION_WORD,
  SEAT_LOAD_DOUBLE,
  SEAT_LOAD_FIGURES,
  SEAT_PARKED_WORD,
  SEAT_PROGRESS_WORD,
  SEAT_RUNNING_HANDLER_WORD,
  SEAT_RUNNING_SLOT_WORD,
  SEAT_STARTED_DOUBLE,
  SEAT_STATE,
  SEAT_STATE_WORD,
  SEAT_THREAD_ID_WORD,
  SEAT_TURN_STARTED_DOUBLE,
  SEAT_WORDS,
} from './seat-layout.ts'

export type SeatState = keyof typeof SEAT_STATE
/** How busy a thread is, as it reported last. */
export type SeatLoad = Readonly<Record<(typeof SEAT_LOAD_FIGURES)[number], number>>

const stateNames = Object.keys(SEAT_STATE) as SeatState[]

/**
 * What every thread may know of every other: who sits where, what runs there, how busy it is. Readable while that
 * thread is stuck or dead. Each setter names its one writer.
 */
export class SeatTable {
  readonly seatsMax: number
  readonly words: Int32Array
  readonly doubles: Float64Array

  constructor(memory: ArrayBufferLike, byteOffset: number, seatsMax: number) {
    this.seatsMax = seatsMax
    this.words = new Int32Array(memory, byteOffset, seatsMax * SEAT_WORDS)
    this.doubles = new Float64Array(memory, byteOffset, seatsMax * SEAT_DOUBLES)
  }

  state(seat: number): SeatState {
    return stateNames[Atomics.load(this.words, seat * SEAT_WORDS + SEAT_STATE_WORD)]!
  }

  /** The guardian; `starting` to `running`: the thread itself. */
  setState(seat: number, state: SeatState): void {
    Atomics.store(this.words, seat * SEAT_WORDS + SEAT_STATE_WORD, SEAT_STATE[state])
  }

  /**
   * Takes a free seat for a thread to be started on. Any thread; answers false, changing nothing, if it is not free.
   */
  tryReserve(seat: number): boolean {
    const index = seat * SEAT_WORDS + SEAT_STATE_WORD
    return Atomics.compareExchange(this.words, index, SEAT_STATE.free, SEAT_STATE.reserved) === SEAT_STATE.free
  }

  /**
   * The guardian, before the new thread gets its seat: a new incarnation, in state `starting`, with nothing running.
   * Answers its number, from 1.
   */
  beginIncarnation(seat: number, nowMs: number): number {
    const word = seat * SEAT_WORDS
    const incarnation = (this.words[word + SEAT_INCARNATION_WORD]! + 1) | 0
    this.words[word + SEAT_THREAD_ID_WORD] = 0
    this.doubles[seat * SEAT_DOUBLES + SEAT_STARTED_DOUBLE] = nowMs
    this.words[word + SEAT_RUNNING_SLOT_WORD] = -1
    this.words[word + SEAT_RUNNING_HANDLER_WORD] = -1
    Atomics.store(this.words, word + SEAT_PARKED_WORD, 0)
    Atomics.store(this.words, word + SEAT_INCARNATION_WORD, incarnation)
    this.setState(seat, 'starting')
    return incarnation
  }

  /** 0 before the first thread. */
  incarnation(seat: number): number {
    return Atomics.load(this.words, seat * SEAT_WORDS + SEAT_INCARNATION_WORD)
  }

  /** Milliseconds of the system's clock. */
  startedMs(seat: number): number {
    return this.doubles[seat * SEAT_DOUBLES + SEAT_STARTED_DOUBLE]!
  }

  /** The operating system's number of the thread, 0 where unknown. */
  nativeThreadId(seat: number): number {
    return this.words[seat * SEAT_WORDS + SEAT_THREAD_ID_WORD]!
  }

  /** The thread on the seat. */
  setNativeThreadId(seat: number, threadId: number): void {
    this.words[seat * SEAT_WORDS + SEAT_THREAD_ID_WORD] = threadId
  }

  /**
   * Index in `words` of a number that goes up (wrapping) with every turn. The kernel on the seat writes it, a
   * watchdog reads it.
   */
  progressIndex(seat: number): number {
    return seat * SEAT_WORDS + SEAT_PROGRESS_WORD
  }

  /** Index in `words` of the slot of the running actor, -1 between actors. Written by the kernel on the seat. */
  runningSlotIndex(seat: number): number {
    return seat * SEAT_WORDS + SEAT_RUNNING_SLOT_WORD
  }

  /** Index in `words` of the number of the running handler. Written by the kernel on the seat. */
  runningHandlerIndex(seat: number): number {
    return seat * SEAT_WORDS + SEAT_RUNNING_HANDLER_WORD
  }

  progress(seat: number): number {
    return this.words[this.progressIndex(seat)]!
  }

  runningSlot(seat: number): number {
    return this.words[this.runningSlotIndex(seat)]!
  }

  runningHandler(seat: number): number {
    return this.words[this.runningHandlerIndex(seat)]!
  }

  /** Milliseconds of the system's clock; 0 before the first turn. */
  turnStartedMs(seat: number): number {
    return this.doubles[seat * SEAT_DOUBLES + SEAT_TURN_STARTED_DOUBLE]!
  }

  /** The thread on the seat. */
  setTurnStartedMs(seat: number, nowMs: number): void {
    this.doubles[seat * SEAT_DOUBLES + SEAT_TURN_STARTED_DOUBLE] = nowMs
  }

  /** Whether the thread sleeps or is about to. A watchdog has nothing to ask of it then. */
  isParked(seat: number): boolean {
    return Atomics.load(this.words, seat * SEAT_WORDS + SEAT_PARKED_WORD) !== 0
  }

  /**
   * The thread on the seat, when it hands over a retained record: that record's place in the order, growing also from
   * incarnation to incarnation.
   */
  nextArrival(seat: number): number {
    const arrival = this.doubles[seat * SEAT_DOUBLES + SEAT_ARRIVALS_DOUBLE]! + 1
    this.doubles[seat * SEAT_DOUBLES + SEAT_ARRIVALS_DOUBLE] = arrival
    return arrival
  }

  load(seat: number): SeatLoad {
    const first = seat * SEAT_DOUBLES + SEAT_LOAD_DOUBLE
    const figures = SEAT_LOAD_FIGURES.map((name, n) => [name, this.doubles[first + n]!])
    return Object.fromEntries(figures) as SeatLoad
  }

  /** The thread on the seat, about once a second. */
  setLoad(seat: number, load: SeatLoad): void {
    const first = seat * SEAT_DOUBLES + SEAT_LOAD_DOUBLE
    for (let n = 0; n < SEAT_LOAD_FIGURES.length; n++) this.doubles[first + n] = load[SEAT_LOAD_FIGURES[n]!]
  }
}
