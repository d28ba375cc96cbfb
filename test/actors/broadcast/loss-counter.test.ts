import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LOSS_WINDOW, LossCounter } from '#actors/broadcast/loss-counter'

const take = (...sequences: number[]) => {
  const counter = new LossCounter()
  const arrivals = sequences.map((sequence) => counter.take(sequence))
  return { counter, arrivals, counts: counter.counts }
}

const nothing = { received: 0, lost: 0, duplicates: 0, reordered: 0, stale: 0 }

describe('LossCounter', () => {
  it('has counted nothing before the first datagram', () => {
    expect(new LossCounter().counts).toEqual(nothing)
  })

  it('begins with whatever number comes first', () => {
    expect(take(4_000_000_000).counts).toEqual({ ...nothing, received: 1 })
  })

  it('counts what was skipped as lost', () => {
    expect(take(10, 11, 15).counts).toEqual({ ...nothing, received: 3, lost: 3 })
  })

  it('counts a late one as received and no longer as lost', () => {
    const { arrivals, counts } = take(1, 4, 2)
    expect(arrivals).toEqual(['newest', 'newest', 'late'])
    expect(counts).toEqual({ ...nothing, received: 3, lost: 1, reordered: 1 })
  })

  it('counts a duplicate apart, of a late one too', () => {
    const { arrivals, counts } = take(1, 1, 3, 2, 2, 3)
    expect(arrivals).toEqual(['newest', 'duplicate', 'newest', 'late', 'duplicate', 'duplicate'])
    expect(counts).toEqual({ ...nothing, received: 3, duplicates: 3, reordered: 1 })
  })

  it('counts a first datagram that was overtaken at the very start, and what is missing from it on', () => {
    expect(take(5, 3).counts).toEqual({ ...nothing, received: 2, lost: 1, reordered: 1 })
    expect(take(5, 3, 4, 3).counts).toEqual({ ...nothing, received: 3, duplicates: 1, reordered: 2 })
  })

  it('goes on over the wrap of the numbers', () => {
    expect(take(0xffff_fffe, 0xffff_ffff, 0, 1).counts).toEqual({ ...nothing, received: 4 })
    expect(take(0xffff_fffe, 1, 0xffff_ffff, 0, 0xffff_fffe).counts).toEqual({
      ...nothing,
      received: 4,
      duplicates: 1,
      reordered: 2,
    })
  })

  it('remembers the newest and the 1,023 numbers before it', () => {
    const { counter } = take(0, 1, LOSS_WINDOW)
    expect(counter.take(1)).toBe('duplicate')
    expect(counter.take(2)).toBe('late')
    expect(counter.take(0)).toBe('stale')
    expect(counter.counts).toEqual({ received: 4, lost: 1_021, duplicates: 1, reordered: 1, stale: 1 })
  })

  it.each([LOSS_WINDOW - 1, LOSS_WINDOW, LOSS_WINDOW + 1, 5 * LOSS_WINDOW + 3])(
    'forgets what arrived before a gap of %d',
    (gap) => {
      const { counter } = take(...Array.from({ length: 2 * LOSS_WINDOW }, (_, index) => index))
      const newest = 2 * LOSS_WINDOW - 1 + gap
      counter.take(newest)
      const late = Array.from({ length: Math.min(gap, LOSS_WINDOW) - 1 }, (_, index) =>
        counter.take(newest - 1 - index),
      )
      expect(late.every((arrival) => arrival === 'late')).toBe(true)
    },
  )

  it('counts a number 2^31 - 1 ahead as newer, and one 2^31 ahead as older', () => {
    expect(take(0, 0x7fff_ffff).counts.lost).toBe(0x7fff_fffe)
    expect(take(0, 0x8000_0000).arrivals).toEqual(['newest', 'stale'])
  })

  it('begins again where a window full of stale ones and nothing else arrives', () => {
    const { counter } = take(0)
    const from = 0x9000_0000
    for (let index = 0; index < LOSS_WINDOW; index++) expect(counter.take(from + index)).toBe('stale')
    expect(counter.take(from + LOSS_WINDOW)).toBe('newest')
    expect(counter.take(from + LOSS_WINDOW + 2)).toBe('newest')
    expect(counter.counts).toEqual({ ...nothing, received: 3, lost: 1, stale: LOSS_WINDOW })
    counter.take(from + LOSS_WINDOW - 1)
    expect(counter.counts).toEqual({ ...nothing, received: 4, lost: 1, reordered: 1, stale: LOSS_WINDOW })
  })

  it('does not begin again while current ones arrive in between', () => {
    const { counter } = take(5_000)
    for (let index = 0; index < 2 * LOSS_WINDOW; index++) {
      counter.take(0)
      if (index % LOSS_WINDOW === 0) counter.take(5_000)
    }
    expect(counter.take(5_001)).toBe('newest')
    expect(counter.counts).toMatchObject({ received: 2, lost: 0, stale: 2 * LOSS_WINDOW })
  })

  it('counts what a set of all numbers would, whatever the network does, wherever the numbers begin', () => {
    const disturbed = fc.array(fc.tuple(fc.nat(3), fc.integer({ min: -LOSS_WINDOW + 1, max: LOSS_WINDOW * 2 })))
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), disturbed, (base, steps) => {
        const counter = new LossCounter()
        const seen = new Set<number>()
        let newest = 0
        let lowest = 0
        const counts = { ...nothing }
        const arrive = (position: number) => {
          const arrival = counter.take((base + position) >>> 0)
          if (seen.size > 0 && position <= newest - LOSS_WINDOW) counts.stale++
          else if (seen.has(position)) counts.duplicates++
          else {
            counts.received++
            if (seen.size > 0 && position < newest) counts.reordered++
            newest = seen.size === 0 ? position : Math.max(newest, position)
            lowest = seen.size === 0 ? position : Math.min(lowest, position)
            seen.add(position)
            expect(arrival).toBe(position === newest ? 'newest' : 'late')
          }
        }
        for (const [repeats, step] of steps) for (let index = 0; index <= repeats; index++) arrive(newest + step)
        counts.lost = seen.size === 0 ? 0 : newest - lowest + 1 - seen.size
        expect(counter.counts).toEqual(counts)
      }),
      { numRuns: 500 },
    )
  })
})
