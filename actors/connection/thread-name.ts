import { threadId } from 'node:worker_threads'

/** Names the thread that runs this, by its number in the process: one that takes over from a dead one has another name. */
export const threadName = threadId === 0 ? 'main' : `thread-${threadId}`
