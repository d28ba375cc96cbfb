import { describe, expect, it } from 'vitest'
import { RestartWindow } from '#src/kernel/supervision/restart-window'

/** Attempts at these times; answers which were allowed. */
function attempts(options: { restartsMax: number; windowMs: number }, timesMs: number[], occurrences: number[] = []) {
  const window = new RestartWindow(options)
  return timesMs.map((nowMs, index) => window.tryRestart(nowMs, occurrences[index]))
}

describe('RestartWindow', () => {
  const table: [string, { restartsMax: number; windowMs: number }, number[], boolean[]][] = [
    ['allows none with 0', { restartsMax: 0, windowMs: 100 }, [0, 1_000], [false, false]],
    [
      'allows N at the same time, not one more',
      { restartsMax: 3, windowMs: 100 },
      [5, 5, 5, 5],
      [true, true, true, false],
    ],
    ['counts one made exactly a window ago', { restartsMax: 1, windowMs: 100 }, [0, 100], [true, false]],
    ['forgets one made longer ago', { restartsMax: 1, windowMs: 100 }, [0, 100.001], [true, true]],
    [
      'slides: each attempt ages for itself',
      { restartsMax: 2, windowMs: 100 },
      [0, 60, 101, 160, 161],
      [true, true, true, false, true],
    ],
    ['does not count a refused attempt', { restartsMax: 1, windowMs: 100 }, [0, 50, 101], [true, false, true]],
    [
      'starts anew after a long calm',
      { restartsMax: 2, windowMs: 100 },
      [0, 1, 900, 901, 902],
      [true, true, true, true, false],
    ],
  ]
  for (const [behaviour, options, timesMs, allowed] of table) {
    it(behaviour, () => expect(attempts(options, timesMs)).toEqual(allowed))
  }

  it('counts attempts of the same occurrence once', () => {
    const allowed = attempts({ restartsMax: 1, windowMs: 100 }, [0, 0, 0, 1], [7, 7, 7, 8])
    expect(allowed).toEqual([true, true, true, false])
  })

  it('tells interleaved occurrences apart, and from attempts without one', () => {
    const allowed = attempts({ restartsMax: 3, windowMs: 100 }, [0, 0, 0, 0, 0, 0], [1, 2, 1, 2, -1, -1])
    expect(allowed).toEqual([true, true, true, true, true, false])
  })

  it('does not let one occurrence excuse the next when the window is full', () => {
    expect(attempts({ restartsMax: 1, windowMs: 100 }, [0, 200, 200], [1, 2, 1])).toEqual([true, true, false])
  })

  it('remembers no more attempts than it allows', () => {
    const window = new RestartWindow({ restartsMax: 2, windowMs: 1 })
    const allowed = Array.from({ length: 1_000 }, (_, index) => window.tryRestart(index))
    // Windows of 1 ms with both ends counted hold two whole milliseconds.
    expect(allowed.every(Boolean)).toBe(true)
    expect([999, 999.5, 1_000.5].map((nowMs) => window.tryRestart(nowMs))).toEqual([false, true, true])
  })
})
