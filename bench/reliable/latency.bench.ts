import { benchCase, sizes } from '../harness/bench-case.ts'
import { sumBelow } from '../harness/measure.ts'
import { siblingModule } from '../harness/package-root.ts'
import type { CallSize } from '../net/net-works.ts'
import { netStopAndWait, ours } from '../peers/contenders.ts'

const size = sizes<CallSize>({ calls: 20_000, messageBytes: 256 }, { calls: 200 })

/** From sending a message of 256 bytes to knowing that it was processed, one after the other, over TCP between two processes. */
export const latency = benchCase<CallSize>({
  name: 'reliable/latency',
  rows: [
    { bench: 'reliable/latency', figure: 'p50', unit: 'µs', better: 'less' },
    { bench: 'reliable/latency/p99', figure: 'p99', unit: 'µs', better: 'less', limit: 2_000 },
  ],
  ours: ours(siblingModule('sessions', import.meta.url), size, 'rtt'),
  peers: [netStopAndWait('rtt', size)],
  expected: ({ calls }) => ({ counted: calls, checksum: sumBelow(calls) }),
})
