import { ManualClock } from 'troupe/testing'
import { describe, expect, test } from 'vitest'

describe('a manual clock', () => {
  test('stands still until it is told to go on', () => {
    const clock = new ManualClock(5)
    expect(clock.nowMs()).toBe(5)
    clock.advance(2.5)
    expect(clock.nowMs()).toBe(7.5)
  })

  test('fires timers in the order of their times, each with its own time as now', () => {
    const clock = new ManualClock()
    const seen: [string, number][] = []
    const note = (name: string) => () => void seen.push([name, clock.nowMs()])
    clock.schedule(30, note('late'))
    clock.schedule(10, note('early'))
    clock.schedule(10, note('early too'))
    clock.schedule(31, note('not yet'))
    clock.advance(30)
    expect(seen).toEqual([
      ['early', 10],
      ['early too', 10],
      ['late', 30],
    ])
    expect(clock.pendingCount).toBe(1)
    expect(clock.nextDueMs).toBe(31)
  })

  test('fires timers that are made meanwhile, if they are due by then', () => {
    const clock = new ManualClock()
    const seen: number[] = []
    const again = (): void => {
      seen.push(clock.nowMs())
      clock.schedule(10, again)
    }
    clock.schedule(10, again)
    clock.advance(35)
    expect(seen).toEqual([10, 20, 30])
    expect(clock.nowMs()).toBe(35)
  })

  test('does not fire what was cancelled', () => {
    const clock = new ManualClock()
    const seen: string[] = []
    const first = clock.schedule(10, () => seen.push('first'))
    clock.schedule(10, () => seen.push('second'))
    first.cancel()
    first.cancel()
    clock.advance(10)
    expect(seen).toEqual(['second'])
  })

  test('refuses to go back', () => {
    expect(() => new ManualClock().advance(-1)).toThrow('advance: ms must be a number from 0')
  })
})
