import { flowCase } from '../net/flow-case.ts'

const shared = { messageBytes: 1_024, counts: { ours: 1_500_000, naive: 400_000, batched: 1_500_000 } }
const reach = { naive: 4, batched: 0.7 }

/** 1 KiB over a Unix socket, between two processes and between two threads of one. */
export const unix = flowCase({ name: 'connection/unix', work: 'unix', ...shared, reach })
export const unixThreads = flowCase({ name: 'connection/unix-threads', work: 'unixThreads', ...shared, reach })
