import { type Clock, systemClock, UsageError } from 'troupe'
import type { EpochClock } from './epoch-clock.ts'
import { SystemClock } from './system-clock.ts'

export interface CachedClockOptions {
  /** The clock that is read. @default new SystemClock() */
  readonly source?: EpochClock
  /** How often, while somebody wants to know. Milliseconds, 1 to 1,000. @default 1 */
  readonly refreshMs?: number
  /** Timers. @default Troupe's system clock */
  readonly timers?: Pick<Clock, 'schedule'>
}

const REFRESH_MS_DEFAULT = 1
const REFRESH_MS_MAX = 1_000

/**
 * The time as of a moment ago, for hot paths: a reading costs a few instructions. It is never ahead of its source, and behind by at
 * most `refreshMs` and what the thread's timers are late: a timer of 1 ms comes after 1 to 2 ms, and while a handler runs, time stands
 * still here. `refresh` at the start of a batch makes it exact. A clock that nobody has read since the last refresh
 * stops its timer; the next reading goes to the source.
 */
export class CachedClock implements EpochClock {
  readonly #source: EpochClock
  readonly #refreshMs: number
  readonly #timers: Pick<Clock, 'schedule'>
  #ms = 0
  #us = 0
  #ns = 0n
  #isRunning = false
  #wasRead = false

  constructor(options: CachedClockOptions = {}) {
    const { source = new SystemClock(), refreshMs = REFRESH_MS_DEFAULT, timers = systemClock } = options
    if (!(refreshMs >= 1 && refreshMs <= REFRESH_MS_MAX)) {
      throw new UsageError(
        'invalid-option',
        `CachedClock: refreshMs must be a number from 1 to ${REFRESH_MS_MAX} ms, got ${refreshMs}`,
      )
    }
    this.#source = source
    this.#refreshMs = refreshMs
    this.#timers = timers
  }

  nowMs(): number {
    this.#touch()
    return this.#ms
  }

  nowUs(): number {
    this.#touch()
    return this.#us
  }

  nowNs(): bigint {
    this.#touch()
    return this.#ns
  }

  /** Reads the source now. */
  refresh(): void {
    // One reading for all three, so that they never disagree.
    const ns = this.#source.nowNs()
    this.#ns = ns
    this.#us = Number(ns / 1_000n)
    this.#ms = Math.floor(this.#us / 1_000)
  }

  #touch(): void {
    this.#wasRead = true
    if (!this.#isRunning) this.#run()
  }

  #run(): void {
    this.#isRunning = true
    this.#wasRead = true
    this.refresh()
    this.#schedule()
  }

  #schedule(): void {
    this.#timers.schedule(this.#refreshMs, () => this.#onDue())
  }

  #onDue(): void {
    if (!this.#wasRead) {
      this.#isRunning = false
      return
    }
    this.#wasRead = false
    this.refresh()
    this.#schedule()
  }
}
