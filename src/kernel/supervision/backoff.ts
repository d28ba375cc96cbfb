import { UsageError } from '../../base/errors.ts'
import { checkRange, resolveOptions } from '../../base/options.ts'
import type { Random } from '../../base/random.ts'

/** A child with backoff waits before it comes back, has a budget of its own and does not use its parent's window. */
export interface BackoffOptions {
  /** Delay before the first restart, without jitter. Milliseconds, 1 to 86,400,000. @default 100 */
  readonly minMs?: number
  /** No delay is longer, jitter included. Milliseconds, `minMs` to 86,400,000. @default 30_000 */
  readonly maxMs?: number
  /** Each delay is so many times the one before. 1 to 100. @default 2 */
  readonly factor?: number
  /**
   * Spreads a delay d at random over d to d * (1 + jitter), 0 to 1; `'full'` spreads it over 0 to d. Where that would
   * pass `maxMs` the spread reaches down from there, so that a fleet does not come back in step. @default 0.2
   */
  readonly jitter?: number | 'full'
  /**
   * A child that ran so long before it failed begins at `minMs` and with its whole budget again. Milliseconds, >= 0;
   * Infinity never forgets. @default (minMs + maxMs) / 2
   */
  readonly resetAfterMs?: number | undefined
  /** Restarts in a row, failed starts included, before the child is parked. Count, >= 0. @default Infinity */
  readonly restartsMax?: number
}

export type ResolvedBackoffOptions = Readonly<Required<BackoffOptions>> & { readonly resetAfterMs: number }

export const backoffDefaults: Readonly<Required<BackoffOptions>> = Object.freeze({
  minMs: 100,
  maxMs: 30_000,
  factor: 2,
  jitter: 0.2,
  resetAfterMs: undefined,
  restartsMax: Number.POSITIVE_INFINITY,
})

const DAY_MS = 86_400_000

export function resolveBackoffOptions(given?: BackoffOptions): ResolvedBackoffOptions {
  const { resetAfterMs, ...rest } = resolveOptions(given, backoffDefaults, 'backoff')
  checkRange('backoff', 'minMs', rest.minMs, { min: 1, max: DAY_MS, unit: 'ms' })
  checkRange('backoff', 'maxMs', rest.maxMs, { min: 1, max: DAY_MS, unit: 'ms' })
  if (rest.maxMs < rest.minMs) {
    throw new UsageError('invalid-option', `backoff: maxMs must be at least minMs (${rest.minMs}), got ${rest.maxMs}`)
  }
  checkRange('backoff', 'factor', rest.factor, { min: 1, max: 100, fraction: true })
  if (rest.jitter !== 'full') checkRange('backoff', 'jitter', rest.jitter, { min: 0, max: 1, fraction: true })
  const resolved = { ...rest, resetAfterMs: resetAfterMs ?? (rest.minMs + rest.maxMs) / 2 }
  checkRange('backoff', 'resetAfterMs', resolved.resetAfterMs, { min: 0, max: Infinity, unit: 'ms', fraction: true })
  checkRange('backoff', 'restartsMax', rest.restartsMax, { min: 0, max: Infinity })
  return Object.freeze(resolved)
}

/** What one child with backoff remembers between its restarts. */
export class Backoff {
  readonly #options: ResolvedBackoffOptions
  #restarts = 0
  #startedMs = Number.POSITIVE_INFINITY

  constructor(options: ResolvedBackoffOptions) {
    this.#options = options
  }

  started(nowMs: number): void {
    this.#startedMs = nowMs
  }

  /** The child failed, or failed to start: how long it has to wait, or undefined when its budget is spent. */
  nextDelayMs(nowMs: number, random: Random): number | undefined {
    const options = this.#options
    if (nowMs - this.#startedMs >= options.resetAfterMs) this.#restarts = 0
    this.#startedMs = Number.POSITIVE_INFINITY // whatever comes next, it did not run in between
    if (this.#restarts >= options.restartsMax) return undefined
    return delayMs(options, this.#restarts++, random)
  }

  /** Forgets all failures. */
  reset(): void {
    this.#restarts = 0
  }
}

/** The delay before the restart that follows `restarts` others in a row. Never above `maxMs`. */
export function delayMs(options: ResolvedBackoffOptions, restarts: number, random: Random): number {
  const { minMs, maxMs, factor, jitter } = options
  const grownMs = minMs * factor ** restarts
  if (jitter === 'full') return Math.min(maxMs, grownMs) * random.next()
  return Math.min(maxMs, Math.min(maxMs / (1 + jitter), grownMs) * (1 + jitter * random.next()))
}
