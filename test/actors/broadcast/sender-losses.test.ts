import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SenderLosses } from '#actors/broadcast/sender-losses'

describe('SenderLosses', () => {
  it('counts each sender for itself', () => {
    const losses = new SenderLosses()
    losses.take(1, 10)
    losses.take(0xffff_ffff, 500)
    losses.take(1, 12)
    expect(losses.countsOf(1)).toMatchObject({ received: 2, lost: 1 })
    expect(losses.countsOf(0xffff_ffff)).toMatchObject({ received: 1, lost: 0 })
    expect(losses.countsOf(2)).toBeUndefined()
  })

  it('takes a sender that started again, with a new id, for a new stream without a loss', () => {
    const losses = new SenderLosses()
    for (const sequence of [0, 1, 2]) losses.take(7, sequence)
    for (const sequence of [0, 1]) losses.take(8, sequence)
    expect(losses.senders).toBe(2)
    expect(losses.totals).toEqual({ received: 5, lost: 0, duplicates: 0, reordered: 0, stale: 0 })
  })

  it('forgets who was not heard for the longest time, and keeps what it counted in the totals', () => {
    const losses = new SenderLosses({ sendersMax: 2 })
    losses.take(1, 0)
    losses.take(2, 0)
    losses.take(1, 2)
    losses.take(3, 0)
    expect(losses.countsOf(2)).toBeUndefined()
    expect(losses.countsOf(1)).toMatchObject({ received: 2, lost: 1 })
    losses.take(4, 0)
    expect(losses.countsOf(1)).toBeUndefined()
    expect(losses.totals).toMatchObject({ received: 5, lost: 1 })
  })

  it('never remembers more senders than its limit, and counts every datagram', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(9), fc.nat(20))), (datagrams) => {
        const losses = new SenderLosses({ sendersMax: 3 })
        for (const [senderId, sequence] of datagrams) {
          losses.take(senderId, sequence)
          expect(losses.senders).toBeLessThanOrEqual(3)
        }
        const { received, duplicates, stale } = losses.totals
        expect(received + duplicates + stale).toBe(datagrams.length)
      }),
    )
  })

  it.each([0, 1.5, 65_537, Number.NaN])('refuses %d as the most senders', (sendersMax) => {
    expect(() => new SenderLosses({ sendersMax })).toThrow(
      expect.objectContaining({
        name: 'UsageError',
        code: 'invalid-option',
        message: `SenderLosses: sendersMax must be a whole number from 1 to 65536, got ${sendersMax}`,
      }),
    )
  })
})
