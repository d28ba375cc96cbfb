import { ManualClock } from 'troupe/testing'
import { describe, expect, it } from 'vitest'
import { CachedClock, type CachedClockOptions } from '#actors/clock/cached-clock'
import { MonotonicClock } from '#actors/clock/monotonic-clock'
import { ManualSources } from './manual-sources.ts'

/** A cached clock whose source and timers a test moves together. */
function makeCached(options: CachedClockOptions = {}) {
  const timers = new ManualClock()
  const sources = new ManualSources(1_000)
  const monotonic = new MonotonicClock(sources)
  let readings = 0
  const source = {
    nowMs: () => monotonic.nowMs(),
    nowUs: () => monotonic.nowUs(),
    nowNs: () => {
      readings++
      return monotonic.nowNs()
    },
  }
  const pass = (ms: number) => {
    sources.pass(ms * 1_000_000)
    timers.advance(ms)
  }
  return { clock: new CachedClock({ source, timers, ...options }), sources, pass, readings: () => readings }
}

describe('CachedClock', () => {
  it('tells the same instant in three units', () => {
    const { clock, sources } = makeCached()
    sources.pass(1_234_567)
    expect([clock.nowMs(), clock.nowUs(), clock.nowNs()]).toEqual([1_001, 1_001_234, 1_001_234_567n])
  })

  it('is behind by no more than refreshMs while it is read and timers are in time', () => {
    for (const refreshMs of [1, 5]) {
      const { clock, pass } = makeCached({ refreshMs })
      for (let step = 0; step < 200; step++) {
        const behindUs = 1_000_000 + step * 250 - clock.nowUs()
        expect(behindUs).toBeGreaterThanOrEqual(0)
        expect(behindUs).toBeLessThanOrEqual(refreshMs * 1_000)
        pass(0.25)
      }
    }
  })

  it('stands still while timers are late, until it is refreshed', () => {
    const { clock, sources } = makeCached()
    clock.nowMs()
    sources.pass(40_000_000)
    expect(clock.nowMs()).toBe(1_000)
    clock.refresh()
    expect(clock.nowMs()).toBe(1_040)
  })

  it('reads its source once a refresh, not once a reading', () => {
    const { clock, pass, readings } = makeCached()
    for (let count = 0; count < 1_000; count++) clock.nowNs()
    expect(readings()).toBe(1)
    pass(1)
    for (let count = 0; count < 1_000; count++) clock.nowUs()
    expect(readings()).toBe(2)
  })

  it('stops when nobody reads it, and goes to its source when somebody does again', () => {
    const { clock, pass, readings } = makeCached()
    clock.nowMs()
    pass(1_000)
    expect(readings()).toBe(2)
    pass(1_000)
    expect(readings()).toBe(2)
    expect(clock.nowMs()).toBe(3_000)
    pass(1)
    expect(clock.nowMs()).toBe(3_001)
  })

  it.each([0, 0.5, 1_001, Number.NaN])('refuses to refresh every %d ms', (refreshMs) => {
    expect(() => new CachedClock({ refreshMs })).toThrow(
      `refreshMs must be a number from 1 to 1000 ms, got ${refreshMs}`,
    )
  })
})
