import { type Random, systemRandom } from 'troupe'
import { checkedOptions, type OptionRules } from '../connection/option-check.ts'

export interface RetryOptions {
  /** Retries after the first attempt; 0: none. Count, 0 to 1,000. @default 3 */
  readonly retriesMax?: number
  /** Before the first retry. Milliseconds, >= 0. @default 250 */
  readonly baseMs?: number
  /** By which each further delay is longer. 1 to 10. @default 2 */
  readonly factor?: number
  /** No delay is longer, but for its jitter. Milliseconds, >= 0. @default 5_000 */
  readonly capMs?: number
  /** Up to so much is added to each delay at random, so that those who failed together do not retry together. Milliseconds, >= 0. @default 100 */
  readonly jitterMs?: number
}

const DAY_MS = 86_400_000

export const retryDefaults: Required<RetryOptions> = Object.freeze({
  retriesMax: 3,
  baseMs: 250,
  factor: 2,
  capMs: 5_000,
  jitterMs: 100,
})

const rules: OptionRules<RetryOptions> = Object.freeze({
  retriesMax: { min: 0, max: 1_000, unit: 'retries', isWhole: true },
  baseMs: { min: 0, max: DAY_MS, unit: 'ms' },
  factor: { min: 1, max: 10, unit: 'times' },
  capMs: { min: 0, max: DAY_MS, unit: 'ms' },
  jitterMs: { min: 0, max: DAY_MS, unit: 'ms' },
})

/** How often something is tried again, and after what time: exponential backoff with jitter. Holds no state. */
export class RetryPolicy {
  readonly options: Readonly<Required<RetryOptions>>
  readonly #random: Random

  /** Throws `UsageError` for an option that is unknown or out of range. */
  constructor(options: RetryOptions = {}, random: Random = systemRandom) {
    this.options = checkedOptions('retry policy', options, retryDefaults, rules)
    this.#random = random
  }

  /** @param retries made so far */
  mayRetry(retries: number): boolean {
    return retries < this.options.retriesMax
  }

  /** Before the next retry. Milliseconds. @param retries made so far: 0 for the delay before the first one */
  delayMs(retries: number): number {
    const { baseMs, factor, capMs, jitterMs } = this.options
    return Math.min(baseMs * factor ** retries, capMs) + jitterMs * this.#random.next()
  }
}
