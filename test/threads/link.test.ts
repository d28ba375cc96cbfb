import { describe, expect, it } from 'vitest'
import { payloadBytesMax } from '#src/memory/ring-layout'
import { SystemMemory } from '#src/memory/system-memory'
import { Link } from '#src/threads/link'
import { encodingOf, SIGNAL } from '#src/threads/record'
import { ThreadCodec } from '#src/threads/thread-codec'

const ringBytes = 1_024

/** The way from seat 0 to seat 1, and what seat 1 has read. */
function openLink() {
  const memory = SystemMemory.create({ seatsMax: 2, actorsPerSeat: 64, ringBytes, arenaBytesPerSeat: 4_096 })
  const codec = new ThreadCodec(memory, 0, payloadBytesMax(ringBytes))
  const link = new Link(1, memory.ringProducer(0, 1), codec)
  const ring = memory.ringConsumer(0, 1)
  const read: unknown[] = []
  const drain = (max: number): void => {
    for (let n = 0; n < max; n++) {
      const offset = ring.next()
      if (offset < 0) break
      codec.values.decode(ring, offset, ring.payloadBytes, encodingOf(ring.words[(offset >> 2) - 3] as number))
      read.push(codec.values.a)
      ring.advance()
    }
    ring.release()
  }
  return { link, read, drain }
}

describe('system records that find no room', () => {
  it('wait, and are read in order however little room there is at a time', () => {
    const { link, read, drain } = openLink()
    for (let n = 0; n < 1_000; n++) link.write(SIGNAL, 0, n, 'signal')
    expect(link.waitingCount).toBeGreaterThan(900)
    for (let written = 1_000; read.length < 1_100; ) {
      link.publish()
      drain(1 + (read.length % 7))
      if (written < 1_100) link.write(SIGNAL, 0, written++, 'signal')
    }
    expect(read).toEqual(Array.from({ length: 1_100 }, (_, n) => n))
    expect(link.waitingCount).toBe(0)
  })

  it('let no message pass before them, and let messages pass when the last has found room', () => {
    const { link, drain } = openLink()
    for (let n = 0; n < 100; n++) link.write(SIGNAL, 0, n, 'signal')
    const tell = (): boolean => link.tryWriteNumbers(0, 0, 1, 1, 7, 0)
    while (link.waitingCount > 0) {
      expect(tell()).toBe(false)
      link.publish()
      drain(1)
    }
    drain(1_000)
    expect(tell()).toBe(true)
  })
})
