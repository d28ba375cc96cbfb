import type { ResolvedSuperviseOptions } from './supervise-options.ts'

/**
 * The sliding window of OTP's `add_restart`: every attempt to restart counts, also one whose start then fails. With
 * `restartsMax` N, N restarts are allowed inside `windowMs` and one more is refused; 0 allows none. An attempt made
 * exactly `windowMs` ago still counts.
 */
export class RestartWindow {
  readonly #restartsMax: number
  readonly #windowMs: number
  // Two rings of at most restartsMax entries, side by side: when an attempt was allowed, and which occurrence it was for.
  readonly #stampsMs: number[] = []
  readonly #occurrences: number[] = []
  #oldestIndex = 0

  constructor(options: Pick<ResolvedSuperviseOptions, 'restartsMax' | 'windowMs'>) {
    this.#restartsMax = options.restartsMax
    this.#windowMs = options.windowMs
  }

  /**
   * Counts an attempt and answers whether it is allowed; a refused one leaves no trace. Attempts that name the same
   * `occurrence` (>= 0, such as one thread's death that took several children) are one attempt.
   */
  tryRestart(nowMs: number, occurrence = NO_OCCURRENCE): boolean {
    if (occurrence !== NO_OCCURRENCE && this.#occurrences.includes(occurrence)) return true
    const stampsMs = this.#stampsMs
    if (stampsMs.length < this.#restartsMax) {
      stampsMs.push(nowMs)
      this.#occurrences.push(occurrence)
      return true
    }
    const index = this.#oldestIndex
    const oldestMs = stampsMs[index]
    if (oldestMs === undefined || oldestMs >= nowMs - this.#windowMs) return false
    stampsMs[index] = nowMs
    this.#occurrences[index] = occurrence
    this.#oldestIndex = index + 1 === this.#restartsMax ? 0 : index + 1
    return true
  }
}

const NO_OCCURRENCE = -1
