import { benchCase, sizes } from '../harness/bench-case.ts'
import { siblingModule } from '../harness/package-root.ts'
import type { FlowSize } from '../net/net-works.ts'
import { mosquittoQos1, netStopAndWait, ours } from '../peers/contenders.ts'
import { expectedTally } from '../peers/framed-stream.ts'

const sizeOf = (messages: number) => sizes<FlowSize>({ messages, messageBytes: 256 }, { messages: 500 })

/** 256 bytes, each acknowledged by whoever processes it, over TCP between two processes: as many as go. Window 1,024. */
export const throughput = benchCase<FlowSize>({
  name: 'reliable/throughput',
  rows: [{ bench: 'reliable/throughput', figure: 'rate', unit: 'messages/s', better: 'more' }],
  ours: ours(siblingModule('sessions', import.meta.url), sizeOf(300_000), 'tcp'),
  peers: [mosquittoQos1('pubsub', sizeOf(40_000), 5), netStopAndWait('tcp', sizeOf(20_000), 15)],
  expected: expectedTally,
})
