import { describe, expect, it } from 'vitest'
import { JOURNAL_DONE, JOURNAL_KIND, JOURNAL_SENDING, JOURNAL_SLOTS, LEASE_WORDS } from '#src/memory/arena-layout'
import { RetainedRecords } from '#src/memory/retained-records'
import { SystemMemory } from '#src/memory/system-memory'

const KIB = 1_024
const shape = { seatsMax: 3, actorsPerSeat: 16, ringBytes: 4_096, recorderEvents: 8, logBytes: 64 }
const header = { slot: 5, generation: 1, word: 77, payloadBytes: 8, correlation: 0, deadlineMs: 0 }
const noReply = { replySlot: -1, replyGeneration: 0 }

/** Three seats as three threads would see them. `restart` is a new thread on the seat. */
class Seats {
  readonly #first = SystemMemory.create({ ...shape, arenaBytesPerSeat: 64 * KIB })
  readonly #seats = [0, 1, 2].map(() => SystemMemory.attach(this.#first.buffer))

  get(seat: number): SystemMemory {
    return this.#seats[seat]!
  }

  restart(seat: number): SystemMemory {
    return (this.#seats[seat] = SystemMemory.attach(this.#first.buffer))
  }

  send(from: number, to: number, slotIds: readonly number[]): void {
    const system = this.get(from)
    const producer = system.ringProducer(from, to)
    const offset = producer.tryClaim(8 + 4 * slotIds.length, 'user')
    producer.words[offset >> 2] = slotIds.length
    for (const [n, slotId] of slotIds.entries()) producer.words[(offset >> 2) + 1 + n] = slotId
    system.arena(from).commitMany(producer, slotIds)
    producer.publish()
  }

  receive(from: number, to: number): number[] {
    const system = this.get(to)
    const consumer = system.ringConsumer(from, to)
    const offset = consumer.next()
    const slotIds = descriptors(consumer.words, offset)
    system.arena(to).ledger.advanceMany(consumer, system.directory.accounts, 4, slotIds)
    return slotIds
  }
}

function descriptors(words: Int32Array, offset: number): number[] {
  const first = offset >> 2
  return Array.from(words.subarray(first + 1, first + 1 + words[first]!))
}

/** What a guardian does with the leases of a dead seat, here to seat 0. */
function reap(system: SystemMemory, deadSeat: number): number {
  const reaper = system.leaseReaper(deadSeat)
  reaper.rollBack()
  for (const to of [0, 1, 2]) {
    if (to === deadSeat) continue
    const producer = system.ringProducer(deadSeat, to)
    producer.forEachUnpublished((offset) => {
      for (const slotId of descriptors(producer.words, offset)) reaper.undoSend(slotId)
    })
    producer.resetToPublished()
  }
  return reaper.releaseHeld(() => true)
}

describe('LeaseReaper', () => {
  it("releases what a dead seat held of others' slots, and no more", () => {
    const seats = new Seats()
    const arena = seats.get(1).arena(1)
    const [a, b, c] = [KIB, KIB, KIB].map((bytes) => arena.tryAllocate(bytes)) as [number, number, number]
    seats.send(1, 2, [a, b])
    seats.receive(1, 2)
    seats.get(2).arena(2).hold(a)
    seats.get(2).arena(2).release(b)
    for (const slotId of [a, b]) arena.release(slotId)
    expect(reap(seats.get(0), 2)).toBe(2)
    expect(reap(seats.get(0), 2)).toBe(0)
    expect(arena.ledger.held(c)).toBe(1)
    const rest: number[] = []
    for (let slotId = arena.tryAllocate(KIB); slotId >= 0; slotId = arena.tryAllocate(KIB)) rest.push(slotId)
    expect(rest).toHaveLength(63)
    expect(rest).not.toContain(c)
  })

  it('leaves descriptors that are still unread to the next incarnation', () => {
    const seats = new Seats()
    const arena = seats.get(1).arena(1)
    const slotId = arena.tryAllocate(KIB)
    seats.send(1, 2, [slotId])
    arena.release(slotId)
    expect(reap(seats.get(0), 2)).toBe(0)
    seats.restart(2)
    expect(seats.receive(1, 2)).toEqual([slotId])
    expect(seats.get(2).arena(2).ledger.held(slotId)).toBe(1)
  })

  it('takes back what a dead producer committed but never published', () => {
    const seats = new Seats()
    const dead = seats.get(1)
    const slotId = dead.arena(1).tryAllocate(KIB)
    const producer = dead.ringProducer(1, 2)
    const offset = producer.tryClaim(16, 'user')
    producer.words[offset >> 2] = 2
    producer.words[(offset >> 2) + 1] = slotId
    producer.words[(offset >> 2) + 2] = slotId
    dead.arena(1).commitMany(producer, [slotId, slotId])
    expect(reap(seats.get(0), 1)).toBe(1)
    const successor = seats.restart(1).arena(1)
    expect(successor.usedBytes).toBe(0)
    expect(seats.get(2).ringConsumer(1, 2).next()).toBe(-1)
  })

  it.each([0, 1, 2])('rolls back a record of which %i descriptors were counted when its sender died', (done) => {
    const seats = new Seats()
    const dead = seats.get(1)
    const { ledger } = dead.arena(1)
    const slotIds = [dead.arena(1).tryAllocate(KIB), dead.arena(1).tryAllocate(KIB)]
    ledger.journal.set(slotIds, JOURNAL_SLOTS)
    ledger.journal[JOURNAL_DONE] = done
    ledger.journal[JOURNAL_KIND] = JOURNAL_SENDING
    for (const slotId of slotIds.slice(0, done)) ledger.words[slotId * LEASE_WORDS]! += 1
    expect(reap(seats.get(0), 1)).toBe(2)
    expect(seats.restart(1).arena(1).usedBytes).toBe(0)
  })

  it("finds free, lent and carved slots of a dead owner's partition again", () => {
    const seats = new Seats()
    const arena = seats.get(1).arena(1)
    const [lent = -1, held = -1] = [KIB, 4 * KIB].map((bytes) => arena.tryAllocate(bytes))
    seats.send(1, 2, [lent])
    arena.release(lent)
    expect(reap(seats.get(0), 1)).toBe(1)
    const successor = seats.restart(1).arena(1)
    expect(successor.usedBytes).toBe(KIB)
    expect(successor.tryAllocate(4 * KIB)).toBe(held)
    expect(seats.receive(1, 2)).toEqual([lent])
    seats.get(2).arena(2).release(lent)
    const all: number[] = []
    for (let slotId = successor.tryAllocate(KIB); slotId >= 0; slotId = successor.tryAllocate(KIB)) all.push(slotId)
    expect(all).toHaveLength(60)
    expect(all).toContain(lent)
  })

  it('drops the descriptors that a closed seat will never read', () => {
    const seats = new Seats()
    const arena = seats.get(1).arena(1)
    const slotId = arena.tryAllocate(16 * KIB)
    seats.send(1, 2, [slotId])
    arena.release(slotId)
    seats.get(0).leaseReaper(2).dropUnread(slotId)
    const slotIds = [1, 2, 3, 4].map(() => arena.tryAllocate(16 * KIB))
    expect(slotIds).toContain(slotId)
    expect(slotIds).not.toContain(-1)
  })
})

describe('RetainedRecords', () => {
  /** A record as its receiver on seat 2 got it from seat 1. */
  function deliver(seats: Seats, payload: number, frames: readonly number[] = []): number {
    const sender = seats.get(1)
    const slotId = sender.arena(1).tryAllocateRetained(RetainedRecords.bytesFor(8, frames.length))
    sender.retained.write(slotId, { ...header, ...noReply }, frames)
    sender.frames.views(slotId).doubles[sender.retained.payloadOffset(slotId) >> 3] = payload
    seats.send(1, 2, [slotId, ...frames])
    sender.arena(1).release(slotId)
    const receiver = seats.get(2)
    receiver.retained.setArrival(slotId, 2, receiver.seats.nextArrival(2))
    seats.receive(1, 2)
    return slotId
  }

  it('keeps header, frames and payload', () => {
    const seats = new Seats()
    const frame = seats.get(1).arena(1).tryAllocate(KIB)
    const slotId = deliver(seats, 4.5, [frame, frame, frame])
    const { retained, frames } = seats.get(2)
    expect(retained.header(slotId)).toEqual({ ...header, ...noReply })
    expect(retained.frames(slotId)).toEqual([frame, frame, frame])
    expect(retained.payloadOffset(slotId) % 8).toBe(0)
    expect(frames.views(slotId).doubles[retained.payloadOffset(slotId) >> 3]).toBe(4.5)
    expect([retained.countDelivery(slotId), retained.countDelivery(slotId)]).toEqual([1, 2])
    expect(retained.deliveries(slotId)).toBe(2)
  })

  it('survive the thread that held them, in the order of their arrival, with their frames', () => {
    const seats = new Seats()
    const arena = seats.get(1).arena(1)
    const frame = arena.tryAllocate(4 * KIB)
    const records = [1, 2, 3, 4].map((payload) => deliver(seats, payload, payload === 3 ? [frame] : []))
    arena.release(frame)
    seats.get(2).arena(2).release(records[1]!)
    seats.get(2).arena(2).hold(frame)
    const again = deliver(seats, 5)
    expect(reap(seats.get(0), 2)).toBe(1)
    const successor = seats.restart(2)
    expect(successor.retained.heldBy(2)).toEqual([records[0], records[2], records[3], again])
    expect(successor.arena(2).ledger.held(frame)).toBe(1)
    expect(successor.seats.nextArrival(2)).toBe(6)
    for (const slotId of [...successor.retained.heldBy(2), frame]) successor.arena(2).release(slotId)
    expect(successor.retained.heldBy(2)).toEqual([])
    expect([1, 2, 3].map(() => arena.tryAllocate(16 * KIB))).not.toContain(-1)
    expect(arena.tryAllocate(4 * KIB)).toBeGreaterThanOrEqual(0)
  })

  it('survive as local ones in the partition of the thread that died', () => {
    const seats = new Seats()
    const dead = seats.get(1)
    const slotId = dead.arena(1).tryAllocateRetained(RetainedRecords.bytesFor(8, 0))
    dead.retained.write(slotId, { ...header, ...noReply })
    dead.retained.setArrival(slotId, 1, dead.seats.nextArrival(1))
    expect(reap(seats.get(0), 1)).toBe(0)
    const successor = seats.restart(1)
    expect(successor.arena(1).usedBytes).toBe(KIB)
    expect(successor.retained.heldBy(1)).toEqual([slotId])
    const accounts = new Float64Array(1)
    successor.arena(1).releaseCounted(accounts, 0, slotId)
    expect(successor.arena(1).usedBytes).toBe(0)
  })

  it("do not survive as their sender's when that dies: they are where they arrived, or nowhere", () => {
    const seats = new Seats()
    const dead = seats.get(1)
    const unsent = dead.arena(1).tryAllocateRetained(KIB)
    dead.retained.write(unsent, { ...header, ...noReply })
    const sent = deliver(seats, 1)
    dead.arena(1).hold(sent)
    expect(dead.retained.heldBy(1)).toEqual([])
    expect(reap(seats.get(0), 1)).toBe(2)
    expect(seats.restart(1).arena(1).usedBytes).toBe(KIB)
    expect(seats.get(2).retained.heldBy(2)).toEqual([sent])
  })

  it('do not outlive their thread where the one who reaps says so, nor do the frames in them', () => {
    const seats = new Seats()
    const arena = seats.get(1).arena(1)
    const frame = arena.tryAllocate(4 * KIB)
    const [kept, stale] = [deliver(seats, 1, [frame]), deliver(seats, 2, [frame])]
    arena.release(frame)
    expect(
      seats
        .get(0)
        .leaseReaper(2)
        .releaseHeld((record) => record !== stale),
    ).toBe(2)
    const successor = seats.restart(2)
    expect(successor.retained.heldBy(2)).toEqual([kept])
    expect(successor.arena(2).ledger.held(frame)).toBe(1)
  })

  it('are given up with everything else where the seat is closed for good', () => {
    const seats = new Seats()
    deliver(seats, 1)
    const reaper = seats.get(0).leaseReaper(2)
    expect(reaper.releaseHeld(() => false)).toBe(1)
    expect(seats.get(0).retained.heldBy(2)).toEqual([])
  })
})
