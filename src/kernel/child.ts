import type { SupervisedChild } from './supervision/child-list.ts'
import type { ExitReason } from './supervision/exit-reason.ts'

/** A child as its parent sees it: an `ActorCell` of the same thread, or a `RemoteChild`. */
export interface Child extends SupervisedChild<Child> {
  readonly slot: number
  readonly path: string
  /** Starts an incarnation, the first or the next one. The parent hears `started` or `exited`. */
  begin(): void
  /** Ends the incarnation in order: current message, children, `stop`. The parent hears `exited`. */
  stop(reason: ExitReason): void
  /** Ends the incarnation at once, without its `stop`. The parent hears `exited`. */
  kill(): void
  /** Stays away until `begin`: asks fail, tells are refused. */
  park(reason: ExitReason): void
  /** Gone for good: what it had queued goes to dead letters, its watchers are told, its address is free. */
  forget(reason: ExitReason): void
}
