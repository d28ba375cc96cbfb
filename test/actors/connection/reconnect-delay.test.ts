import { describe, expect, it } from 'vitest'
import { ReconnectDelay } from '#actors/connection/reconnect-delay'

const delaysOf = (random: { next(): number }, count: number) => {
  const delay = new ReconnectDelay({ minMs: 50, maxMs: 400, random })
  return Array.from({ length: count }, () => delay.next())
}

describe('ReconnectDelay', () => {
  it('doubles up to its limit', () => {
    expect(delaysOf({ next: () => 0 }, 5)).toEqual([25, 50, 100, 200, 200])
  })

  it('never waits longer than the limit, however the dice fall', () => {
    expect(delaysOf({ next: () => 0.5 }, 5)).toEqual([37.5, 75, 150, 300, 300])
    expect(Math.max(...delaysOf({ next: () => 1 }, 8))).toBe(400)
  })

  it('begins again after a success', () => {
    const delay = new ReconnectDelay({ minMs: 50, maxMs: 400, random: { next: () => 0 } })
    delay.next()
    delay.next()
    delay.reset()
    expect(delay.next()).toBe(25)
  })
})
