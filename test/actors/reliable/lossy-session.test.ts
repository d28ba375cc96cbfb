import { describe, expect, it } from 'vitest'
import type { ReliableOptions } from '#actors/reliable/reliable-options'
import { testSeed } from '../../support/test-seed.ts'
import { LossyNetwork, type Side, type Weather } from './lossy-network.ts'

const SEEDS = [...Array.from({ length: 20 }, (_, n) => 1_000 + n * 7_919), testSeed('lossy sessions')]
const MESSAGES = 150

/** Small windows and chunks, so that all that can happen does. */
const options: ReliableOptions = {
  windowMax: 16,
  sendQueueMax: 1_000,
  receiveQueueMax: 20,
  processingMax: 5,
  chunkBytes: 64,
  timeoutMs: 1_000,
  keepAliveMs: 2_000,
  ttlMs: 120_000,
  retry: { retriesMax: 6 },
}

type Counts = LossyNetwork['counts']

/** And what it must have done, each time. */
const weathers: Readonly<Record<string, { weather: Weather; mustHappen: readonly (keyof Counts)[] }>> = {
  'no trouble': { weather: {}, mustHappen: [] },
  '20 % loss': { weather: { loss: 0.2 }, mustHappen: ['lost'] },
  '500 ms ± 200': { weather: { latencyMs: 300, varianceMs: 400 }, mustHappen: ['overtaken'] },
  reorder: { weather: { latencyMs: 1, varianceMs: 40 }, mustHappen: ['overtaken'] },
  duplicates: { weather: { duplicate: 0.5, varianceMs: 5 }, mustHappen: ['duplicated'] },
  corruption: { weather: { corrupt: 0.1 }, mustHappen: ['corrupted'] },
  'all at once': {
    weather: { loss: 0.15, duplicate: 0.2, corrupt: 0.05, latencyMs: 5, varianceMs: 50 },
    mustHappen: ['lost', 'overtaken', 'duplicated', 'corrupted'],
  },
}

/** Every message has one result; what was delivered was processed once; nothing was processed twice. */
function expectAccounted(from: Side, to: Side, sent: readonly string[]): void {
  expect(new Set(to.processed).size).toBe(to.processed.length)
  for (const text of sent) {
    const result = from.results.get(text)
    expect(result, text).toBeDefined()
    if (result?.kind === 'delivered') expect(to.processed).toContain(text)
    if (result?.kind === 'rejected') expect(to.processed).not.toContain(text)
  }
  for (const text of to.processed) expect(sent).toContain(text)
}

function inOrder(texts: readonly string[], prefix: string): void {
  const numbers = texts
    .filter((text) => text.startsWith(prefix))
    .map((text) => Number(text.slice(prefix.length, prefix.length + 4)))
  expect(numbers).toEqual(numbers.toSorted((one, other) => one - other))
}

function text(network: LossyNetwork, prefix: string, n: number): string {
  const length = network.random.next() < 0.2 ? network.random.below(600) : network.random.below(60)
  return `${prefix}${String(n).padStart(4, '0')} ${'x'.repeat(length)}`
}

describe.each(Object.entries(weathers))('two sessions with %s between them', (_name, { weather, mustHappen }) => {
  it.each(SEEDS)('account for every message, once (seed %i)', (seed) => {
    const processing = () => (network.random.next() < 0.3 ? network.random.below(30) : 0)
    const refuse = (some: string) => (some.includes('7 ') ? 'unlucky' : undefined)
    const network: LossyNetwork = new LossyNetwork(seed, weather, { options, processingMs: processing, refuse })
    network.connect()
    const sent = { a: [] as string[], b: [] as string[] }
    for (let n = 0; n < MESSAGES; n++) {
      for (const side of ['a', 'b'] as const) {
        const ordered = network.random.next() < 0.7
        const words = text(network, ordered ? `${side}o` : `${side}u`, n)
        sent[side].push(words)
        expect(network[side].send(words, { ordered }).answer).toBe('accepted')
      }
      if (network.random.next() < 0.3) network.run(network.random.below(20))
    }
    const isDone = () => network.a.session.pendingCount + network.b.session.pendingCount === 0
    network.run(200_000, isDone)
    expect(isDone()).toBe(true)
    network.run(5_000)
    expectAccounted(network.a, network.b, sent.a)
    expectAccounted(network.b, network.a, sent.b)
    inOrder(network.b.processed, 'ao')
    inOrder(network.a.processed, 'bo')
    for (const what of mustHappen) expect(network.counts[what], what).toBeGreaterThan(MESSAGES / 20)
  })
})

describe('two sessions whose link breaks again and again', () => {
  it.each(SEEDS)('lose and double nothing (seed %i)', (seed) => {
    const network = new LossyNetwork(
      seed,
      { loss: 0.02, varianceMs: 10 },
      { options: { ...options, retry: { retriesMax: 50 } } },
    )
    network.connect()
    const sent: string[] = []
    for (let n = 0; n < MESSAGES; n++) {
      const words = text(network, 'ao', n)
      sent.push(words)
      network.a.send(words)
      network.run(network.random.below(10))
      if (network.random.next() < 0.1) network.breakLink()
      if (network.random.next() < 0.03) network.isPartitioned = true
      if (network.random.next() < 0.2) network.isPartitioned = false
    }
    network.isPartitioned = false
    network.run(100_000, () => network.a.session.pendingCount === 0)
    expectAccounted(network.a, network.b, sent)
    expect([...network.a.results.values()].filter(({ kind }) => kind !== 'delivered')).toEqual([])
    expect(network.b.processed).toEqual(sent)
    expect(network.a.session.statistics.connectedCount).toBeGreaterThan(1)
    expect(network.counts.lost).toBeGreaterThan(0)
  })
})

describe('a session whose peer is cut off for a while', () => {
  it.each(SEEDS)('gives the connection up, and goes on when it is back (seed %i)', (seed) => {
    const network = new LossyNetwork(seed, { varianceMs: 3 }, { options: { ...options, retry: { retriesMax: 100 } } })
    network.connect()
    for (let n = 0; n < 30; n++) network.a.send(text(network, 'ao', n))
    network.run(2)
    network.isPartitioned = true
    network.run(10_000)
    expect(network.a.brokenLinks + network.b.brokenLinks).toBeGreaterThan(0)
    network.isPartitioned = false
    network.run(10_000, () => network.a.session.pendingCount === 0)
    expect(network.b.processed).toHaveLength(30)
    expect([...network.a.results.values()].every(({ kind }) => kind === 'delivered')).toBe(true)
  })
})
