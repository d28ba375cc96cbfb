import { flowCase } from '../net/flow-case.ts'

const KIB = 1_024

/** Over the loopback interface, between two processes. */
export const tcp100B = flowCase({
  name: 'connection/tcp-100B',
  work: 'tcp',
  messageBytes: 100,
  counts: { ours: 4_000_000, naive: 400_000, batched: 4_000_000 },
  reach: { naive: 8, batched: 0.7 },
})

export const tcp1KiB = flowCase({
  name: 'connection/tcp-1KiB',
  work: 'tcp',
  messageBytes: KIB,
  counts: { ours: 1_500_000, naive: 400_000, batched: 1_500_000 },
  reach: { naive: 0.7, batched: 0.7 },
})

export const tcp64KiB = flowCase({
  name: 'connection/tcp-64KiB',
  work: 'tcp',
  messageBytes: 64 * KIB,
  counts: { ours: 40_000, naive: 40_000, batched: 40_000 },
  reach: { naive: 0.7, batched: 0.7 },
})

export const tcp1MiB = flowCase({
  name: 'connection/tcp-1MiB',
  work: 'tcp',
  messageBytes: KIB * KIB,
  counts: { ours: 2_500, naive: 2_500, batched: 2_500 },
  reach: { naive: 0.7, batched: 0.7 },
})
