import { benchCase, type Scale } from '../harness/bench-case.ts'
import { troupeEnds } from '../net/flow-case.ts'
import { type BroadcastSize, expectedDeliveries } from '../net/net-works.ts'
import { mosquitto, named, netNaive, netSharedFrame, ours } from '../peers/contenders.ts'

/** All clients also in `quick`. */
const sizeOf = (rounds: number): Record<Scale, BroadcastSize> => {
  const full = { clients: 1_000, stalled: 0, rounds, messageBytes: 1_024 }
  return { full, quick: { ...full, rounds: Math.ceil(rounds / 4) }, smoke: { ...full, clients: 20, rounds: 5 } }
}

/** 1 KiB to 1,000 clients in another process, which count and do nothing else. */
export const tcp = benchCase<BroadcastSize>({
  name: 'broadcast/tcp',
  rows: [{ bench: 'broadcast/tcp', figure: 'rate', unit: 'deliveries/s', better: 'more' }],
  ours: ours(troupeEnds, sizeOf(500), 'broadcast'),
  peers: [
    named('node:net, a copy and a write each', netNaive('broadcast', sizeOf(300), 3)),
    netSharedFrame('broadcast', sizeOf(300)),
    mosquitto('broadcast', sizeOf(100)),
  ],
  expected: expectedDeliveries,
})
