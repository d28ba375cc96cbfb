import type { ActorCell } from './actor-cell.ts'

/** Port: remembers on whose behalf something was started, for errors that come up where no handler is left to catch them. */
export interface ErrorScope {
  /** Runs `task` on behalf of the actor's present incarnation; of the coming one, if it has none. */
  run(cell: ActorCell, task: () => void): void
  /** Runs `task` on behalf of nobody. */
  outside(task: () => void): void
}
