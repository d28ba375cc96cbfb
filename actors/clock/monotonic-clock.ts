import { type EpochClock, nsOf, systemTimeSources, type TimeSources, usOf } from './epoch-clock.ts'

/**
 * Time since the epoch that never goes back and never jumps: the machine's time of day when this clock was made, and the
 * monotonic clock from there on. What is measured with it is right; the time of day that it tells goes away from the machine's
 * by what that is corrected since, and begins up to 1 ms early.
 */
export class MonotonicClock implements EpochClock {
  readonly #sources: TimeSources
  readonly #startWallMs: number
  readonly #startMonotonicMs: number

  constructor(sources: TimeSources = systemTimeSources) {
    this.#sources = sources
    this.#startWallMs = sources.wallMs()
    this.#startMonotonicMs = sources.monotonicMs()
  }

  nowMs(): number {
    return this.#startWallMs + Math.floor(this.#elapsedMs())
  }

  nowUs(): number {
    const elapsedMs = this.#elapsedMs()
    const wholeMs = Math.floor(elapsedMs)
    return usOf(this.#startWallMs + wholeMs, elapsedMs - wholeMs)
  }

  nowNs(): bigint {
    const elapsedMs = this.#elapsedMs()
    const wholeMs = Math.floor(elapsedMs)
    return nsOf(this.#startWallMs + wholeMs, elapsedMs - wholeMs)
  }

  #elapsedMs(): number {
    return this.#sources.monotonicMs() - this.#startMonotonicMs
  }
}
