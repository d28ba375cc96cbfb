import { describe, expect, it } from 'vitest'
import { MonotonicClock } from '#actors/clock/monotonic-clock'
import { describeEpochClockContract } from '../../contract/epoch-clock.contract.ts'
import { ManualSources } from './manual-sources.ts'

describeEpochClockContract('MonotonicClock', (sources) => new MonotonicClock(sources))

describe('MonotonicClock', () => {
  it('begins with the time of day, and does not notice when that is set later', () => {
    const sources = new ManualSources(1_000)
    const clock = new MonotonicClock(sources)
    sources.pass(1_500_000)
    sources.setWall(-900_000_000)
    expect([clock.nowMs(), clock.nowUs(), clock.nowNs()]).toEqual([1_001, 1_001_500, 1_001_500_000n])
    sources.setWall(3_600_000_000_000)
    sources.pass(1)
    expect(clock.nowNs()).toBe(1_001_500_001n)
  })

  it('tells nanoseconds apart after a month', () => {
    const sources = new ManualSources(0)
    const clock = new MonotonicClock(sources)
    const dayNs = 86_400_000_000_000
    for (let day = 0; day < 30; day++) sources.pass(dayNs)
    const before = clock.nowNs()
    sources.pass(1)
    expect(clock.nowNs() - before).toBe(1n)
  })
})
