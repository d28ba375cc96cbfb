import type { ExitReason } from './exit-reason.ts'

/**
 * What a supervisor tells the kernel to do. Commands may be carried out at once or later, and may call the supervisor
 * back before they return. No command fails: what goes wrong with a child is reported as its exit.
 */
export interface SupervisorPort<C> {
  /** The first start of a child: `childStarted` or `childExited` follows. */
  start(child: C): void
  /** A new incarnation under the same address, after the last one ended with `reason`; answered like `start`. */
  restart(child: C, reason: ExitReason): void
  /**
   * Ends the incarnation in good order, also one that is still starting: `childExited` follows. Mailbox and address
   * stay until `forget`; `child.phase` says whether it comes back (`halting`) or not (`stopping`).
   */
  stop(child: C, reason: ExitReason): void
  /** Ends the incarnation without asking: `childExited` follows. */
  kill(child: C): void
  /** The child has no incarnation and gets none before it is unparked. */
  park(child: C, reason: ExitReason): void
  /** The child is gone for good and is no longer one of the children: free its address. The last command for it. */
  forget(child: C, reason: ExitReason): void
  /** `timerElapsed` has to follow after `delayMs` (0: as a message would, not at once). A child has one timer at most. */
  setTimer(child: C, delayMs: number): void
  /** Cancels the child's timer, if there is one. */
  clearTimer(child: C): void
  /** Whether nobody could tell which of two siblings, neighbours in the order of starting, ended first. */
  areInterchangeable(later: C, earlier: C): boolean
  /** `resume` has to follow, as a message would: others on the thread get their turn. */
  pause(): void
  /** The answer to `shutdown`: no child is left. */
  allStopped(): void
  /** The actor whose children these were, all of them gone now, has to end with `reason`. */
  exitSelf(reason: ExitReason): void
}
