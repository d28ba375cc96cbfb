import { benchCase, sizes } from '../harness/bench-case.ts'
import { troupeEnds } from '../net/flow-case.ts'
import { type BroadcastSize, expectedDeliveries } from '../net/net-works.ts'
import { ours } from '../peers/contenders.ts'

const sizeOf = (stalled: number) =>
  sizes<BroadcastSize>({ clients: 99, stalled, rounds: 10_000, messageBytes: 1_024 }, { rounds: 20 })

/**
 * Ours against itself: 99 clients with and without one more that never reads. 10 MiB are more than the kernel takes for
 * that one, so that it stalls while the clock runs.
 */
export const stall = benchCase<BroadcastSize>({
  name: 'broadcast/stall',
  rows: [{ bench: 'broadcast/stall', figure: 'rate', unit: 'deliveries/s', better: 'more' }],
  ours: ours(troupeEnds, sizeOf(1), 'broadcast'),
  peers: [{ ...ours(troupeEnds, sizeOf(0), 'broadcast'), name: 'ours without the stalled client', reach: 0.95 }],
  expected: expectedDeliveries,
})
