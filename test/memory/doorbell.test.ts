import { describe, expect, it } from 'vitest'
import { Doorbell } from '#src/memory/doorbell'
import { SEAT_BELL_WORD, SEAT_BYTES, SEAT_DIRTY_LOW_WORD, SEAT_WORDS } from '#src/memory/seat-layout'
import { SeatTable } from '#src/memory/seat-table'

function doorbell() {
  const seats = new SeatTable(new SharedArrayBuffer(3 * SEAT_BYTES), 0, 3)
  const consumer = new Doorbell(seats.words, 1)
  while (consumer.takePending() >= 0) {
    // a fresh doorbell begins with everything
  }
  return { seats, consumer, ringer: new Doorbell(seats.words, 1) }
}

function pending(consumer: Doorbell): number[] {
  const seats: number[] = []
  for (let from = consumer.takePending(); from >= 0; from = consumer.takePending()) seats.push(from)
  return seats
}

describe('Doorbell', () => {
  it('begins with every seat pending, since its predecessor may have died over any', () => {
    const { seats } = doorbell()
    const fresh = new Doorbell(seats.words, 1)
    expect(fresh.collect()).toBe(true)
    expect(pending(fresh)).toEqual(Array.from({ length: 64 }, (_, seat) => seat))
  })

  it('tells which seats have news, once', () => {
    const { consumer, ringer } = doorbell()
    for (const from of [63, 0, 31, 32, 5, 5]) ringer.ringFor(from)
    expect(consumer.collect()).toBe(true)
    expect(pending(consumer)).toEqual([0, 5, 31, 32, 63])
    expect(consumer.collect()).toBe(false)
  })

  it('keeps a seat pending that was put back', () => {
    const { consumer } = doorbell()
    consumer.putBack(40)
    consumer.putBack(31)
    expect(consumer.park()).toBeUndefined()
    expect(consumer.collect()).toBe(true)
    expect(pending(consumer)).toEqual([31, 40])
  })

  it('does not park while a ring is dirty', () => {
    const { seats, consumer, ringer } = doorbell()
    ringer.ringFor(2)
    expect(consumer.park()).toBeUndefined()
    expect(seats.isParked(1)).toBe(false)
  })

  it('does not park while the caller has work that shows only after PARKED is visible', () => {
    const { seats, consumer } = doorbell()
    let wasParked = false
    const hasWork = () => (wasParked = seats.isParked(1))
    expect(consumer.park(hasWork)).toBeUndefined()
    expect(wasParked).toBe(true)
    expect(seats.isParked(1)).toBe(false)
  })

  it('wakes when somebody rings, and says so to the seat table', async () => {
    const { seats, consumer, ringer } = doorbell()
    const sleep = consumer.park()
    expect(seats.isParked(1)).toBe(true)
    ringer.ringFor(2)
    await sleep
    expect(seats.isParked(1)).toBe(false)
    expect(consumer.collect()).toBe(true)
    expect(pending(consumer)).toEqual([2])
  })

  it('wakes without any news when told to', async () => {
    const { consumer, ringer } = doorbell()
    const sleep = consumer.park()
    ringer.wake()
    await sleep
    expect(consumer.collect()).toBe(false)
  })

  it('registers one waiter however often it parks and unparks', async () => {
    const { consumer, ringer } = doorbell()
    const first = consumer.park()
    for (let n = 0; n < 100; n++) {
      consumer.unpark()
      expect(consumer.park()).toBe(first)
    }
    ringer.ringFor(0)
    await first
    pending(consumer)
    consumer.collect()
    pending(consumer)
    expect(consumer.park()).not.toBe(first)
    consumer.close()
  })

  it('is woken, by whoever noticed, when the last ringer died before its notify', async () => {
    const { seats, consumer, ringer } = doorbell()
    const sleep = consumer.park()
    Atomics.or(seats.words, SEAT_WORDS + SEAT_DIRTY_LOW_WORD, 1 << 2)
    Atomics.store(seats.words, SEAT_WORDS + SEAT_BELL_WORD, 1)
    ringer.ringFor(0)
    ringer.wake()
    await sleep
    consumer.collect()
    expect(pending(consumer)).toEqual([0, 2])
  })

  it('lets go of its waiter when it is closed', async () => {
    const { seats, consumer } = doorbell()
    const sleep = consumer.park()
    consumer.close()
    await sleep
    expect(seats.isParked(1)).toBe(false)
  })

  it('blocks until it is rung, and not at all when it was', () => {
    const { consumer, ringer } = doorbell()
    expect(consumer.blockingWait(undefined, 1)).toBe(false)
    ringer.ringFor(2)
    expect(consumer.blockingWait(undefined, 60_000)).toBe(true)
  })
})
