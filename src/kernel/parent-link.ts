import type { Child } from './child.ts'
import type { ExitReason } from './supervision/exit-reason.ts'

/** What a child tells its parent: the `Family` of a cell on the same thread, or a link to one elsewhere. */
export interface ParentLink {
  /** Path of the parent; `/` for the root. */
  readonly path: string
  readonly slot: number
  started(child: Child): void
  /** Its incarnation has ended and been wound up. Mailbox and address wait for the verdict. */
  exited(child: Child, reason: ExitReason): void
}
