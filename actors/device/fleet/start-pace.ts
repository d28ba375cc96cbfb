/** A timer may be so late without a start being lost. Milliseconds. */
const CATCH_UP_MS = 100

/**
 * Spreads starts evenly: no more than `perSecond` in a second, and none in advance. Pure: it is told the time. What was not used is lost,
 * so that no storm follows a pause.
 */
export class StartPace {
  readonly #everyMs: number
  #nextMs = Number.NEGATIVE_INFINITY

  /** @param perSecond > 0, or Infinity: no limit */
  constructor(perSecond: number) {
    this.#everyMs = 1_000 / perSecond
  }

  /** When the next start may be. Milliseconds; -Infinity before the first. */
  get nextMs(): number {
    return this.#nextMs
  }

  /** Whether something may be started now; it counts as started then. */
  take(nowMs: number): boolean {
    if (nowMs < this.#nextMs) return false
    // A little late is the timer's fault, and made up for; a pause is not.
    const isLate = nowMs - this.#nextMs < Math.max(this.#everyMs, CATCH_UP_MS)
    this.#nextMs = (isLate ? this.#nextMs : nowMs) + this.#everyMs
    return true
  }
}
