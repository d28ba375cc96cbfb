import { describe, expect, it } from 'vitest'
import { IdleStrategy, idleDefaults } from '#src/memory/idle-strategy'

const { pollMsMax, pollMsMin } = idleDefaults

/** Waits `waitMs` for work, in steps of a microsecond; answers how long it looked before it slept. */
function wait(strategy: IdleStrategy, startMs: number, waitMs: number): number {
  let lookedMs = waitMs
  for (let us = 0; us * 1e-3 < waitMs; us++) {
    if (strategy.onEmpty(startMs + us * 1e-3) === 'look') continue
    lookedMs = us * 1e-3
    break
  }
  strategy.onWork(startMs + waitMs)
  return lookedMs
}

describe('IdleStrategy', () => {
  it('looks for its budget and then sleeps', () => {
    const strategy = new IdleStrategy()
    expect(strategy.onEmpty(100)).toBe('look')
    expect(strategy.onEmpty(100 + pollMsMin * 0.9)).toBe('look')
    expect(strategy.onEmpty(100 + pollMsMin * 1.1)).toBe('sleep')
  })

  it('sleeps again at once after a wake-up for nothing', () => {
    const strategy = new IdleStrategy()
    strategy.onEmpty(0)
    expect(strategy.onEmpty(1)).toBe('sleep')
    expect(strategy.onEmpty(50)).toBe('sleep')
  })

  it('learns to look through waits that are shorter than its limit', () => {
    const strategy = new IdleStrategy()
    for (let n = 0; n < 10; n++) wait(strategy, n * 10, 0.2)
    expect(wait(strategy, 1_000, 0.2)).toBe(0.2)
  })

  it('never looks longer than its limit', () => {
    const strategy = new IdleStrategy()
    for (let n = 0; n < 100; n++) wait(strategy, n * 10, pollMsMax * 0.99)
    expect(strategy.budgetMs).toBe(pollMsMax)
    expect(wait(strategy, 5_000, 100)).toBeLessThanOrEqual(pollMsMax + 0.001)
  })

  it('forgets looking when the waits are long', () => {
    const strategy = new IdleStrategy()
    for (let n = 0; n < 10; n++) wait(strategy, n * 10, 0.2)
    for (let n = 0; n < 10; n++) wait(strategy, 1_000 + n * 200, 100)
    expect(strategy.budgetMs).toBe(pollMsMin)
  })

  it('sleeps at once when told to look for no time', () => {
    const strategy = new IdleStrategy({ pollMsMin: 0, pollMsMax: 0 })
    wait(strategy, 0, 0.1)
    expect(strategy.onEmpty(10)).toBe('sleep')
  })

  it('does not change while there is always work', () => {
    const strategy = new IdleStrategy()
    for (let n = 0; n < 10; n++) strategy.onWork(n)
    expect(strategy.budgetMs).toBe(pollMsMin)
  })
})
