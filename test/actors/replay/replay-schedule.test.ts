import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LOOP_GAP_MS, ReplaySchedule, recordedPace, steadyPace } from '#actors/replay/replay-schedule'

const reads = [0, 10, 10, 250].map((atMs, index) => ({ atMs, endOffset: index + 1 }))

describe('steadyPace', () => {
  it.each([
    [200, 0, 0],
    [200, 4.9, 0],
    [200, 5, 1],
    [200, 1_000, 200],
    [0.5, 1_999, 0],
    [0.5, 2_000, 1],
    [200, 86_400_000, 17_280_000],
  ])('at %d packets a second, after %d ms, %d are due', (rate, elapsedMs, due) => {
    expect(steadyPace(rate)(elapsedMs)).toBe(due)
  })
})

describe('recordedPace', () => {
  const loopMs = 250 + LOOP_GAP_MS

  it.each([
    [0, 1],
    [9.9, 1],
    [10, 3],
    [249, 3],
    [250, 4],
    [loopMs - 1, 4],
    [loopMs, 5],
    [loopMs + 10, 7],
    [loopMs * 3, 13],
  ])('after %d ms, %d reads are due', (elapsedMs, due) => {
    expect(recordedPace(reads)(elapsedMs)).toBe(due)
  })
})

describe('ReplaySchedule', () => {
  it('does not drift: however late it is asked, it grants what was due', () => {
    const delays = fc.array(fc.double({ min: 0, max: 40, noNaN: true }), { minLength: 1, maxLength: 200 })
    fc.assert(
      fc.property(delays, (delaysMs) => {
        const schedule = new ReplaySchedule(steadyPace(200), 1_000, 10)
        let nowMs = 1_000
        let granted = 0
        for (const delayMs of delaysMs) {
          nowMs += delayMs
          granted += schedule.take(nowMs)
        }
        expect(granted).toBe(Math.floor(((nowMs - 1_000) * 200) / 1_000))
        expect(schedule.forgone).toBe(0)
      }),
    )
  })

  it('grants at most a burst after a stall, forgoes the rest, and goes on at its pace', () => {
    const schedule = new ReplaySchedule(steadyPace(100), 0, 50)
    expect(schedule.take(10_000)).toBe(50)
    expect(schedule.forgone).toBe(950)
    expect(schedule.take(10_000)).toBe(0)
    expect(schedule.take(10_100)).toBe(10)
  })

  it('grants nothing when its time has not come, or the clock was read earlier', () => {
    const schedule = new ReplaySchedule(steadyPace(100), 0, 50)
    expect(schedule.take(50)).toBe(5)
    expect(schedule.take(40)).toBe(0)
    expect(schedule.take(60)).toBe(1)
  })
})
