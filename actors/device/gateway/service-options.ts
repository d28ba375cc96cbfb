import type { OptionRules } from '../../connection/option-check.ts'

/** How commands are sent. */
export interface CommandOptions {
  /** Commands that may live at the same time; one more is `rejected` with `queue-full`. Count, 1 to 1,000,000. @default 10_000 */
  readonly commandsMax?: number
  /** Attempts at one command in all. Count, 1 to 20. @default 4 */
  readonly attemptsMax?: number
  /** Of these in a row through one controller, before another is tried. Count, 1 to 20. @default 2 */
  readonly attemptsPerController?: number
  /** Least time between two commands to one controller. Milliseconds, 0 to 10,000. @default 50 */
  readonly paceMs?: number
  /** Least time between two commands to one target; of those that come meanwhile the last state wins. Milliseconds, 0 to 10,000. @default 50 */
  readonly coalesceMs?: number
  /** A command that is older is not sent, or sent again, unless it says otherwise. Milliseconds, 1 to 86,400,000. @default 15_000 */
  readonly ttlMs?: number
  /** Until a state that confirms a command must have come; then states are asked for, and it has a fifth of that time more. Milliseconds, 100 to 600,000. @default 10_000 */
  readonly confirmMs?: number
}

export const commandDefaults: Required<CommandOptions> = Object.freeze({
  commandsMax: 10_000,
  attemptsMax: 4,
  attemptsPerController: 2,
  paceMs: 50,
  coalesceMs: 50,
  ttlMs: 15_000,
  confirmMs: 10_000,
})

export const commandRules: OptionRules<CommandOptions> = Object.freeze({
  commandsMax: { min: 1, max: 1_000_000, unit: 'commands', isWhole: true },
  attemptsMax: { min: 1, max: 20, unit: 'attempts', isWhole: true },
  attemptsPerController: { min: 1, max: 20, unit: 'attempts', isWhole: true },
  paceMs: { min: 0, max: 10_000, unit: 'ms' },
  coalesceMs: { min: 0, max: 10_000, unit: 'ms' },
  ttlMs: { min: 1, max: 86_400_000, unit: 'ms' },
  confirmMs: { min: 100, max: 600_000, unit: 'ms' },
})
