import { describe, expect, it } from 'vitest'
import { SystemMemory } from '#src/memory/system-memory'

const small = {
  seatsMax: 3,
  actorsPerSeat: 16,
  ringBytes: 64,
  arenaBytesPerSeat: 4_096,
  recorderEvents: 8,
  logBytes: 64,
}

describe('SystemMemory', () => {
  it('says itself how it is laid out', () => {
    const memory = SystemMemory.create({ ...small, debug: true })
    const attached = SystemMemory.attach(memory.buffer)
    expect(attached.options).toEqual({ ...small, debug: true })
    expect(attached.buffer).toBe(memory.buffer)
    expect(memory.buffer.byteLength).toBe(SystemMemory.bytesFor(small))
  })

  it('connects every ordered pair of seats by a ring of its own', () => {
    const here = SystemMemory.create(small)
    const there = SystemMemory.attach(here.buffer)
    const pairs = [0, 1, 2].flatMap((from) => [0, 1, 2].filter((to) => to !== from).map((to) => [from, to] as const))
    for (const [n, [from, to]] of pairs.entries()) {
      const producer = here.ringProducer(from, to)
      producer.words[producer.tryClaim(8, 'user') >> 2] = n
      producer.commit()
      producer.publish()
    }
    for (const [n, [from, to]] of pairs.entries()) {
      const consumer = there.ringConsumer(from, to)
      expect(consumer.words[consumer.next() >> 2]).toBe(n)
    }
  })

  it('answers the same object each time', () => {
    const memory = SystemMemory.create(small)
    expect(memory.ringProducer(0, 1)).toBe(memory.ringProducer(0, 1))
    expect(memory.ringConsumer(0, 1)).toBe(memory.ringConsumer(0, 1))
    expect(memory.counters(1)).toBe(memory.counters(1))
    expect(memory.doorbell(1)).toBe(memory.doorbell(1))
  })

  it('keeps the counters and doorbells of seats apart', () => {
    const here = SystemMemory.create(small)
    const there = SystemMemory.attach(here.buffer)
    here.counters(0).add('turns', 1)
    here.counters(2).add('turns', 3)
    expect([0, 1, 2].map((seat) => there.counters(seat).get('turns'))).toEqual([1, 0, 3])
    expect(here.doorbell(2).park(() => true)).toBeUndefined()
  })

  it('commits no memory for what is not used', () => {
    const before = process.memoryUsage().rss
    const memory = SystemMemory.create({ seatsMax: 16 })
    expect(memory.buffer.byteLength).toBeGreaterThan(2 ** 30)
    expect(process.memoryUsage().rss - before).toBeLessThan(32 * 2 ** 20)
  })

  it.each([2, 16, 17, 32, 33, 64])('needs less than 4 GiB of address space for %i seats by default', (seatsMax) => {
    expect(SystemMemory.bytesFor({ seatsMax })).toBeLessThan(4 * 2 ** 30)
  })

  it.each([
    [{ seatsMax: 0 }, 'seatsMax must be a whole number from 1 to 64, got 0'],
    [{ seatsMax: 65 }, 'seatsMax must be a whole number from 1 to 64, got 65'],
    [{ ringBytes: 32 }, 'ringBytes must be a whole number from 64 to 268435456 bytes, got 32'],
    [{ ringBytes: 96 }, 'ringBytes must be a power of two, got 96'],
    [{ actorsPerSeat: 100 }, 'actorsPerSeat must be a power of two, got 100'],
    [{ arenaBytesPerSeat: 1_024 }, 'arenaBytesPerSeat must be a whole number from 4096 to 1073741824 bytes, got 1024'],
    [{ recorderEvents: 9 }, 'recorderEvents must be a power of two, got 9'],
    [{ logBytes: 0 }, 'logBytes must be a whole number from 64 to 268435456 bytes, got 0'],
  ])('refuses %j', (given, message) => {
    expect(() => SystemMemory.create({ ...small, ...given })).toThrow(message)
  })

  it('refuses an option that it does not know', () => {
    expect(() => SystemMemory.create({ ...small, ringbytes: 64 } as never)).toThrow("did you mean 'ringBytes'?")
  })

  it('refuses a buffer of another layout', () => {
    expect(() => SystemMemory.attach(new SharedArrayBuffer(8_192))).toThrow('this layout version')
  })

  it('says when the address space is refused', () => {
    const huge = { seatsMax: 64, arenaBytesPerSeat: 2 ** 30, ringBytes: 2 ** 28, actorsPerSeat: 2 ** 20 }
    const refused = expect.objectContaining({ code: 'memory-unavailable' })
    expect(() => SystemMemory.create(huge)).toThrow(refused)
  })
})
