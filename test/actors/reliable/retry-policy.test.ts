import { SeededRandom } from 'troupe'
import { describe, expect, it } from 'vitest'
import { RetryPolicy } from '#actors/reliable/retry-policy'

const random = (value: number) => ({ next: () => value })

describe('RetryPolicy', () => {
  it('waits 0.25 s, twice as long each time, 5 s at most', () => {
    const policy = new RetryPolicy({ retriesMax: 10 }, random(0))
    expect([0, 1, 2, 3, 4, 5, 6, 100].map((n) => policy.delayMs(n))).toEqual([
      250, 500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000,
    ])
  })

  it('adds up to 0.1 s at random', () => {
    expect(new RetryPolicy({}, random(0.5)).delayMs(0)).toBe(300)
    const policy = new RetryPolicy({}, new SeededRandom(7))
    for (let n = 0; n < 1_000; n++) {
      const delay = policy.delayMs(0)
      expect(delay).toBeGreaterThanOrEqual(250)
      expect(delay).toBeLessThan(350)
    }
  })

  it('retries three times', () => {
    const policy = new RetryPolicy()
    expect([0, 1, 2, 3, 4].map((retries) => policy.mayRetry(retries))).toEqual([true, true, true, false, false])
    expect(new RetryPolicy({ retriesMax: 0 }).mayRetry(0)).toBe(false)
  })

  it('refuses options that are misspelt or out of range', () => {
    expect(() => new RetryPolicy({ retriesMax: -1 })).toThrow('retriesMax must be a whole number from 0 to 1000')
    expect(() => new RetryPolicy({ factor: 0.5 })).toThrow('factor must be a number from 1 to 10')
    expect(() => new RetryPolicy({ retries: 1 } as never)).toThrow("unknown option 'retries'")
  })
})
