import { describe, expect, it } from 'vitest'
import { Pace } from '#src/kernel/supervision/pace'

/** So many steps to take; `onStep` happens during each. */
function walk(steps: number, stepsATurn?: number) {
  const taken: number[] = []
  let left = steps
  let depth = 0
  let pauses = 0
  const pace: Pace = new Pace(
    () => {
      if (left === 0) return false
      depth++
      expect(depth, 'no step within a step').toBe(1)
      taken.push(left--)
      pace.goOn() // as a child does that reports at once
      depth--
      return true
    },
    () => void pauses++,
    stepsATurn,
  )
  return { pace, taken, pauses: () => pauses, more: (count: number) => (left += count) }
}

describe('a pace', () => {
  it('takes steps until there is none, one after the other', () => {
    const { pace, taken, pauses } = walk(5)
    pace.goOn()
    expect([taken, pauses()]).toEqual([[5, 4, 3, 2, 1], 0])
  })

  it('pauses after so many, and takes none before it is resumed', () => {
    const { pace, taken, pauses } = walk(5, 2)
    pace.goOn()
    pace.goOn()
    pace.together(() => {})
    expect([taken.length, pauses()]).toEqual([2, 1])
    pace.resume()
    expect([taken.length, pauses()]).toEqual([4, 2])
    pace.resume()
    expect([taken.length, pauses()]).toEqual([5, 2])
  })

  it('takes 1,024 in a row if nothing else is said', () => {
    const { pace, taken } = walk(5_000)
    pace.goOn()
    expect(taken.length).toBe(1_024)
  })

  it('takes none before all is known that happens at once', () => {
    const { pace, taken, more } = walk(0)
    pace.together(() => {
      more(1)
      pace.goOn()
      pace.together(() => more(1))
      expect(taken).toEqual([])
    })
    expect(taken.length).toBe(2)
  })
})
