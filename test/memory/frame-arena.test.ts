import { describe, expect, it } from 'vitest'
import { FRAMES_PER_RECORD_MAX } from '#src/memory/arena-layout'
import { POISON } from '#src/memory/frame-arena'
import { SystemMemory } from '#src/memory/system-memory'

const KIB = 1_024
const shape = { seatsMax: 3, actorsPerSeat: 16, ringBytes: 4_096, recorderEvents: 8, logBytes: 64 }

function memory(arenaBytesPerSeat = 64 * KIB, debug = false) {
  return SystemMemory.create({ ...shape, arenaBytesPerSeat, debug })
}

/** Sends one record with these descriptors from seat to seat and hands it over there. */
function pass(system: SystemMemory, from: number, to: number, slotIds: readonly number[]): void {
  const producer = system.ringProducer(from, to)
  const consumer = system.ringConsumer(from, to)
  producer.tryClaim(0, 'user')
  if (slotIds.length === 1) system.arena(from).commitLeased(producer, slotIds[0]!)
  else system.arena(from).commitMany(producer, slotIds)
  producer.publish()
  consumer.next()
  const { accounts } = system.directory
  if (slotIds.length === 1) system.arena(to).ledger.advanceLeased(consumer, accounts, 4, slotIds[0]!)
  else system.arena(to).ledger.advanceMany(consumer, accounts, 4, slotIds)
  consumer.release()
}

/** Allocates until there is nothing left. */
function exhaust(system: SystemMemory, seat: number, bytes: number): number[] {
  const slotIds: number[] = []
  for (
    let slotId = system.arena(seat).tryAllocate(bytes);
    slotId >= 0;
    slotId = system.arena(seat).tryAllocate(bytes)
  ) {
    slotIds.push(slotId)
  }
  return slotIds
}

