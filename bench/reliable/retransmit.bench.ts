import { benchCase, sizes } from '../harness/bench-case.ts'
import { siblingModule } from '../harness/package-root.ts'
import type { FlowSize } from '../net/net-works.ts'
import { ours } from '../peers/contenders.ts'
import { expectedTally } from '../peers/framed-stream.ts'

const size = sizes<FlowSize>({ messages: 200_000, messageBytes: 256 }, { messages: 500 })

/** What is sent again although nothing was lost, and how often a queue is full, under full load. Of 100 messages. */
export const retransmit = benchCase<FlowSize>({
  name: 'reliable/retransmit',
  rows: [
    { bench: 'reliable/retransmit', figure: 'resent', unit: '%', better: 'less', limit: 0.5 },
    { bench: 'reliable/retransmit/full', figure: 'full', unit: '%', better: 'less', limit: 1 },
  ],
  ours: ours(siblingModule('sessions', import.meta.url), size, 'retransmit'),
  peers: [],
  expected: expectedTally,
})
