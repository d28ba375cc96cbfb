import { threadId } from 'node:worker_threads'

/** Names the thread that runs this. Never used again: a thread that takes over from a dead one has another name. */
export const threadName = threadId === 0 ? 'main' : `worker-${threadId}`
