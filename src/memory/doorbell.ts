import {
  SEAT_BELL_WORD,
  SEAT_DIRTY_HIGH_WORD,
  SEAT_DIRTY_LOW_WORD,
  SEAT_PARKED_WORD,
  SEAT_WORDS,
} from './seat-layout.ts'

const AWAKE = 0
const PARKED = 1
const SILENT = 0
const RUNG = 1
const ALL = -1

/**
 * How a thread learns that others published something for it, and how it sleeps until then. One per seat; the thread
 * on the seat uses the waiting side, everybody the ringing side, each through a `Doorbell` of its own over the same
 * memory.
 *
 * Which rings to look at:
 *
 *    producer: store tail, then set its dirty bit.
 *    consumer: take the dirty bits (exchange with 0), then load those tails.
 *
 *    If the bits were taken before ours was set, ours is still there for the next look. If after, the tail stored
 *    before our bit is seen. Nothing published stays unseen; a ring whose bit is clear need not be looked at.
 *
 * Sleeping:
 *
 *               nothing dirty            still nothing dirty
 *    awake -------------------> PARKED -----------------------> asleep while bell == SILENT
 *      ^  bell := SILENT          |                                  |
 *      +------- something dirty --+                                  |
 *      ^                                                             |
 *      +-- parked := AWAKE -- woken -- producer: bell := RUNG, notify +
 *
 *    consumer: store PARKED, then load dirty.    producer: set dirty, then load parked.
 *    Each side stores before it loads, and Atomics are sequentially consistent: at least one sees the other's store. A
 *    producer that sees PARKED changes the bell before it notifies: the consumer does not fall asleep, or is woken.
 *
 * Only the consumer writes `parked`. A producer that is ended between its store and its notify therefore leaves the
 * consumer asleep before a bell that has been rung, and nobody rings it again; who notices the death calls
 * `ringFor(deadSeat)` and `wake` on every seat.
 */
export class Doorbell {
  readonly seat: number
  readonly #words: Int32Array
  readonly #parkedIndex: number
  readonly #bellIndex: number
  readonly #lowIndex: number
  readonly #highIndex: number
  // A successor does not know what its predecessor took and did not get to: it begins with everything.
  #pendingLow = ALL
  #pendingHigh = ALL
  #sleep: Promise<void> | undefined

  /** `words` are the seat table's. */
  constructor(words: Int32Array, seat: number) {
    const first = seat * SEAT_WORDS
    this.seat = seat
    this.#words = words
    this.#parkedIndex = first + SEAT_PARKED_WORD
    this.#bellIndex = first + SEAT_BELL_WORD
    this.#lowIndex = first + SEAT_DIRTY_LOW_WORD
    this.#highIndex = first + SEAT_DIRTY_HIGH_WORD
  }

