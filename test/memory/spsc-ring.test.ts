import { describe, expect, it } from 'vitest'
import { RECORD_HEADER_BYTES, RING_BYTES_MIN, ringRegionBytes } from '#src/memory/ring-layout'
import { RingMemory } from '#src/memory/ring-memory'
import { RingConsumer, RingProducer } from '#src/memory/spsc-ring'

function ring(capacity = 1_024) {
  const memory = new RingMemory(new SharedArrayBuffer(ringRegionBytes(capacity)), 0, capacity)
  return { memory, producer: new RingProducer(memory), consumer: new RingConsumer(memory) }
}

/** Commits a record whose first word says `value`; answers whether there was room. */
function put(producer: RingProducer, value: number, payloadBytes = 8, lane: 'user' | 'system' = 'user'): boolean {
  const offset = producer.tryClaim(payloadBytes, lane)
  if (offset < 0) return false
  if (payloadBytes >= 4) producer.words[offset >> 2] = value
  producer.writeHeader(value, value + 1, value + 2)
  producer.commit()
  return true
}

function takeAll(consumer: RingConsumer): number[] {
  const values: number[] = []
  for (let offset = consumer.next(); offset >= 0; offset = consumer.next()) {
    values.push(consumer.words[offset >> 2]!)
    consumer.advance()
  }
  consumer.release()
  return values
}

function fill(producer: RingProducer, payloadBytes: number, lane: 'user' | 'system'): number {
  let count = 0
  while (put(producer, count, payloadBytes, lane)) count++
  return count
}

