import { JOURNAL_RELEASES, LEASE_RELEASED, LEASE_SENT, LEASE_WORDS, UNIT_BYTES } from './arena-layout.ts'
import type { ArenaMemory } from './arena-memory.ts'
import { FrameLedger } from './frame-ledger.ts'
import { PartitionDivider } from './partition-divider.ts'
import { SlotQueue } from './slot-queue.ts'
import type { RingProducer } from './spsc-ring.ts'

/** With nothing of a size free, so many lent slots are looked at, */
const LOOKS = 32
/** fewer if so many of them are still in use, */
const LOOKS_IN_VAIN = 4
/**
 * and if all were, none for so many allocations: new slots are carved while there is room. After half as
 * many allocations as slots are lent, all of those are looked at: the partition grows to some twice what is in use.
 */
const CARVINGS = 16
/**
 * From this size class on, 16 KiB, one lent slot is looked at before a free one is taken: if it has come back it is taken,
 * and a stream of frames goes through as few slots as are under way, which stay in the cache.
 */
const WARM_CLASS = 2
/** A descriptor of the slot was put into a ring: others may have leases. */
const SHARED = 1
/** The slot is in the queue of those to be looked at. */
const LENT = 2
/** These processors carry out loads in the order of the program, so that the second look at a slot needs no fence. */
const LOADS_IN_ORDER = process.arch === 'x64'
/** What a view of a released slot shows in debug mode. */
export const POISON = 0xdb

/**
 * Slots for frames and retained records, allocated from the seat's own partition, and the leases of this seat on
 * slots of all partitions. For the thread on the seat alone; made by its new incarnation only after the dead one's
 * leases were reaped: it finds free and lent slots by the counts that are left.
 *
 * A slot is free when the counts of all seats say that as many leases were released as were ever sent. The owner
 * finds that out by looking, at few of the slots that it has lent with each allocation, so an allocation costs O(1)
 * amortised and nobody needs an atomic read-modify-write to give a lease back. A slot that only the owner ever had is
 * free at once when it is released.
 *
 *    free --tryAllocate--> held --release, others still have leases--> lent --looked at, all released--> free
 *      ^                    |  ^                                         |
 *      +---release, last----+  +--------- a descriptor comes back -------+
 */
export class FrameArena {
  readonly seat: number
  readonly memory: ArenaMemory
  readonly ledger: FrameLedger
  /** More than this is never allocated. Bytes. */
  readonly slotBytesMax: number
  readonly #divider: PartitionDivider
  readonly #first: number
  readonly #columns: readonly Int32Array[]
  readonly #journals: readonly Int32Array[]
  /** Slots that this thread gave up but others had: by size class, longest ago first. */
  readonly #lent: readonly SlotQueue[]
  /** By unit: SHARED and LENT. */
  readonly #flags: Uint8Array
  /** Allocations to come that do not look at what is lent, by size class. */
  readonly #carvings: number[]
  /** Allocations since all that was lent was looked at, by size class. */
  readonly #allocated: number[]
  /**
   * Releases by all seats when a search found nothing, by size class: before there are more, it would find nothing
   * again.
   */
  readonly #exhaustedAt: (number | undefined)[]

  constructor(memory: ArenaMemory, seat: number) {
    this.seat = seat
    this.memory = memory
    this.ledger = new FrameLedger(memory, seat)
    this.slotBytesMax = memory.slotBytesMax
    this.#divider = new PartitionDivider(memory, seat)
    this.#first = seat * memory.unitsPerSeat
    this.#columns = Array.from({ length: memory.seatsMax }, (_, other) => memory.column(other))
    this.#journals = Array.from({ length: memory.seatsMax }, (_, other) => memory.journal(other))
    this.#lent = memory.classes.map(() => new SlotQueue(memory.unitsPerSeat))
    this.#flags = new Uint8Array(memory.unitsPerSeat)
    this.#carvings = memory.classes.map(() => 0)
    this.#allocated = memory.classes.map(() => 0)
    this.#exhaustedAt = memory.classes.map(() => undefined)
    this.#rebuild()
  }

