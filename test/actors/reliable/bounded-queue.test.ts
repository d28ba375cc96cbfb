import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BoundedQueue, type BoundedQueueOptions, type MessagePriority } from '#actors/reliable/bounded-queue'

function queue(options: BoundedQueueOptions<string> = {}) {
  const dropped: string[] = []
  const made = new BoundedQueue<string>({ itemsMax: 3, ...options, onDropped: (item) => dropped.push(item) })
  return { made, dropped, rest: () => Array.from({ length: made.size }, () => made.shift()) }
}

describe('BoundedQueue', () => {
  it('is first in, first out, whatever the priorities', () => {
    const { made, rest } = queue()
    made.offer('a', 'low')
    made.offer('b', 'high')
    made.offer('c')
    expect(made.peek()).toBe('a')
    expect(rest()).toEqual(['a', 'b', 'c'])
    expect(made.shift()).toBeUndefined()
    expect(made.peek()).toBeUndefined()
  })

  it.each([
    ['block', 'wait'],
    ['reject', 'rejected'],
  ] as const)('with %s has the producer told so when it is full', (policy, answer) => {
    const { made, dropped, rest } = queue({ policy })
    for (const item of ['a', 'b', 'c']) expect(made.offer(item)).toBe('accepted')
    expect(made.isFull).toBe(true)
    expect(made.offer('d')).toBe(answer)
    expect(made.offer('e', 'low')).toBe(answer)
    expect(dropped).toEqual([])
    expect(made.fullCount).toBe(2)
    expect(rest()).toEqual(['a', 'b', 'c'])
  })

  it('with drop-oldest has the oldest make room', () => {
    const { made, dropped, rest } = queue({ policy: 'drop-oldest' })
    for (const item of ['a', 'b', 'c', 'd', 'e']) expect(made.offer(item)).toBe('accepted')
    expect(dropped).toEqual(['a', 'b'])
    expect(made.droppedCount).toBe(2)
    expect(rest()).toEqual(['c', 'd', 'e'])
  })

  it('with drop-oldest does not drop what is dearer than the newcomer', () => {
    const { made, dropped } = queue({ policy: 'drop-oldest' })
    for (const item of ['a', 'b', 'c']) made.offer(item)
    expect(made.offer('d', 'low')).toBe('dropped')
    expect(dropped).toEqual([])
    expect(made.droppedCount).toBe(1)
  })

  it.each(['block', 'reject', 'drop-oldest'] as const)('with %s drops low priority first under pressure', (policy) => {
    const { made, dropped, rest } = queue({ policy })
    made.offer('normal')
    made.offer('debug 1', 'low')
    made.offer('debug 2', 'low')
    expect(made.offer('order')).toBe('accepted')
    expect(made.offer('alarm', 'high')).toBe('accepted')
    expect(dropped).toEqual(['debug 1', 'debug 2'])
    expect(made.offer('alarm 2', 'high')).toBe('accepted')
    expect(dropped[2]).toBe('normal')
    expect(rest()).toEqual(['order', 'alarm', 'alarm 2'])
  })

  it('holds 100 items unless told otherwise, and blocks', () => {
    const made = new BoundedQueue<number>()
    for (let n = 0; n < 100; n++) expect(made.offer(n)).toBe('accepted')
    expect(made.offer(100)).toBe('wait')
    made.shift()
    expect(made.offer(100)).toBe('accepted')
  })

  it('lets go of items that are not wanted any more', () => {
    const { made, rest } = queue()
    for (const item of ['a', 'b', 'c']) made.offer(item)
    expect(made.removeWhere((item) => item === 'b')).toBe(1)
    made.offer('d')
    expect(rest()).toEqual(['a', 'c', 'd'])
  })

  it('keeps order and bound, whatever comes', () => {
    const priority = fc.constantFrom<MessagePriority>('low', 'normal', 'high')
    const steps = fc.array(fc.option(priority, { nil: undefined }), { maxLength: 300 })
    fc.assert(
      fc.property(fc.constantFrom('block', 'reject', 'drop-oldest'), steps, (policy, all) => {
        const gone: number[] = []
        const made = new BoundedQueue<number>({ itemsMax: 5, policy, onDropped: (item) => gone.push(item) })
        let offered = 0
        let taken = 0
        let last = -1
        for (const step of all) {
          if (step !== undefined) {
            made.offer(offered++, step)
          } else {
            const item = made.shift()
            if (item === undefined) continue
            expect(item).toBeGreaterThan(last)
            last = item
            taken++
          }
          expect(made.size).toBeLessThanOrEqual(5)
        }
        expect(made.acceptedCount).toBe(taken + gone.length + made.size)
      }),
    )
  })

  it('refuses options out of range', () => {
    expect(() => new BoundedQueue({ itemsMax: 0 })).toThrow('itemsMax must be a whole number from 1')
    expect(() => new BoundedQueue({ policy: 'drop' as never })).toThrow('policy must be one of drop-oldest')
  })
})
