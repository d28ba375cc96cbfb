import { benchCase, sizes } from '../harness/bench-case.ts'
import { sumBelow } from '../harness/measure.ts'
import { troupeEnds } from '../net/flow-case.ts'
import type { CallSize } from '../net/net-works.ts'
import { named, netNaive, ours } from '../peers/contenders.ts'

const size = sizes<CallSize>({ calls: 30_000, messageBytes: 64 }, { calls: 200 })

/** 64 bytes there and back, one after the other, over one TCP connection between two processes. */
export const rtt = benchCase<CallSize>({
  name: 'connection/rtt',
  rows: [
    { bench: 'connection/rtt', figure: 'p50', unit: 'µs', better: 'less' },
    { bench: 'connection/rtt/p99', figure: 'p99', unit: 'µs', better: 'less' },
  ],
  ours: ours(troupeEnds, size, 'rtt'),
  peers: [named('node:net', netNaive('rtt', size, 0.7))],
  expected: ({ calls }) => ({ counted: calls, checksum: sumBelow(calls) }),
})
