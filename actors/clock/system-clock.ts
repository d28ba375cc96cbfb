import { type EpochClock, nsOf, systemTimeSources, type TimeSources, usOf } from './epoch-clock.ts'

/** The last nanosecond of a millisecond. */
const FRACTION_MAX = 0.999_999

/**
 * The machine's time of day. Node tells it in whole milliseconds; what lies between two of them is filled in from the monotonic
 * clock. Always within the millisecond that the machine says, so wrong by less than 1 ms, and by microseconds only where
 * it is read often: it learns from seeing a millisecond begin. Steps when the machine's clock does, and only then back.
 */
export class SystemClock implements EpochClock {
  readonly #sources: TimeSources
  /** The monotonic time at which the millisecond `#wallMs` is taken to have begun. */
  #wallMs: number
  #beganMs: number

  constructor(sources: TimeSources = systemTimeSources) {
    this.#sources = sources
    this.#wallMs = sources.wallMs()
    this.#beganMs = sources.monotonicMs()
  }

  nowMs(): number {
    return this.#sources.wallMs()
  }

  nowUs(): number {
    const wallMs = this.#sources.wallMs()
    return usOf(wallMs, this.#fractionOf(wallMs))
  }

  nowNs(): bigint {
    const wallMs = this.#sources.wallMs()
    return nsOf(wallMs, this.#fractionOf(wallMs))
  }

  /** How much of the millisecond `wallMs` is over: 0 to below 1. */
  #fractionOf(wallMs: number): number {
    const monotonicMs = this.#sources.monotonicMs()
    const fraction = monotonicMs - this.#beganMs - (wallMs - this.#wallMs)
    if (fraction >= 0 && fraction <= FRACTION_MAX) return fraction
    // The two disagree: the millisecond began later or earlier than was thought, or somebody has set the clock.
    const corrected = fraction < 0 ? 0 : FRACTION_MAX
    this.#wallMs = wallMs
    this.#beganMs = monotonicMs - corrected
    return corrected
  }
}
