/** Time since the Unix epoch in three units, all of them rounded down from one reading. */
export interface EpochClock {
  /** Milliseconds, whole. */
  nowMs(): number
  /** Microseconds, whole: exact as a number until the year 2255. */
  nowUs(): number
  /** Nanoseconds. Beyond what a number holds exactly, so a BigInt, which costs an allocation. */
  nowNs(): bigint
}

/** What clocks read. Injected in tests. */
export interface TimeSources {
  /** Time since the Unix epoch as the machine has it: steps when the machine's clock is set. Milliseconds, whole. */
  wallMs(): number
  /** Never goes back. Milliseconds from anywhere, with fractions down to nanoseconds. */
  monotonicMs(): number
}

export const systemTimeSources: TimeSources = Object.freeze({
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
})

const US_PER_MS = 1_000
const NS_PER_MS = 1_000_000

/** @param fraction 0 to below 1 */
export function usOf(wholeMs: number, fraction: number): number {
  return wholeMs * US_PER_MS + Math.floor(nsIn(fraction) / US_PER_MS)
}

/** @param fraction 0 to below 1 */
export function nsOf(wholeMs: number, fraction: number): bigint {
  return BigInt(wholeMs) * BigInt(NS_PER_MS) + BigInt(nsIn(fraction))
}

/** Rounded, since a difference of two readings is not exact to the last bit, but never up to the next millisecond. */
function nsIn(fraction: number): number {
  return Math.min(Math.round(fraction * NS_PER_MS), NS_PER_MS - 1)
}
