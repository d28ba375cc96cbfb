import { describeThrown } from '../../base/describe-thrown.ts'

/**
 * Why an incarnation of an actor ended. Plain data: it travels between threads, in `down` notices, to `stop` and to
 * parents. The notions are OTP's; what OTP tells by pattern is a `kind` here.
 */
export type ExitReason =
  /** Its behavior answered stop. */
  | { readonly kind: 'normal' }
  /** Its parent, or whoever may, asked it to stop; `cause` says why, where there is more to say. */
  | { readonly kind: 'shutdown'; readonly cause?: ExitReason }
  /** It was ended without being asked: it missed its deadline, or somebody killed it. */
  | { readonly kind: 'killed' }
  /** A handler threw, or its promise was rejected. */
  | { readonly kind: 'failure'; readonly error: unknown }
  /** Its `start` threw, or its module or definition is missing. */
  | { readonly kind: 'start-failed'; readonly error: unknown }
  | ThreadLost
  /** It was linked to the actor at `path`, which ended abnormally. */
  | { readonly kind: 'linked-exit'; readonly path: string; readonly cause: ExitReason }
  /** The thread of its parent died, so that nobody supervises it any more. */
  | { readonly kind: 'parent-lost' }
  /** It had ended before anyone watched; how is not known any more. OTP's noproc. */
  | { readonly kind: 'gone' }
  | SupervisorFailed

/** Its thread died under it. */
export interface ThreadLost {
  readonly kind: 'thread-lost'
  readonly threadName: string
  readonly exitCode: number
  /** Numbers the deaths of threads in this system. Children lost by the same death are one failure to their supervisor. */
  readonly occurrence: number
}

/** Its child named `child` failed once more than the restart window allows. */
export interface SupervisorFailed {
  readonly kind: 'supervisor-failed'
  readonly child: string
  readonly restartsMax: number
  readonly windowMs: number
  /** The failure that was too much; of kind supervisor-failed itself when that child failed for the same reason. */
  readonly cause: ExitReason
}

export type ExitKind = ExitReason['kind']

export const normalExit: ExitReason = Object.freeze({ kind: 'normal' })
export const shutdownExit: ExitReason = Object.freeze({ kind: 'shutdown' })
export const killedExit: ExitReason = Object.freeze({ kind: 'killed' })

/** Everything but an end that somebody intended. Decides what links pass on, and how loudly an end is logged. */
export function isAbnormal(reason: ExitReason): boolean {
  return reason.kind !== 'normal' && reason.kind !== 'shutdown'
}

/** One line for logs, with the whole chain of causes: `supervisor-failed: … <- failure: TypeError: x is undefined`. */
export function describeExit(reason: ExitReason): string {
  switch (reason.kind) {
    case 'failure':
    case 'start-failed':
      return `${reason.kind}: ${describeThrown(reason.error)}`
    case 'thread-lost':
      return `thread-lost: ${reason.threadName} ended with exit code ${reason.exitCode}`
    case 'linked-exit':
      return `linked-exit: ${reason.path} <- ${describeExit(reason.cause)}`
    case 'supervisor-failed':
      return (
        `supervisor-failed: child '${reason.child}' failed more than ${reason.restartsMax} times ` +
        `in ${reason.windowMs} ms <- ${describeExit(reason.cause)}`
      )
    case 'shutdown':
      return reason.cause === undefined ? reason.kind : `shutdown <- ${describeExit(reason.cause)}`
    default:
      return reason.kind
  }
}

/** For an error that an exit brought about: what was thrown in the first place is its cause. */
export function becauseOf(reason: ExitReason): ErrorOptions | undefined {
  if ('error' in reason) return { cause: reason.error }
  return 'cause' in reason && reason.cause !== undefined ? becauseOf(reason.cause) : undefined
}
