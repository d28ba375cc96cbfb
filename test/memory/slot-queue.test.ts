import { describe, expect, it } from 'vitest'
import { SlotQueue } from '#src/memory/slot-queue'

describe('SlotQueue', () => {
  it('gives numbers back in the order they came, also around its end and beyond its first size', () => {
    const queue = new SlotQueue(1_000)
    let next = 0
    let expected = 0
    for (let round = 0; round < 50; round++) {
      for (let n = 0; n < 20; n++) queue.push(next++)
      for (let n = 0; n < 10; n++) expect(queue.shift()).toBe(expected++)
    }
    expect(queue.count).toBe(500)
  })

  it('answers -1 when empty and false when full', () => {
    const queue = new SlotQueue(2)
    expect(queue.shift()).toBe(-1)
    expect([queue.push(7), queue.push(8), queue.push(9)]).toEqual([true, true, false])
    expect([queue.shift(), queue.shift(), queue.shift()]).toEqual([7, 8, -1])
  })
})
