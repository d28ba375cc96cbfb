import type { ActorRef, TroupeError } from 'troupe'

/**
 * Resolves when a child has started. Rejects with what its start had failed with, and not with that it has stopped; the parent is not
 * to try again what the child has given up.
 */
export async function startedOr(child: ActorRef<never>): Promise<void> {
  try {
    await child.ready()
  } catch (error) {
    const cause = ((error as TroupeError).cause ?? error) as object
    throw Object.assign(cause, { retryable: false })
  }
}
