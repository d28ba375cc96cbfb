import type { CommandReason, CommandResult } from './command-result.ts'

/** What is known when an attempt has failed. */
export interface FailedAttempt {
  readonly why: CommandReason
  /** What the controller or the mesh said. */
  readonly status: number | undefined
  /** Its command must not be carried out twice. */
  readonly isOnce: boolean
  /** There have been as many as there may be, or the command is too old. */
  readonly isLast: boolean
  /** A controller is there that has not refused it. */
  readonly hasOther: boolean
}

/** Refusals that may be over soon: an id that is not available yet, a fault of the server, not authorised yet, not online. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([3, 4, 5, 10])

/** The end that a failed attempt is for its command; undefined where it is tried again. */
export function endOfFailed(
  failed: FailedAttempt,
): Extract<CommandResult['state'], 'rejected' | 'abandoned'> | undefined {
  const { why, status, isOnce, isLast, hasOther } = failed
  const isRefusal = why === 'refused' || why === 'failed'
  const end = isRefusal ? 'rejected' : 'abandoned'
  // Once it may have got as far as the mesh, it is not sent again.
  if (isOnce && why !== 'refused' && why !== 'not-sent') return end
  if (isLast) return end
  if (!isRefusal || hasOther) return undefined
  return why === 'refused' && PASSING_STATUSES.has(status ?? 0) ? undefined : 'rejected'
}

/** Whether it need not wait: another controller can have it, or nobody is left to wait for. */
export function isForAnotherNow(why: CommandReason, hasOther: boolean): boolean {
  return why === 'controller-lost' || ((why === 'refused' || why === 'failed') && hasOther)
}
