/**
 * Where an actor is in its life. Numbers in this order, so that one comparison says whether it takes messages:
 *
 *     STARTING ---> RUNNING ---> SUSPENDED ---> STARTING …     a restart: mailbox and stash are kept
 *         \            |             |    \
 *          \           v             v     v
 *           `-----> STOPPING ---> STOPPED  PARKED ---> STARTING   (unpark)
 */
export const STARTING = 1
export const RUNNING = 2
/** Failed, or waiting for its backoff. */
export const SUSPENDED = 3
export const PARKED = 4
export const STOPPING = 5
export const STOPPED = 6
export type Stage = 1 | 2 | 3 | 4 | 5 | 6
