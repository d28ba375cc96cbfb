import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Random, SeededRandom } from '#src/base/random'
import { Backoff, type BackoffOptions, delayMs, resolveBackoffOptions } from '#src/kernel/supervision/backoff'

const always = (value: number): Random => ({ next: () => value })

function delays(options: BackoffOptions, count: number, random: Random): number[] {
  const resolved = resolveBackoffOptions(options)
  return Array.from({ length: count }, (_, restarts) => Math.round(delayMs(resolved, restarts, random) * 10) / 10)
}

describe('delayMs', () => {
  const table: [string, BackoffOptions, Random, number[]][] = [
    ['doubles up to the cap', { minMs: 50, maxMs: 500, jitter: 0 }, always(0.5), [50, 100, 200, 400, 500, 500]],
    ['grows by its factor', { minMs: 10, maxMs: 500, factor: 3, jitter: 0 }, always(0.5), [10, 30, 90, 270, 500]],
    ['stays at factor 1', { minMs: 70, maxMs: 500, factor: 1, jitter: 0 }, always(0.5), [70, 70, 70]],
    ['adds the least jitter', { minMs: 100, maxMs: 600, jitter: 0.5 }, always(0), [100, 200, 400, 400]],
    [
      'adds the most jitter, and not above the cap',
      { minMs: 100, maxMs: 600, jitter: 0.5 },
      always(1),
      [150, 300, 600, 600],
    ],
    ['spreads from 0 with full jitter', { minMs: 100, maxMs: 600, jitter: 'full' }, always(0), [0, 0, 0, 0]],
    [
      'spreads to the delay with full jitter',
      { minMs: 100, maxMs: 600, jitter: 'full' },
      always(1),
      [100, 200, 400, 600],
    ],
    ['with seed 7', { minMs: 100, maxMs: 1_000 }, new SeededRandom(7), [100.2, 202.5, 478.2, 911.8, 920.2, 900.9]],
    [
      'with seed 7 and full jitter',
      { minMs: 100, maxMs: 1_000, jitter: 'full' },
      new SeededRandom(7),
      [1.2, 12.4, 390.8, 559.2, 521.4, 405.5],
    ],
  ]
  for (const [behaviour, options, random, expected] of table) {
    it(behaviour, () => expect(delays(options, expected.length, random)).toEqual(expected))
  }

  it('keeps a fleet apart at the cap', () => {
    const random = new SeededRandom(1)
    const atCap = new Set(Array.from({ length: 100 }, () => delayMs(resolveBackoffOptions(), 50, random)))
    expect(atCap.size).toBe(100)
  })

  it('is never above maxMs nor negative, whatever the options', () => {
    const arbitrary = fc.record({
      minMs: fc.integer({ min: 1, max: 1_000 }),
      maxMs: fc.integer({ min: 1_000, max: 86_400_000 }),
      factor: fc.double({ min: 1, max: 100, noNaN: true }),
      jitter: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constant('full' as const)),
    })
    const property = fc.property(arbitrary, fc.nat(10_000), fc.integer(), (options, restarts, seed) => {
      const delay = delayMs(resolveBackoffOptions(options), restarts, new SeededRandom(seed))
      expect(delay).toBeGreaterThanOrEqual(0)
      expect(delay).toBeLessThanOrEqual(options.maxMs)
    })
    fc.assert(property, { numRuns: 300 })
  })
})

describe('Backoff', () => {
  const options = { minMs: 100, maxMs: 1_000, jitter: 0 }

  it('waits longer after each failed start', () => {
    const backoff = new Backoff(resolveBackoffOptions(options))
    expect([0, 1, 2].map((nowMs) => backoff.nextDelayMs(nowMs, always(0)))).toEqual([100, 200, 400])
  })

  it('begins anew after a run of (minMs + maxMs) / 2, not after a shorter one', () => {
    const backoff = new Backoff(resolveBackoffOptions(options))
    backoff.nextDelayMs(0, always(0))
    backoff.started(1_000)
    expect(backoff.nextDelayMs(1_549, always(0))).toBe(200)
    backoff.started(2_000)
    expect(backoff.nextDelayMs(2_550, always(0))).toBe(100)
  })

  it('does not take the time it waited for a run', () => {
    const backoff = new Backoff(resolveBackoffOptions(options))
    backoff.started(0)
    backoff.nextDelayMs(10, always(0))
    expect(backoff.nextDelayMs(100_000, always(0))).toBe(200) // failed to start
  })

  it('obeys resetAfterMs, and with Infinity never begins anew', () => {
    for (const [resetAfterMs, delay] of [
      [10, 100],
      [Number.POSITIVE_INFINITY, 200],
    ] as const) {
      const backoff = new Backoff(resolveBackoffOptions({ ...options, resetAfterMs }))
      backoff.nextDelayMs(0, always(0))
      backoff.started(100)
      expect(backoff.nextDelayMs(1e9, always(0))).toBe(delay)
    }
  })

  it('has a budget of restarts in a row, whole again after a stable run or a reset', () => {
    const backoff = new Backoff(resolveBackoffOptions({ ...options, restartsMax: 2 }))
    const next = (nowMs: number) => backoff.nextDelayMs(nowMs, always(0))
    expect([next(0), next(0), next(0)]).toEqual([100, 200, undefined])
    backoff.reset()
    expect([next(0), next(0), next(0)]).toEqual([100, 200, undefined])
    backoff.started(0)
    expect(next(600)).toBe(100)
  })

  it('has no restart to give with restartsMax 0', () => {
    expect(new Backoff(resolveBackoffOptions({ restartsMax: 0 })).nextDelayMs(0, always(0))).toBeUndefined()
  })
})

describe('resolveBackoffOptions', () => {
  it('has documented defaults', () => {
    expect(resolveBackoffOptions()).toEqual({
      minMs: 100,
      maxMs: 30_000,
      factor: 2,
      jitter: 0.2,
      resetAfterMs: 15_050,
      restartsMax: Number.POSITIVE_INFINITY,
    })
  })

  const refused: [unknown, RegExp][] = [
    [{ minMs: 0 }, /minMs must be a whole number from 1 to 86400000 ms, got 0/],
    [{ maxMs: Number.POSITIVE_INFINITY }, /maxMs must be .* got Infinity/],
    [{ minMs: 500, maxMs: 400 }, /maxMs must be at least minMs \(500\), got 400/],
    [{ factor: 0.5 }, /factor must be a number from 1 to 100, got 0.5/],
    [{ jitter: 1.5 }, /jitter must be .* got 1.5/],
    [{ jitter: 'half' }, /jitter must be .* got 'half'/],
    [{ resetAfterMs: -1 }, /resetAfterMs must be .* got -1/],
    [{ restartsMax: Number.NaN }, /restartsMax must be .* got NaN/],
    [{ minMS: 5 }, /unknown option 'minMS'; did you mean 'minMs'/],
  ]
  for (const [options, message] of refused) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      expect(() => resolveBackoffOptions(options as BackoffOptions)).toThrow(message)
    })
  }
})