  /** Bytes of the partition that belong to slots, free or not: what was ever touched. */
  get carvedBytes(): number {
    return this.#divider.carvedBytes
  }

  /** Bytes of slots that are held or lent, or were not yet found to be free. */
  get usedBytes(): number {
    return this.#divider.usedBytes
  }

  get capacityBytes(): number {
    return this.memory.unitsPerSeat * UNIT_BYTES
  }

  /**
   * Id of a slot of at least `bytes`, with one lease held by this seat, or -1 while there is none. What it contains
   * is undefined.
   */
  tryAllocate(bytes: number): number {
    return this.#allocate(bytes, false)
  }

  /** As `tryAllocate`, for a retained record: `RetainedRecords.bytesFor` says how many bytes. */
  tryAllocateRetained(bytes: number): number {
    return this.#allocate(bytes, true)
  }

  /** One lease more on a slot that the seat holds. */
  hold(slotId: number): void {
    this.ledger.hold(slotId)
  }

  /** One lease less. The caller reads the slot no more. */
  release(slotId: number): void {
    this.ledger.release(slotId)
    this.#settle(slotId)
  }

  /** `FrameLedger.releaseCounted`: the end of a retained record together with the count of its handling. */
  releaseCounted(accounts: Float64Array, handledIndex: number, slotId: number): void {
    this.ledger.releaseCounted(accounts, handledIndex, slotId)
    this.#settle(slotId)
  }

  /** `FrameLedger.commitLeased`: a record with one descriptor. The seat must hold a lease on the slot, and keeps it. */
  commitLeased(producer: RingProducer, slotId: number): void {
    this.#share(slotId)
    this.ledger.commitLeased(producer, slotId)
  }

  /** `FrameLedger.commitMany`: a record with up to FRAMES_PER_RECORD_MAX descriptors. */
  commitMany(producer: RingProducer, slotIds: ArrayLike<number>): void {
    for (let n = 0; n < slotIds.length; n++) this.#share(slotIds[n]!)
    this.ledger.commitMany(producer, slotIds)
  }

