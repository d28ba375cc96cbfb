import { checkChoice, checkRange, resolveOptions } from '../../base/options.ts'

/** How a parent supervises its children: the `supervise` of its definition. */
export interface SuperviseOptions {
  /**
   * Who comes back when a child fails: only that child; all children; or that child and those started after it.
   * @default 'one-for-one'
   */
  readonly strategy?: Strategy
  /**
   * Restarts allowed inside one window, of all children without `backoff` together; one more makes the parent itself
   * fail. Count, 0 to 10,000; 0 allows none. @default 1
   */
  readonly restartsMax?: number
  /** Length of the sliding window. Milliseconds, 1 to 86,400,000 (a day). @default 5_000 */
  readonly windowMs?: number
  /**
   * Whether the parent stops itself, with reason shutdown, when significant children have ended for good by
   * themselves: at the first one, or at the last one. @default 'never'
   */
  readonly autoShutdown?: AutoShutdown
  /** What the failure too many does: the parent fails with it, or only that child is stopped. @default 'escalate' */
  readonly onExceeded?: OnExceeded
}

export type ResolvedSuperviseOptions = Readonly<Required<SuperviseOptions>>
export type Strategy = (typeof strategies)[number]
export type AutoShutdown = (typeof autoShutdowns)[number]
export type OnExceeded = (typeof onExceededs)[number]

const strategies = ['one-for-one', 'one-for-all', 'rest-for-one'] as const
const autoShutdowns = ['never', 'any-significant', 'all-significant'] as const
const onExceededs = ['escalate', 'stop-child'] as const

/** OTP's: intensity 1, period 5 s. */
export const superviseDefaults: ResolvedSuperviseOptions = Object.freeze({
  strategy: 'one-for-one',
  restartsMax: 1,
  windowMs: 5_000,
  autoShutdown: 'never',
  onExceeded: 'escalate',
})

export function resolveSuperviseOptions(given?: SuperviseOptions): ResolvedSuperviseOptions {
  if (given === undefined) return superviseDefaults
  const resolved = resolveOptions(given, superviseDefaults, 'supervise')
  checkChoice('supervise', 'strategy', resolved.strategy, strategies)
  checkRange('supervise', 'restartsMax', resolved.restartsMax, { min: 0, max: 10_000 })
  checkRange('supervise', 'windowMs', resolved.windowMs, { min: 1, max: 86_400_000, unit: 'ms' })
  checkChoice('supervise', 'autoShutdown', resolved.autoShutdown, autoShutdowns)
  checkChoice('supervise', 'onExceeded', resolved.onExceeded, onExceededs)
  return resolved
}
