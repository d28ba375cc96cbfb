import type { ActorRef, System } from 'troupe'
import {
  type ChaosConfig,
  type ChaosProtocol,
  type ChaosStatistics,
  type DeliveryResult,
  dialReliable,
  type ReliableOptions,
  serveReliable,
  spawnChaos,
} from 'troupe/actors'
import { describe, expect, it } from 'vitest'
import { numbered, Processed } from '#fixtures/reliable/processed.actor'
import { sharedSystem } from '../../support/shared-system.ts'
import { until } from '../../support/until.ts'

const SEEDS = 20
const MESSAGES = 40
const ANY = 'tcp://127.0.0.1:0'
const WHENEVER = { deadlineMs: Number.POSITIVE_INFINITY } as const

interface Suite {
  readonly name: string
  readonly config: ChaosConfig
  readonly session?: ReliableOptions
  /** What the chaos must have done, all seeds together, for the suite to have shown anything. */
  readonly happened: (statistics: ChaosStatistics) => number
  /** What else goes wrong while messages are under way. */
  readonly disturb?: (chaos: ActorRef<ChaosProtocol>) => Promise<void>
}

const both = (count: keyof ChaosStatistics['up']) => (statistics: ChaosStatistics) =>
  statistics.up[count] + statistics.down[count]

/** Nothing gets through until something was lost to it; three times. */
async function partitions(chaos: ActorRef<ChaosProtocol>): Promise<void> {
  for (const direction of ['both', 'up', 'down'] as const) {
    const before = both('partitionedMessages')(await chaos.ask.statistics())
    await chaos.ask.partition(direction)
    await until(async () => both('partitionedMessages')(await chaos.ask.statistics()) > before, `a loss ${direction}`)
    await chaos.ask.heal()
  }
}

const suites: readonly Suite[] = [
  { name: '20 % loss', config: { lossRate: 0.2 }, happened: both('lostMessages') },
  { name: '500 ms ± 200 latency', config: { latencyMs: 500, latencyVarianceMs: 200 }, happened: both('seenMessages') },
  {
    name: 'reordering',
    config: { reorderRate: 0.3, latencyMs: 5, latencyVarianceMs: 5 },
    happened: both('reorderedMessages'),
  },
  { name: 'duplicates', config: { duplicateRate: 0.4 }, happened: both('duplicatedMessages') },
  { name: 'corruption', config: { corruptionRate: 0.15 }, happened: both('corruptedMessages') },
  { name: 'partition and heal', config: {}, happened: both('partitionedMessages'), disturb: partitions },
  { name: 'resets', config: { resetRate: 0.02, kickRate: 0.01, latencyMs: 2 }, happened: both('cutOffMessages') },
  {
    name: 'all at once',
    config: {
      latencyMs: 20,
      latencyVarianceMs: 15,
      lossRate: 0.1,
      duplicateRate: 0.1,
      reorderRate: 0.1,
      corruptionRate: 0.05,
      resetRate: 0.005,
    },
    happened: (statistics) => Math.min(both('lostMessages')(statistics), both('corruptedMessages')(statistics)),
    disturb: partitions,
  },
]

/** Retries that come soon, and often enough that the test does not depend on luck. */
const session: ReliableOptions = { timeoutMs: 1_500, retry: { baseMs: 50, capMs: 500, jitterMs: 20, retriesMax: 12 } }

describe('a reliable session under chaos', () => {
  const system = sharedSystem({ threads: 1 })

  it.each(suites)(
    '$name: every message ends delivered once or reported, none is processed twice, no changed byte is accepted',
    async (suite) => {
      const first = Math.floor(Math.random() * 2 ** 31)
      console.log(`${suite.name}: seeds ${first} to ${first + SEEDS - 1}`)
      const processed = system().spawn(Processed, [])
      const server = serveReliable(system(), ANY, { ...session, ...suite.session, receiver: processed as never })
      const to = await server.ask.endpoint()
      const seeds = Array.from({ length: SEEDS }, (_, n) => first + n)
      const runs = await Promise.all(seeds.map((seed) => run(system(), suite, seed, to, processed as never)))
      expect(runs.flatMap(({ problem }) => problem ?? [])).toEqual([])
      // Otherwise nothing was shown.
      expect(runs.reduce((sum, { happened }) => sum + happened, 0)).toBeGreaterThan(SEEDS / 2)
      expect(await processed.ask.brokenCount()).toBe(0)
      await server.ask.close()
      await system().stop(processed)
    },
  )
})

interface Run {
  readonly problem: string | undefined
  /** What the chaos has done, as the suite counts it. */
  readonly happened: number
}

async function run(
  system: System,
  suite: Suite,
  seed: number,
  to: string,
  processed: ActorRef<{ numbers(from: string): readonly number[] }>,
): Promise<Run> {
  const framing = { kind: 'length-prefix' } as const
  const chaos = spawnChaos(system, { listen: ANY, to, framing, seed, config: suite.config })
  const name = `seed-${seed}`
  const client = dialReliable(system, await chaos.ask.endpoint(), {
    ...session,
    ...suite.session,
    name,
    backoff: { minMs: 10, maxMs: 100 },
  })
  const sending = Array.from({ length: MESSAGES }, async (_, number) =>
    client.with(WHENEVER).ask.send(numbered(number, 50 + number * 40)),
  )
  await suite.disturb?.(chaos)
  const results = await Promise.all(sending)
  const statistics = await chaos.ask.statistics()
  await client.ask.close()
  const numbers = await processed.ask.numbers(name)
  await system.stop(chaos)

  const problem = problemOf(results, numbers)
  return { problem: problem && `${name}: ${problem}`, happened: suite.happened(statistics) }
}

function problemOf(results: readonly DeliveryResult[], numbers: readonly number[]): string | undefined {
  const found = new Set(numbers)
  if (found.size !== numbers.length) return `${numbers.length - found.size} processed twice`
  const missing = results.flatMap(({ kind }, number) => (kind === 'delivered' && !found.has(number) ? [number] : []))
  if (missing.length > 0) return `delivered, but not processed: ${missing.join()}`
  const failed = results.filter(({ kind }) => kind !== 'delivered')
  if (failed.length <= MESSAGES / 4) return undefined
  // Reported is allowed, and rare: a session that reports all would pass otherwise.
  return `${failed.length} not delivered, such as ${JSON.stringify(failed[0])}`
}
