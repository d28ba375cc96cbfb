/** How long a thread that found nothing goes on looking before it sleeps. */
export interface IdleLimits {
  /** Longest time spent looking, reached after looking paid off. Milliseconds, >= `pollMsMin`. @default 0.5 */
  readonly pollMsMax: number
  /** Time spent looking after it never paid off. Milliseconds, >= 0; 0: sleep at once. @default 0.02 */
  readonly pollMsMin: number
}

export const idleDefaults: IdleLimits = Object.freeze({ pollMsMax: 0.5, pollMsMin: 0.02 })

/** The budget grows to this many times the wait that it should have covered, and shrinks by as much. */
const GROWTH = 2

/**
 * Looking (from setImmediate, with I/O and timers running in between) finds news within a microsecond, waking costs
 * 25; but looking takes the core. So the budget grows while waits are short enough to be looked through, and shrinks
 * while they are not, between two fixed limits. Knows no clock: it is told the time.
 */
export class IdleStrategy {
  readonly #limits: IdleLimits
  #budgetMs: number
  /** When it began to find nothing; -1 while there is work. */
  #sinceMs = -1

  constructor(limits: IdleLimits = idleDefaults) {
    this.#limits = limits
    this.#budgetMs = limits.pollMsMin
  }

  /** How long it will look before it sleeps. Milliseconds. */
  get budgetMs(): number {
    return this.#budgetMs
  }

  /** There was something to do, found by looking or after a sleep. */
  onWork(nowMs: number): void {
    if (this.#sinceMs < 0) return
    const { pollMsMin, pollMsMax } = this.#limits
    const waitedMs = nowMs - this.#sinceMs
    this.#sinceMs = -1
    if (waitedMs > pollMsMax) this.#budgetMs = Math.max(pollMsMin, this.#budgetMs / GROWTH)
    else this.#budgetMs = Math.min(pollMsMax, GROWTH * Math.max(waitedMs, this.#budgetMs))
  }

  /** There was nothing to do: look again, or sleep? After a wake-up for nothing the answer is `sleep` at once. */
  onEmpty(nowMs: number): 'look' | 'sleep' {
    if (this.#sinceMs < 0) this.#sinceMs = nowMs
    return nowMs - this.#sinceMs < this.#budgetMs ? 'look' : 'sleep'
  }
}
