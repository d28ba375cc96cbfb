import { benchCase, sizes } from '../harness/bench-case.ts'
import { sumBelow } from '../harness/measure.ts'
import { troupeEnds } from '../net/flow-case.ts'
import type { CallSize } from '../net/net-works.ts'
import { named, netNaive, ours } from '../peers/contenders.ts'

const size = sizes<CallSize>({ calls: 3_000, messageBytes: 64 }, { calls: 50 })

/** Connect, have 64 bytes echoed, close; one after the other. */
export const setup = benchCase<CallSize>({
  name: 'connection/setup',
  rows: [
    { bench: 'connection/setup', figure: 'p50', unit: 'ms', better: 'less', limit: 1 },
    { bench: 'connection/setup/rate', figure: 'rate', unit: 'connections/s', better: 'more' },
  ],
  ours: ours(troupeEnds, size, 'setup'),
  peers: [named('node:net', netNaive('setup', size, 0.6))],
  expected: ({ calls }) => ({ counted: calls, checksum: sumBelow(calls) }),
})
