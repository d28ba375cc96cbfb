import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EpochClock, TimeSources } from '#actors/clock/epoch-clock'
import { ManualSources } from '../actors/clock/manual-sources.ts'

const START_MS = 1_700_000_000_000

/** What every `EpochClock` promises while nobody sets the machine's clock. */
export function describeEpochClockContract(name: string, makeClock: (sources: TimeSources) => EpochClock): void {
  describe(`${name} keeps the contract of epoch clocks`, () => {
    it('tells the time since the epoch in three units', () => {
      const clock = makeClock(new ManualSources(START_MS))
      expect([clock.nowMs(), clock.nowUs(), clock.nowNs()]).toEqual([
        START_MS,
        START_MS * 1_000,
        BigInt(START_MS) * 1_000_000n,
      ])
    })

    it('tells steps of a microsecond apart, to the nanosecond', () => {
      const sources = new ManualSources(START_MS)
      const clock = makeClock(sources)
      const first = clock.nowNs()
      const firstUs = clock.nowUs()
      for (let step = 1; step <= 3_000; step++) {
        sources.pass(1_000)
        expect(Number(clock.nowNs() - first)).toBe(step * 1_000)
        expect(clock.nowUs() - firstUs).toBe(step)
      }
    })

    it('never goes back, and its units agree, wherever in a millisecond it was made', () => {
      const steps = fc.array(fc.nat(3_000_000), { minLength: 1, maxLength: 50 })
      fc.assert(
        fc.property(fc.nat(999_999), steps, (startNs, passedNs) => {
          const sources = new ManualSources(START_MS)
          sources.pass(startNs)
          const clock = makeClock(sources)
          let last = 0n
          for (const ns of passedNs) {
            sources.pass(ns)
            const now = clock.nowNs()
            expect(now >= last).toBe(true)
            expect(BigInt(clock.nowUs())).toBe(now / 1_000n)
            expect(BigInt(clock.nowMs())).toBe(now / 1_000_000n)
            last = now
          }
        }),
      )
    })
  })
}