  /**
   * Producer: "the ring from `from` has news". Call it after `publish`, also on behalf of a seat that died in
   * between. Any thread. Costs three loads where the consumer is awake and knows already.
   */
  ringFor(from: number): void {
    const words = this.#words
    const index = from < 32 ? this.#lowIndex : this.#highIndex
    const bit = 1 << (from & 31)
    // Seen set: the consumer takes it after this load, so after our tail was stored. Nothing to write then.
    if ((Atomics.load(words, index) & bit) === 0) Atomics.or(words, index, bit)
    if (Atomics.load(words, this.#parkedIndex) !== PARKED) return
    // One notify a sleep is enough, and costs as much as hundreds of messages: who finds it rung leaves it at that.
    if (Atomics.exchange(words, this.#bellIndex, RUNG) === SILENT) Atomics.notify(words, this.#bellIndex)
  }

  /** Wakes the consumer, whatever is dirty: for signals that do not travel in a ring. Any thread. */
  wake(): void {
    this.#wake()
  }

  /** Consumer: whether there is anything to collect, looked at up to `glances` times. */
  watch(glances: number): boolean {
    for (let n = 0; n < glances; n++) if (this.#isDirty()) return true
    return false
  }

  /** Consumer: takes what is dirty into `hasPending` and `takePending`. Answers whether there is anything. */
  collect(): boolean {
    const words = this.#words
    // ACQUIRE, pairs with the Atomics.or in ringFor: the tails stored before those bits are visible from here on.
    if (Atomics.load(words, this.#lowIndex) !== 0) this.#pendingLow |= Atomics.exchange(words, this.#lowIndex, 0)
    if (Atomics.load(words, this.#highIndex) !== 0) this.#pendingHigh |= Atomics.exchange(words, this.#highIndex, 0)
    return (this.#pendingLow | this.#pendingHigh) !== 0
  }

  /**
   * Consumer: a seat whose ring has news, taken off the list, or -1. Lowest first; who drains only a part calls
   * `putBack`.
   */
  takePending(): number {
    if (this.#pendingLow !== 0) {
      const from = 31 - Math.clz32(this.#pendingLow & -this.#pendingLow)
      this.#pendingLow &= this.#pendingLow - 1
      return from
    }
    if (this.#pendingHigh === 0) return -1
    const from = 63 - Math.clz32(this.#pendingHigh & -this.#pendingHigh)
    this.#pendingHigh &= this.#pendingHigh - 1
    return from
  }

  /** Consumer: the ring from `from` is not drained yet. */
  putBack(from: number): void {
    if (from < 32) this.#pendingLow |= 1 << from
    else this.#pendingHigh |= 1 << (from & 31)
  }

  /**
   * Consumer: goes to sleep with the event loop free. Answers a promise that resolves when somebody rings, or
   * undefined, awake, if there is something to do already: dirty rings, or `hasWork` says so (asked after PARKED is
   * visible). Woken by anything else, a timer or a socket, the caller says `unpark`. The promise keeps no event loop
   * alive. One waiter at most is ever registered.
   */
  park(hasWork?: () => boolean): Promise<void> | undefined {
    if (!this.#fallAsleep(hasWork)) return undefined
    this.#sleep ??= this.#waitAsync()
    if (this.#sleep === undefined) this.unpark()
    return this.#sleep
  }

  /**
   * Consumer on a thread that has no event loop to serve: as `park`, but blocks, for `timeoutMs` at most. Answers
   * whether it was rung.
   */
  blockingWait(hasWork?: () => boolean, timeoutMs = Number.POSITIVE_INFINITY): boolean {
    if (!this.#fallAsleep(hasWork)) return true
    const outcome = Atomics.wait(this.#words, this.#bellIndex, SILENT, timeoutMs)
    this.unpark()
    return outcome !== 'timed-out'
  }

  /** Consumer: awake for a reason of its own. */
  unpark(): void {
    Atomics.store(this.#words, this.#parkedIndex, AWAKE)
  }

  /** Consumer, at its end: lets go of the registered waiter, whose promise resolves. */
  close(): void {
    this.unpark()
    if (this.#sleep !== undefined) Atomics.notify(this.#words, this.#bellIndex)
  }

  #fallAsleep(hasWork: (() => boolean) | undefined): boolean {
    // SILENT before PARKED: a producer writes RUNG only after it has seen PARKED, so that no ring of this sleep is
    // wiped out.
    Atomics.store(this.#words, this.#bellIndex, SILENT)
    Atomics.store(this.#words, this.#parkedIndex, PARKED)
    if (!this.#isDirty() && hasWork?.() !== true) return true
    this.unpark()
    return false
  }

  #isDirty(): boolean {
    const words = this.#words
    const pending = this.#pendingLow | this.#pendingHigh
    return (pending | Atomics.load(words, this.#lowIndex) | Atomics.load(words, this.#highIndex)) !== 0
  }

  #waitAsync(): Promise<void> | undefined {
    // No timeout: its timer would outlive the wake-up by hundreds of bytes, see docs/adr.
    const { async, value } = Atomics.waitAsync(this.#words, this.#bellIndex, SILENT)
    if (!async) return undefined
    return value.then(() => {
      this.#sleep = undefined
      this.unpark()
    })
  }

  #wake(): void {
    Atomics.store(this.#words, this.#bellIndex, RUNG)
    Atomics.notify(this.#words, this.#bellIndex)
  }
}
