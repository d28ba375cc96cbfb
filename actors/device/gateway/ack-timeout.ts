/** No timeout is shorter. Milliseconds. */
export const TIMEOUT_FLOOR_MS = 500
/** No timeout is longer. Milliseconds. */
export const TIMEOUT_CAP_MS = 5_000
const GAIN = 1 / 8
const DEVIATION_GAIN = 1 / 4
const DEVIATIONS = 4

/**
 * How long to wait for an answer, learned from the answers that came: their smoothed time and four times its deviation, as TCP has
 * it, between 500 ms and 5 s. Each timeout in a row doubles it. Every attempt has sequences of its own, so that each answer is a fair sample.
 */
export class AckTimeout {
  readonly #firstMs: number
  #smoothedMs = -1
  #deviationMs = 0
  #misses = 0

  /** @param firstMs as long as nothing is known. Milliseconds */
  constructor(firstMs: number) {
    this.#firstMs = firstMs
  }

  get ms(): number {
    const learned = this.#smoothedMs < 0 ? this.#firstMs : this.#smoothedMs + DEVIATIONS * this.#deviationMs
    return Math.min(TIMEOUT_CAP_MS, Math.max(TIMEOUT_FLOOR_MS, learned) * 2 ** this.#misses)
  }

  /** An answer came so long after its question. */
  answered(tookMs: number): void {
    this.#misses = 0
    if (this.#smoothedMs < 0) {
      this.#smoothedMs = tookMs
      this.#deviationMs = tookMs / 2
      return
    }
    const error = tookMs - this.#smoothedMs
    this.#smoothedMs += GAIN * error
    this.#deviationMs += DEVIATION_GAIN * (Math.abs(error) - this.#deviationMs)
  }

  /** None came in time. */
  missed(): void {
    this.#misses = Math.min(this.#misses + 1, 4)
  }
}