  #share(slotId: number): void {
    if (this.memory.owner(slotId) === this.seat) this.#flags[slotId - this.#first]! |= SHARED
  }

  #allocate(bytes: number, isRetained: boolean): number {
    if (bytes > this.slotBytesMax) return -1
    const sizeClass = classFor(bytes)
    this.#allocated[sizeClass]! += 1
    if (sizeClass >= WARM_CLASS) this.#look(sizeClass, 1, 1)
    let unit = this.#divider.takeFree(sizeClass)
    if (unit < 0) unit = this.#findUnit(sizeClass)
    if (unit < 0) return -1
    this.#divider.markAs(unit, sizeClass, isRetained)
    this.#flags[unit] = 0
    const slotId = this.#first + unit
    this.ledger.hold(slotId)
    return slotId
  }

  #findUnit(sizeClass: number): number {
    const divider = this.#divider
    if (this.#carvings[sizeClass]! > 0) this.#carvings[sizeClass]! -= 1
    else this.#lookAround(sizeClass)
    let unit = divider.takeFree(sizeClass)
    if (unit >= 0) return unit
    unit = divider.carve(sizeClass)
    if (unit < 0) unit = divider.split(sizeClass)
    return unit < 0 ? this.#searchAll(sizeClass) : unit
  }

  #lookAround(sizeClass: number): void {
    if (this.#look(sizeClass, LOOKS, LOOKS_IN_VAIN) > 0) return
    const { count } = this.#lent[sizeClass]!
    if (this.#allocated[sizeClass]! * 2 < count) {
      this.#carvings[sizeClass] = CARVINGS
    } else {
      this.#allocated[sizeClass] = 0
      this.#look(sizeClass, count, count)
    }
  }

  /** Looks at everything that is lent, unless nobody has released anything since that was in vain. */
  #searchAll(sizeClass: number): number {
    const releases = this.#releasesOfAll()
    if (this.#exhaustedAt[sizeClass] === releases) return -1
    for (const [each, lent] of this.#lent.entries()) this.#look(each, lent.count, lent.count)
    const divider = this.#divider
    let unit = divider.takeFree(sizeClass)
    if (unit < 0) unit = divider.split(sizeClass)
    if (unit < 0) unit = divider.merge(sizeClass)
    this.#exhaustedAt[sizeClass] = unit < 0 ? releases : undefined
    return unit
  }

  /** After a lease of ours ended: if the slot is of our partition and was our last, it is free or lent. */
  #settle(slotId: number): void {
    if (this.memory.owner(slotId) !== this.seat || this.ledger.held(slotId) !== 0) return
    const unit = slotId - this.#first
    const flags = this.#flags[unit]!
    if ((flags & LENT) !== 0) return
    const sizeClass = this.memory.sizeClass(slotId)
    if ((flags & SHARED) === 0 || this.#isReleasedByAll(slotId)) this.#recycle(unit, sizeClass)
    else this.#lend(unit, sizeClass)
  }

  #lend(unit: number, sizeClass: number): void {
    this.#flags[unit] = SHARED | LENT
    this.#lent[sizeClass]!.push(unit)
  }

  /** Looks at the slots lent longest ago; those still in use go to the end of the queue. Answers how many were free. */
  #look(sizeClass: number, looksMax: number, inVainMax: number): number {
    const lent = this.#lent[sizeClass]!
    const looks = Math.min(looksMax, lent.count)
    let found = 0
    for (let n = 0; n < looks && n - found < inVainMax; n++) {
      const unit = lent.shift()
      if (this.#isReleasedByAll(this.#first + unit)) {
        this.#recycle(unit, sizeClass)
        found++
      } else {
        lent.push(unit)
      }
    }
    return found
  }

  #recycle(unit: number, sizeClass: number): void {
    if (this.memory.debug) {
      const { bytes } = this.memory.views(this.#first + unit)
      bytes.fill(POISON, unit * UNIT_BYTES, unit * UNIT_BYTES + this.memory.classes[sizeClass]!)
    }
    this.#divider.release(unit, sizeClass)
  }

  /**
   * Whether nobody has the slot, and so nobody ever will: only who has a lease can send one.
   *
   * All `released` are added up first, then all `sent`. Both only grow, and released never exceeds sent: so if what
   * was released by some instant equals what was sent by a later one, both were equal in between.
   */
  #isReleasedByAll(slotId: number): boolean {
    const released = this.#sum(slotId, LEASE_RELEASED)
    if (this.#sum(slotId, LEASE_SENT) !== released) return false
    if (LOADS_IN_ORDER) return true
    // ACQUIRE, pairs with the store in FrameLedger.release: what was sent is read once more behind the fence.
    this.ledger.fence()
    return this.#sum(slotId, LEASE_SENT) === released
  }

  #sum(slotId: number, field: number): number {
    const columns = this.#columns
    const index = slotId * LEASE_WORDS + field
    let sum = 0
    for (let seat = 0; seat < columns.length; seat++) sum = (sum + columns[seat]![index]!) | 0
    return sum
  }

  #releasesOfAll(): number {
    let sum = 0
    for (let seat = 0; seat < this.memory.seatsMax; seat++) sum = (sum + this.#journals[seat]![JOURNAL_RELEASES]!) | 0
    return sum
  }

  #rebuild(): void {
    this.memory.forEachSlot(this.seat, (slotId, sizeClass) => {
      const unit = slotId - this.#first
      if (this.#isReleasedByAll(slotId)) this.#recycle(unit, sizeClass)
      else if (this.ledger.held(slotId) === 0) this.#lend(unit, sizeClass)
      else this.#flags[unit] = SHARED
    })
  }
}

/** The smallest size class that holds `bytes`: they grow by 4 from one unit. */
function classFor(bytes: number): number {
  const units = (bytes + UNIT_BYTES - 1) >>> 10
  return units <= 1 ? 0 : (33 - Math.clz32(units - 1)) >> 1
}