describe('SpscRing', () => {
  it('hands records over in order, with header and payload as they were written', () => {
    const { producer, consumer } = ring()
    put(producer, 7)
    put(producer, 8, 16)
    producer.publish()
    const offset = consumer.next()
    const header = (offset - RECORD_HEADER_BYTES) >> 2
    expect([...consumer.words.subarray(header, header + 4)]).toEqual([8, 7, 8, 9])
    expect(consumer.payloadBytes).toBe(8)
    consumer.advance()
    consumer.next()
    expect(consumer.payloadBytes).toBe(16)
    consumer.advance()
    expect(consumer.next()).toBe(-1)
  })

  it('shows nothing before it is published', () => {
    const { producer, consumer } = ring()
    put(producer, 1)
    expect(consumer.next()).toBe(-1)
    expect(producer.publish()).toBe(true)
    expect(producer.publish()).toBe(false)
    expect(takeAll(consumer)).toEqual([1])
  })

  it('forgets a claim that was not committed', () => {
    const { producer, consumer } = ring()
    producer.tryClaim(16, 'user')
    put(producer, 5)
    producer.publish()
    expect(takeAll(consumer)).toEqual([5])
  })

  it('aligns every payload to 8 bytes', () => {
    const { producer } = ring()
    for (const payloadBytes of [0, 1, 7, 8, 9, 23]) {
      expect(producer.tryClaim(payloadBytes, 'user') % 8).toBe(0)
      producer.commit()
    }
  })

  it('answers the same record again until it was advanced over', () => {
    const { producer, consumer } = ring()
    put(producer, 1)
    put(producer, 2)
    producer.publish()
    expect(consumer.next()).toBe(consumer.next())
    expect(takeAll(consumer)).toEqual([1, 2])
  })

  it('never splits a record at the end of the ring', () => {
    const { producer, consumer } = ring(RING_BYTES_MIN)
    for (let value = 0; value < 1_000; value++) {
      const payloadBytes = 4 + (value % 13)
      expect(put(producer, value, payloadBytes)).toBe(true)
      producer.publish()
      expect(takeAll(consumer)).toEqual([value])
    }
  })

  it('keeps an eighth of the room for system records', () => {
    const { producer } = ring(1_024)
    expect(fill(producer, 16, 'user')).toBe(1_024 / 32 - 4)
    expect(producer.hasRoom(16, 'user')).toBe(false)
    expect(producer.hasRoom(16, 'system')).toBe(true)
    expect(fill(producer, 16, 'system')).toBe(4)
    expect(producer.hasRoom(0, 'system')).toBe(false)
    expect(producer.usedBytes).toBe(1_024)
  })

  it('has room again once the consumer released what it read', () => {
    const { producer, consumer } = ring()
    const count = fill(producer, 16, 'user')
    producer.publish()
    consumer.next()
    consumer.advance()
    expect(producer.tryClaim(16, 'user')).toBe(-1)
    consumer.release()
    expect(put(producer, count, 16)).toBe(true)
    producer.publish()
    expect(takeAll(consumer)).toHaveLength(count)
  })

  it.each([64, 128, 256, 1_024])(
    'takes its largest record at every position of an empty ring of %i bytes',
    (capacity) => {
      const { producer, consumer } = ring(capacity)
      for (let step = 0; step < capacity; step++) {
        put(producer, step, 0)
        put(producer, step, 0)
        producer.publish()
        takeAll(consumer)
        expect(put(producer, step, producer.payloadBytesMax)).toBe(true)
        producer.publish()
        takeAll(consumer)
      }
    },
  )

  it('refuses a record that no ring of its size could take', () => {
    const { producer } = ring()
    expect(() => producer.tryClaim(producer.payloadBytesMax + 1, 'system')).toThrow(
      'a payload of 113 bytes is within 112',
    )
  })

  it('goes on where the positions wrap', () => {
    const { memory } = ring(128)
    const almost = 0x7fff_ffff - 127
    memory.control.fill(almost)
    const producer = new RingProducer(memory)
    const consumer = new RingConsumer(memory)
    for (let value = 0; value < 50; value++) {
      expect(put(producer, value, 16)).toBe(true)
      expect(put(producer, ~value, 8)).toBe(true)
      producer.publish()
      expect(producer.usedBytes).toBeGreaterThan(0)
      expect(takeAll(consumer)).toEqual([value, ~value])
      expect(producer.usedBytes).toBe(0)
    }
    expect(memory.control[0]).toBeLessThan(0)
  })

  it('gives back what a record turned out not to need', () => {
    const { producer, consumer } = ring()
    for (const bytes of [3, 40, 0, 17]) {
      const offset = producer.tryClaim(112, 'user')
      producer.words[offset >> 2] = bytes
      producer.shrink(bytes)
      producer.commit()
    }
    producer.publish()
    expect(producer.usedBytes).toBe(24 + 56 + 16 + 40)
    const sizes: number[] = []
    for (let offset = consumer.next(); offset >= 0; offset = consumer.next()) {
      sizes.push(consumer.payloadBytes)
      consumer.advance()
    }
    expect(sizes).toEqual([3, 40, 0, 17])
  })

  it('counts an arrival in the same breath as it moves on', () => {
    const { producer, consumer } = ring()
    const accounts = new Float64Array(4)
    put(producer, 1)
    put(producer, 2)
    producer.publish()
    consumer.next()
    consumer.advanceCounted(accounts, 2)
    consumer.next()
    consumer.advanceCounted(accounts, 2)
    expect([...accounts]).toEqual([0, 0, 2, 0])
    expect(consumer.next()).toBe(-1)
  })

  it('counts leases in the same breath as it commits and as it moves on', () => {
    const { producer, consumer } = ring()
    const accounts = new Float64Array(1)
    const leases = new Int32Array(2)
    producer.tryClaim(8, 'user')
    producer.writeHeader(0, 0, 0)
    producer.commitLeased(leases, 0)
    producer.publish()
    consumer.next()
    consumer.advanceLeased(accounts, 0, leases, 1)
    expect([...leases]).toEqual([1, 1])
    expect(accounts[0]).toBe(1)
    expect(consumer.next()).toBe(-1)
  })

  describe('after a death', () => {
    it('shows the reaper what was committed but never published, and forgets it', () => {
      const { memory, producer, consumer } = ring(128)
      for (const value of [1, 2, 3, 4]) {
        put(producer, value, 8)
        producer.publish()
        takeAll(consumer)
      }
      put(producer, 5)
      producer.publish()
      put(producer, 6)
      put(producer, 7, 16) // goes round the end
      producer.tryClaim(8, 'user')
      const successor = new RingProducer(memory)
      const undone: number[] = []
      successor.forEachUnpublished((offset) => undone.push(successor.words[offset >> 2]!))
      expect(undone).toEqual([6, 7])
      successor.resetToPublished()
      successor.forEachUnpublished(() => expect.unreachable())
      put(successor, 8)
      successor.publish()
      expect(takeAll(consumer)).toEqual([5, 8])
    })

    it('lets the next consumer begin with the first record that was not handed over', () => {
      const { memory, producer, consumer } = ring()
      for (const value of [1, 2, 3, 4]) put(producer, value)
      producer.publish()
      consumer.next()
      consumer.advance()
      consumer.next()
      consumer.advance()
      consumer.next()
      const successor = new RingConsumer(memory)
      expect(successor.pendingBytes).toBe(48)
      const unread: number[] = []
      successor.forEachUnread((offset, payloadBytes) => unread.push(successor.words[offset >> 2]!, payloadBytes))
      expect(unread).toEqual([3, 8, 4, 8])
      expect(takeAll(successor)).toEqual([3, 4])
      expect(producer.usedBytes).toBe(0)
    })
  })

  it('ends the reading thread rather than follow a broken record', () => {
    const { memory, producer, consumer } = ring()
    put(producer, 1)
    producer.publish()
    memory.words[0] = 1_000_000
    expect(() => consumer.next()).toThrow('record at position 0 has length 1000000')
    expect(() => consumer.forEachUnread(() => {})).toThrow('record at position 0 has length 1000000')
  })
})
