/** Part of a new measurement that goes into the estimate, and into its variation (RFC 6298). */
const GAIN = 1 / 8
const VARIATION_GAIN = 1 / 4
const VARIATIONS = 4
/** Peers acknowledge in groups, and a busy thread is late: shorter timeouts would mostly be wrong. Milliseconds. */
export const RTO_MIN_MS = 200

/** How long an acknowledgement takes, and after what time it is overdue: as TCP does it, never above a limit. */
export class RttEstimator {
  readonly #timeoutMaxMs: number
  #smoothMs = 0
  #variationMs = 0

  /** @param timeoutMaxMs also the timeout before anything was measured */
  constructor(timeoutMaxMs: number) {
    this.#timeoutMaxMs = timeoutMaxMs
  }

  /** Smoothed round trip. Milliseconds; 0 before the first one. */
  get smoothMs(): number {
    return this.#smoothMs
  }

  /** Milliseconds. */
  get timeoutMs(): number {
    if (this.#smoothMs === 0) return this.#timeoutMaxMs
    return Math.min(Math.max(this.#smoothMs + VARIATIONS * this.#variationMs, RTO_MIN_MS), this.#timeoutMaxMs)
  }

  /** Only of what was sent once: of anything else it is not known which of the copies was acknowledged. */
  add(rttMs: number): void {
    const ms = Math.max(rttMs, 0.001)
    if (this.#smoothMs === 0) {
      this.#smoothMs = ms
      this.#variationMs = ms / 2
      return
    }
    this.#variationMs += VARIATION_GAIN * (Math.abs(this.#smoothMs - ms) - this.#variationMs)
    this.#smoothMs += GAIN * (ms - this.#smoothMs)
  }
}
