import { UsageError } from '../../base/errors.ts'
import { checkChoice, checkRange, resolveOptions } from '../../base/options.ts'
import { type BackoffOptions, type ResolvedBackoffOptions, resolveBackoffOptions } from './backoff.ts'
import type { ExitReason } from './exit-reason.ts'
import { type RestartPolicy, restartPolicies } from './restart-policy.ts'

/** What a child is to its supervisor: the supervision part of the options of `spawn`. */
export interface ChildOptions {
  /** When it comes back. @default 'permanent' */
  readonly restart?: RestartPolicy
  /** Wait between restarts, with a budget of its own; without it the parent's window counts. @default none */
  readonly backoff?: BackoffOptions | undefined
  /** Time it gets to stop before it is killed. Milliseconds, >= 0; 0 kills at once, Infinity waits. @default 5_000 */
  readonly shutdownMs?: number
  /**
   * When several siblings are stopped: `in-turn`, it is asked when those started after it have ended; `together`, at the
   * same time as its neighbours that say so too. @default 'in-turn'
   */
  readonly stopping?: Stopping
  /** Whether its end for good counts for the parent's `autoShutdown`. Not for permanent children. @default false */
  readonly significant?: boolean
  /** What becomes of its messages when it fails. */
  readonly onFailure?: OnFailureOptions
  /**
   * `code` or `name` of errors that no restart can cure: the child is parked at once, as it is for every error with
   * `retryable: false`. At most 64. @default []
   */
  readonly parkOn?: readonly string[]
}

export interface OnFailureOptions {
  /**
   * The message whose handler failed: to dead letters; handled again, up to `retriesMax` times, and then quarantined;
   * or quarantined at once. @default 'drop'
   */
  readonly message?: 'drop' | 'retry' | 'quarantine'
  /** For `message: 'retry'` only. Count, 1 to 1,000. @default 3 */
  readonly retriesMax?: number
  /** Those still waiting: kept for the next incarnation; counted and dropped; or sent to dead letters. @default 'keep' */
  readonly mailbox?: 'keep' | 'drop' | 'dead-letter'
}

export interface ResolvedChildOptions {
  readonly restart: RestartPolicy
  readonly backoff: ResolvedBackoffOptions | undefined
  readonly shutdownMs: number
  readonly stopping: Stopping
  readonly significant: boolean
  readonly onFailure: Readonly<Required<OnFailureOptions>>
  readonly parkOn: readonly string[]
}

export type Stopping = (typeof stoppings)[number]

const stoppings = ['in-turn', 'together'] as const

export const onFailureDefaults: Readonly<Required<OnFailureOptions>> = Object.freeze({
  message: 'drop',
  retriesMax: 3,
  mailbox: 'keep',
})

/** Shared by all children spawned without options: 100,000 of them cost nothing here. */
export const childDefaults: ResolvedChildOptions = Object.freeze({
  restart: 'permanent',
  backoff: undefined,
  shutdownMs: 5_000,
  stopping: 'in-turn',
  significant: false,
  onFailure: onFailureDefaults,
  parkOn: Object.freeze([]),
})

export function resolveChildOptions(given?: ChildOptions): ResolvedChildOptions {
  if (given === undefined) return childDefaults
  const { backoff, onFailure, ...rest } = resolveOptions<Required<ChildOptions>>(given, childDefaults, 'spawn')
  checkChoice('spawn', 'restart', rest.restart, restartPolicies)
  checkRange('spawn', 'shutdownMs', rest.shutdownMs, { min: 0, max: Infinity, unit: 'ms', fraction: true })
  checkChoice('spawn', 'stopping', rest.stopping, stoppings)
  checkChoice('spawn', 'significant', rest.significant, [true, false])
  if (rest.significant && rest.restart === 'permanent') {
    throw new UsageError(
      'invalid-option',
      "spawn: significant needs restart 'transient' or 'temporary', got 'permanent'",
    )
  }
  return Object.freeze({
    ...rest,
    parkOn: copyOfParkOn(rest.parkOn),
    backoff: backoff === undefined ? undefined : resolveBackoffOptions(backoff),
    onFailure: onFailure === onFailureDefaults ? onFailureDefaults : resolveOnFailure(onFailure),
  })
}

/** Whether no restart can cure what ended the child, so that it has to be parked. */
export function mustPark(options: ResolvedChildOptions, reason: ExitReason): boolean {
  if (reason.kind !== 'failure' && reason.kind !== 'start-failed') return false
  if (typeof reason.error !== 'object' || reason.error === null) return false
  try {
    const { retryable, code, name } = reason.error as { retryable?: unknown; code?: unknown; name?: unknown }
    return retryable === false || options.parkOn.some((known) => known === code || known === name)
  } catch {
    return false // a proxy, or a getter that throws
  }
}

function resolveOnFailure(given: OnFailureOptions): Readonly<Required<OnFailureOptions>> {
  const resolved = resolveOptions(given, onFailureDefaults, 'onFailure')
  checkChoice('onFailure', 'message', resolved.message, ['drop', 'retry', 'quarantine'])
  checkChoice('onFailure', 'mailbox', resolved.mailbox, ['keep', 'drop', 'dead-letter'])
  checkRange('onFailure', 'retriesMax', resolved.retriesMax, { min: 1, max: 1_000 })
  if (given.retriesMax !== undefined && resolved.message !== 'retry') {
    throw new UsageError('invalid-option', `onFailure: retriesMax needs message 'retry', got '${resolved.message}'`)
  }
  return resolved
}

function copyOfParkOn(given: readonly string[]): readonly string[] {
  if (!Array.isArray(given) || given.length > 64 || !given.every((name) => typeof name === 'string')) {
    throw new UsageError('invalid-option', `spawn: parkOn must be an array of at most 64 strings, got ${String(given)}`)
  }
  return given.length === 0 ? childDefaults.parkOn : Object.freeze([...given])
}