describe('FrameArena', () => {
  it('offers the whole partition, in slots that do not overlap', () => {
    const system = memory()
    const slotIds = exhaust(system, 1, KIB)
    expect(slotIds).toHaveLength(64)
    expect(new Set(slotIds).size).toBe(64)
    expect(slotIds.every((slotId) => system.frames.owner(slotId) === 1)).toBe(true)
    expect(system.arena(1).usedBytes).toBe(64 * KIB)
    expect(system.arena(2).usedBytes).toBe(0)
  })

  it.each([
    [1, 1],
    [KIB, 1],
    [KIB + 1, 4],
    [4 * KIB, 4],
    [4 * KIB + 1, 16],
    [16 * KIB, 16],
  ])('gives %i bytes a slot of %i KiB', (bytes, kib) => {
    const system = memory()
    const slotId = system.arena(1).tryAllocate(bytes)
    expect(system.frames.slotBytes(slotId)).toBe(kib * KIB)
    expect(system.frames.byteOffset(slotId) % (kib * KIB)).toBe(0)
  })

  it('has size classes from 1 KiB to 64 MiB where the partition is large enough', () => {
    const system = memory(128 * 2 ** 20)
    expect(system.frames.classes.map((bytes) => bytes / KIB)).toEqual([1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536])
    const slotId = system.arena(1).tryAllocate(64 * 2 ** 20)
    expect(system.frames.slotBytes(slotId)).toBe(64 * 2 ** 20)
    expect(system.arena(1).tryAllocate(64 * 2 ** 20 + 1)).toBe(-1)
  })

  it('touches memory only as it is needed', () => {
    const system = memory(2 ** 26)
    const { arena } = { arena: system.arena(1) }
    for (let n = 0; n < 1_000; n++) arena.release(arena.tryAllocate(KIB))
    expect(arena.carvedBytes).toBe(KIB)
  })

  it('answers -1 for more than its largest slot', () => {
    const system = memory()
    expect(system.arena(1).slotBytesMax).toBe(16 * KIB)
    expect(system.arena(1).tryAllocate(16 * KIB + 1)).toBe(-1)
  })

  it('shows what was written through every view, also on other seats', () => {
    const system = memory()
    const there = SystemMemory.attach(system.buffer)
    const slotId = system.arena(2).tryAllocate(100)
    const { bytes, words, doubles } = system.frames.views(slotId)
    const offset = system.frames.byteOffset(slotId)
    bytes[offset] = 7
    words[(offset >> 2) + 1] = 8
    doubles[(offset >> 3) + 1] = 9.5
    const slice = there.frames.slice(slotId, 0, 16)
    expect(slice[0]).toBe(7)
    expect(slice[4]).toBe(8)
    expect(there.frames.views(slotId).doubles[(offset >> 3) + 1]).toBe(9.5)
  })

  it.each([
    [16 * KIB, 'that which has come back, before one that was free for longer'],
    [4 * KIB, 'one that is free, and looks for those that have come back when there is none'],
  ])('gives a frame of %i bytes %s', (bytes) => {
    const system = memory(2 ** 20)
    const [here, there] = [system.arena(1), system.arena(2)]
    const free = here.tryAllocate(bytes)
    const lent = here.tryAllocate(bytes)
    here.release(free)
    pass(system, 1, 2, [lent])
    here.release(lent)
    there.release(lent)
    expect(here.tryAllocate(bytes)).toBe(bytes > 4 * KIB ? lent : free)
  })

  it('uses a slot again as soon as its owner, who alone had it, released it', () => {
    const system = memory(4 * KIB)
    const arena = system.arena(1)
    const slotId = arena.tryAllocate(KIB)
    arena.hold(slotId)
    arena.release(slotId)
    expect(arena.tryAllocate(KIB)).not.toBe(slotId)
    arena.release(slotId)
    expect(arena.tryAllocate(KIB)).toBe(slotId)
  })

  it('keeps a slot until the last of several seats has released it', () => {
    const system = memory(4 * KIB)
    const [slotId = -1, ...rest] = exhaust(system, 0, KIB)
    pass(system, 0, 1, [slotId])
    system.arena(0).release(slotId)
    pass(system, 1, 2, [slotId])
    system.arena(1).release(slotId)
    expect(system.arena(0).tryAllocate(KIB)).toBe(-1)
    system.arena(2).hold(slotId)
    system.arena(2).release(slotId)
    expect(system.arena(0).tryAllocate(KIB)).toBe(-1)
    system.arena(2).release(slotId)
    expect(system.arena(0).tryAllocate(KIB)).toBe(slotId)
    expect(rest).toHaveLength(3)
  })

  it('keeps a slot that is under way in a ring', () => {
    const system = memory(4 * KIB)
    const [slotId = -1] = exhaust(system, 0, KIB)
    const producer = system.ringProducer(0, 1)
    producer.tryClaim(0, 'user')
    system.arena(0).commitLeased(producer, slotId)
    system.arena(0).release(slotId)
    expect(system.arena(0).tryAllocate(KIB)).toBe(-1)
  })

  it('takes a slot back that came round to its owner', () => {
    const system = memory(4 * KIB)
    const [slotId = -1] = exhaust(system, 0, KIB)
    pass(system, 0, 1, [slotId])
    system.arena(0).release(slotId)
    pass(system, 1, 0, [slotId])
    system.arena(0).release(slotId)
    expect(system.arena(0).tryAllocate(KIB)).toBe(-1)
    system.arena(1).release(slotId)
    expect(system.arena(0).tryAllocate(KIB)).toBe(slotId)
  })

  it('counts every lease of a record with many descriptors', () => {
    const system = memory(2 ** 20)
    const slotIds = Array.from({ length: FRAMES_PER_RECORD_MAX }, () => system.arena(0).tryAllocate(KIB))
    pass(system, 0, 1, slotIds)
    pass(system, 0, 1, [slotIds[0]!, slotIds[0]!])
    expect(system.arena(1).ledger.held(slotIds[0]!)).toBe(3)
    expect(system.arena(1).ledger.held(slotIds[1]!)).toBe(1)
    expect(() => pass(system, 0, 1, [...slotIds, slotIds[0]!])).toThrow('the frames of a record fit the journal')
  })

  it('refuses to release what is not held', () => {
    const system = memory()
    const slotId = system.arena(0).tryAllocate(KIB)
    expect(() => system.arena(1).release(slotId)).toThrow('a lease that is released was held')
    system.arena(0).release(slotId)
    expect(() => system.arena(0).release(slotId)).toThrow('a lease that is released was held')
    expect(() => system.arena(0).releaseCounted(new Float64Array(1), 0, slotId)).toThrow('was held')
  })

  it('counts the handling of a retained record in the same breath as its release', () => {
    const system = memory(4 * KIB)
    const accounts = new Float64Array(1)
    const slotId = system.arena(0).tryAllocateRetained(KIB)
    system.arena(0).releaseCounted(accounts, 0, slotId)
    expect(accounts[0]).toBe(1)
    expect(system.arena(0).ledger.held(slotId)).toBe(0)
    expect(system.arena(0).tryAllocate(KIB)).toBe(slotId)
  })

  it('poisons free slots in debug mode only', () => {
    for (const debug of [false, true]) {
      const system = memory(64 * KIB, debug)
      const slotId = system.arena(0).tryAllocate(4 * KIB)
      const slice = system.frames.slice(slotId, 0, 4 * KIB).fill(1)
      system.arena(0).release(slotId)
      expect(slice.every((byte) => byte === (debug ? POISON : 1))).toBe(true)
    }
  })

  it('splits larger free slots and merges smaller ones when nothing else is left', () => {
    const system = memory(64 * KIB)
    const arena = system.arena(1)
    const large = exhaust(system, 1, 16 * KIB)
    expect(large).toHaveLength(4)
    for (const slotId of large) arena.release(slotId)
    const small = exhaust(system, 1, KIB)
    expect(small).toHaveLength(64)
    expect(arena.tryAllocate(16 * KIB)).toBe(-1)
    for (const slotId of small) arena.release(slotId)
    expect(exhaust(system, 1, 16 * KIB)).toHaveLength(4)
  })

  it('does not merge over a slot in use', () => {
    const system = memory(64 * KIB)
    const arena = system.arena(1)
    const small = exhaust(system, 1, KIB)
    for (const slotId of small.slice(1)) arena.release(slotId)
    expect(exhaust(system, 1, 16 * KIB)).toHaveLength(3)
    expect(exhaust(system, 1, 4 * KIB)).toHaveLength(3)
    expect(exhaust(system, 1, KIB)).toHaveLength(3)
  })

  it('fills the gap before an aligned slot with smaller ones', () => {
    const system = memory(64 * KIB)
    const arena = system.arena(1)
    arena.tryAllocate(KIB)
    const large = arena.tryAllocate(16 * KIB)
    expect(system.frames.byteOffset(large)).toBe(16 * KIB)
    expect(arena.carvedBytes).toBe(32 * KIB)
    expect(exhaust(system, 1, 4 * KIB)).toHaveLength(3 + 8)
    expect(exhaust(system, 1, KIB)).toHaveLength(3)
  })

  it('grows to about twice what others keep, and finds all of it again', () => {
    const system = memory(2 ** 22)
    const arena = system.arena(0)
    const send = (): number => {
      const slotId = arena.tryAllocate(KIB)
      pass(system, 0, 1, [slotId])
      arena.release(slotId)
      return slotId
    }
    const kept = Array.from({ length: 500 }, send)
    for (let n = 0; n < 20_000; n++) system.arena(1).release(send())
    expect(arena.carvedBytes).toBeLessThan(1_200 * KIB)
    for (const slotId of kept) system.arena(1).release(slotId)
    expect(exhaust(system, 0, KIB)).toHaveLength(4_096)
  })
})
