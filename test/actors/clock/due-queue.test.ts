import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DueQueue } from '#actors/clock/due-queue'

const times = fc.array(fc.nat(20), { maxLength: 60 })

/** Each time with its place, as they are due. */
function inOrder(dues: readonly number[]): (readonly [dueMs: number, place: number])[] {
  return dues
    .map((dueMs, place) => [dueMs, place] as const)
    .sort((one, other) => one[0] - other[0] || one[1] - other[1])
}

function queueOf(dues: readonly number[]): DueQueue<number> {
  const queue = new DueQueue<number>()
  for (const [place, dueMs] of dues.entries()) queue.add(dueMs, place)
  return queue
}

describe('a due queue', () => {
  it('answers what is due earliest, of equals what came first', () => {
    fc.assert(
      fc.property(times, (dues) => {
        const queue = queueOf(dues)
        for (const [dueMs, place] of inOrder(dues)) {
          expect([queue.nextMs, queue.first]).toEqual([dueMs, place])
          expect(queue.removeFirst()).toBe(place)
        }
        expect([queue.count, queue.first, queue.removeFirst()]).toEqual([0, undefined, undefined])
        expect(queue.nextMs).toBe(Number.POSITIVE_INFINITY)
      }),
    )
  })

  it('gives what is due by now, and nothing else', () => {
    fc.assert(
      fc.property(times, fc.nat(20), (dues, nowMs) => {
        const queue = queueOf(dues)
        const due = inOrder(dues).filter(([dueMs]) => dueMs <= nowMs)
        expect(due.map(() => queue.take(nowMs))).toEqual(due.map(([, place]) => place))
        expect(queue.take(nowMs)).toBeUndefined()
        expect(queue.count).toBe(dues.length - due.length)
      }),
    )
  })

  it('keeps the order of what it is told to retain, and of what comes afterwards', () => {
    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 5 }), times, (dues, divisor, later) => {
        const queue = queueOf(dues)
        queue.retain((place) => place % divisor === 0)
        for (const [index, dueMs] of later.entries()) queue.add(dueMs, dues.length + index)
        const wanted = inOrder([...dues, ...later]).filter(([, place]) => place >= dues.length || place % divisor === 0)
        expect(queue.count).toBe(wanted.length)
        expect(wanted.map(() => queue.removeFirst())).toEqual(wanted.map(([, place]) => place))
      }),
    )
  })

  it('is empty once it is cleared', () => {
    const queue = queueOf([3, 1, 2])
    queue.clear()
    expect([queue.count, queue.take(10)]).toEqual([0, undefined])
  })
})
