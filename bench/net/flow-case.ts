import { type BenchCase, benchCase, sizes } from '../harness/bench-case.ts'
import { siblingModule } from '../harness/package-root.ts'
import { netBatched, netNaive, ours } from '../peers/contenders.ts'
import { expectedTally } from '../peers/framed-stream.ts'
import type { FlowSize } from './net-works.ts'

export interface FlowCase {
  readonly name: string
  readonly work: 'unix' | 'unixThreads' | 'tcp'
  readonly messageBytes: number
  /** How many messages each of the contenders sends in about a second. */
  readonly counts: { readonly ours: number; readonly naive: number; readonly batched: number }
  /** The ratios to reach. */
  readonly reach: { readonly naive: number; readonly batched: number }
}

/** Messages of one size, one way, as fast as they go. */
export function flowCase({ name, work, messageBytes, counts, reach }: FlowCase): BenchCase {
  const smoke = Math.min(500, Math.ceil(1_000_000 / messageBytes))
  const sizeOf = (messages: number) => sizes<FlowSize>({ messages, messageBytes }, { messages: smoke })
  return benchCase<FlowSize>({
    name,
    rows: [{ bench: name, figure: 'rate', unit: 'messages/s', better: 'more' }],
    ours: ours(troupeEnds, sizeOf(counts.ours), work),
    peers: [netNaive(work, sizeOf(counts.naive), reach.naive), netBatched(work, sizeOf(counts.batched), reach.batched)],
    expected: expectedTally,
  })
}

/** The module of ours in all cases of connections. */
export const troupeEnds = siblingModule('troupe', import.meta.url)
