import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SystemClock } from '#actors/clock/system-clock'
import { describeEpochClockContract } from '../../contract/epoch-clock.contract.ts'
import { ManualSources } from './manual-sources.ts'

describeEpochClockContract('SystemClock', (sources) => new SystemClock(sources))

describe('SystemClock', () => {
  it('stays within the millisecond that the machine says, however that is set and the two drift', () => {
    const happening = fc.record({ passNs: fc.nat(5_000_000), setNs: fc.integer({ min: -20_000_000, max: 20_000_000 }) })
    fc.assert(
      fc.property(fc.array(happening, { minLength: 1, maxLength: 50 }), (happenings) => {
        const sources = new ManualSources(1_000_000)
        const clock = new SystemClock(sources)
        for (const { passNs, setNs } of happenings) {
          sources.pass(passNs)
          sources.setWall(setNs)
          expect(Math.floor(clock.nowUs() / 1_000)).toBe(sources.wallMs())
          expect(clock.nowNs() / 1_000_000n).toBe(BigInt(sources.wallMs()))
        }
      }),
    )
  })

  it('learns where a millisecond begins from seeing one begin', () => {
    const sources = new ManualSources(1_000.7)
    const clock = new SystemClock(sources)
    expect(clock.nowNs()).toBe(1_000_000_000n)
    sources.pass(300_000)
    expect(clock.nowNs()).toBe(1_001_000_000n)
    sources.pass(250_000)
    expect(clock.nowNs()).toBe(1_001_250_000n)
    sources.pass(10_000_500)
    expect(clock.nowNs()).toBe(1_011_250_500n)
  })

  it('does not run ahead into a millisecond that has not begun', () => {
    const sources = new ManualSources(1_000)
    const clock = new SystemClock(sources)
    sources.pass(900_000)
    sources.setWall(-200_000)
    sources.pass(200_000)
    expect(clock.nowNs()).toBe(1_000_999_999n)
  })

  it('follows when somebody sets the clock, also back', () => {
    const sources = new ManualSources(1_000)
    const clock = new SystemClock(sources)
    sources.setWall(-500_000_000)
    expect([clock.nowMs(), clock.nowUs()]).toEqual([500, 500_999])
    sources.setWall(9_500_000_000)
    expect([clock.nowMs(), clock.nowUs()]).toEqual([10_000, 10_000_000])
  })

  it('reads the machine unless it is given something else', () => {
    const before = Date.now()
    const now = new SystemClock().nowNs()
    expect(now >= BigInt(before) * 1_000_000n).toBe(true)
    expect(now < BigInt(Date.now() + 1) * 1_000_000n).toBe(true)
  })
})
