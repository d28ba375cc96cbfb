import { describe, expect, it } from 'vitest'
import { StartPace } from '#actors/device/fleet/start-pace'

/** Times at which it lets something start, asked every `stepMs`. */
function starts(pace: StartPace, fromMs: number, toMs: number, stepMs: number): number[] {
  const times: number[] = []
  for (let nowMs = fromMs; nowMs <= toMs; nowMs += stepMs) while (pace.take(nowMs)) times.push(nowMs)
  return times
}

describe('a start pace', () => {
  it('lets one start at once, and the next when its place has come', () => {
    expect(starts(new StartPace(10), 0, 500, 1)).toEqual([0, 100, 200, 300, 400, 500])
  })

  it.each([1, 7, 50, 99])('keeps its rate where it is asked every %i ms', (stepMs) => {
    expect(starts(new StartPace(100), 0, 10_000, stepMs).length).toBeGreaterThanOrEqual(990)
    expect(starts(new StartPace(100), 0, 10_000, stepMs).length).toBeLessThanOrEqual(1_002)
  })

  it('makes no storm of what a pause has left out', () => {
    const pace = new StartPace(100)
    expect(starts(pace, 0, 100, 10).length).toBe(11)
    expect(starts(pace, 5_000, 5_100, 10).length).toBe(11)
  })

  it('has no limit of Infinity', () => {
    const pace = new StartPace(Number.POSITIVE_INFINITY)
    for (let n = 0; n < 1_000; n++) expect(pace.take(5)).toBe(true)
  })
})
