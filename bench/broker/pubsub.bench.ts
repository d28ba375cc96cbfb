import { benchCase, sizes } from '../harness/bench-case.ts'
import { troupeEnds } from '../net/flow-case.ts'
import type { FlowSize } from '../net/net-works.ts'
import { nats, ours } from '../peers/contenders.ts'
import { expectedTally } from '../peers/framed-stream.ts'

const sizeOf = (messages: number) => sizes<FlowSize>({ messages, messageBytes: 1_024 }, { messages: 500 })

/** 1 KiB from one publisher through a broker to one subscriber, each in a process of its own, over TCP. */
export const pubsub = benchCase<FlowSize>({
  name: 'broker/pubsub',
  rows: [{ bench: 'broker/pubsub', figure: 'rate', unit: 'messages/s', better: 'more' }],
  ours: ours(troupeEnds, sizeOf(500_000), 'pubsub'),
  peers: [nats('pubsub', sizeOf(500_000), 1.5)],
  expected: expectedTally,
})
