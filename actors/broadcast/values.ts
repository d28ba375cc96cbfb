import type { ActorRef } from 'troupe'

/** What can be asked for several values at once. */
export interface ValueSource<T> {
  /** None when there will be no more. */
  recvMany(countMax: number): readonly T[]
}

export interface ValuesOptions {
  /** Values that travel in one message, and at most so many are lost when the loop is left early. Count, >= 1. @default 256 */
  readonly countMax?: number
  /** Aborting it ends the loop with the signal's reason. */
  readonly signal?: AbortSignal
}

/**
 * What an actor receives, one value after the other: `for await (const value of values(receiver))`. Asks for more when what it got is
 * used up, so a slow loop slows the peer down. The loop ends when the server has ended the connection, and throws for
 * everything else that ends it. No stream of the actor: a handler that waits for values could be neither left nor stopped.
 */
export async function* values<T>(
  source: ActorRef<ValueSource<T>>,
  { countMax = 256, signal }: ValuesOptions = {},
): AsyncGenerator<T, void, undefined> {
  const calls = source.with({ deadlineMs: Number.POSITIVE_INFINITY, ...(signal !== undefined && { signal }) })
  for (;;) {
    const taken = await calls.ask.recvMany(countMax)
    if (taken.length === 0) return
    yield* taken
  }
}
