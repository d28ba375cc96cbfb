import { type BenchCase, benchCase } from '../harness/bench-case.ts'
import { troupeEnds } from '../net/flow-case.ts'
import { IDLE_MESSAGE_BYTES, type IdleSize } from '../net/net-works.ts'
import { named, netNaive, ours } from '../peers/contenders.ts'
import { expectedTally } from '../peers/framed-stream.ts'

/**
 * What a TCP connection that has nothing to do costs the process that serves it. Needs as many open files per process. The
 * kernel's own memory is not in it.
 */
function memoryCase(name: string, connections: number): BenchCase {
  const size = { full: { connections }, quick: { connections }, smoke: { connections: 200 } }
  return benchCase<IdleSize>({
    name,
    rows: [{ bench: name, figure: 'rss', unit: 'bytes/connection', better: 'less' }],
    ours: ours(troupeEnds, size, 'memory'),
    peers: [named('node:net', netNaive('memory', size, 0.5))],
    expected: ({ connections: messages }) => expectedTally({ messages, messageBytes: IDLE_MESSAGE_BYTES }),
  })
}

export const memory1000 = memoryCase('connection/memory-1000', 1_000)
export const memory10000 = memoryCase('connection/memory-10000', 10_000)
