import { checkRange, resolveOptions } from '../base/options.ts'

/** How one call is made: `ref.with({ deadlineMs: 100 }).ask.total()`. */
export interface CallOptions {
  /** An ask that has no answer by then rejects with `ask-timeout`. Milliseconds, > 0. @default 5_000 */
  readonly deadlineMs?: number
  /** Aborting it rejects the ask, or ends the stream, and tells the receiver. */
  readonly signal?: AbortSignal
  /** A message that was not begun by then goes to dead letters as `expired`. Milliseconds, > 0. @default Infinity */
  readonly ttlMs?: number
  /** Items that a stream's producer may be ahead of its consumer. Count, 1 to 1_024. @default 16 */
  readonly window?: number
  /** With mailbox policy `conflate`: a queued message with the same key is replaced by this one. */
  readonly key?: string
}

/** `AbortSignal` left out: undefined stands for it. */
export interface ResolvedCallOptions {
  readonly deadlineMs: number
  readonly signal: AbortSignal | undefined
  readonly ttlMs: number
  readonly window: number
  readonly key: string | undefined
}

export const callDefaults: ResolvedCallOptions = Object.freeze({
  deadlineMs: 5_000,
  signal: undefined,
  ttlMs: Number.POSITIVE_INFINITY,
  window: 16,
  key: undefined,
})

const POSITIVE = { min: Number.MIN_VALUE, max: Number.POSITIVE_INFINITY, unit: 'ms', fraction: true }

export function resolveCallOptions(options: CallOptions): ResolvedCallOptions {
  const resolved = resolveOptions<ResolvedCallOptions>(options as Partial<ResolvedCallOptions>, callDefaults, 'with()')
  checkRange('with()', 'deadlineMs', resolved.deadlineMs, POSITIVE)
  checkRange('with()', 'ttlMs', resolved.ttlMs, POSITIVE)
  checkRange('with()', 'window', resolved.window, { min: 1, max: 1_024, unit: 'items' })
  return resolved
}
