import { CLASS_RATIO, MARK_CLASS_MASK, MARK_RETAINED, PARTITION_CARVED_WORD, UNIT_BYTES } from './arena-layout.ts'
import type { ArenaMemory, PartitionTable } from './arena-memory.ts'

const NOTHING = -1

/**
 * Which parts of a partition are slots of which size, and which of those are free. For the partition's owner; units
 * count from the partition's start. Slots are carved when none of their size is free, so memory is touched only when
 * it is needed. Each lies at a multiple of its size. A larger free slot is split into four, and four free neighbours
 * are merged, only when nothing else is left.
 */
export class PartitionDivider {
  readonly #table: PartitionTable
  readonly #units: number
  /** Units of a slot, by size class. */
  readonly #slotUnits: readonly number[]
  /** Free slots by size class, the one freed last on top: its bytes may still be in the cache. */
  readonly #free: number[][]
  /** 1 for the first unit of a free slot. */
  readonly #isFree: Uint8Array
  #freeUnits = 0

  constructor(memory: ArenaMemory, partition: number) {
    this.#table = memory.table(partition)
    this.#units = memory.unitsPerSeat
    this.#slotUnits = memory.classes.map((bytes) => bytes / UNIT_BYTES)
    this.#free = memory.classes.map(() => [])
    this.#isFree = new Uint8Array(memory.unitsPerSeat)
  }

  /** Bytes that belong to slots, free or not. */
  get carvedBytes(): number {
    return this.#table.words[PARTITION_CARVED_WORD]! * UNIT_BYTES
  }

  /** Bytes of slots that are not free. */
  get usedBytes(): number {
    return this.carvedBytes - this.#freeUnits * UNIT_BYTES
  }

  /** A free slot of exactly this class, or -1. */
  takeFree(sizeClass: number): number {
    const unit = this.#free[sizeClass]!.pop()
    if (unit === undefined) return NOTHING
    this.#take(unit, sizeClass)
    return unit
  }

  /** A slot from where none was yet, or -1 when the partition is carved to its end. */
  carve(sizeClass: number): number {
    const words = this.#table.words
    for (;;) {
      const unit = words[PARTITION_CARVED_WORD]!
      const fitting = this.#largestAt(unit, sizeClass)
      if (unit + this.#slotUnits[sizeClass]! > this.#units) return NOTHING
      this.#table.marks[unit] = fitting + 1
      words[PARTITION_CARVED_WORD] = unit + this.#slotUnits[fitting]! // after its mark: who walks to here finds one
      if (fitting === sizeClass) return unit
      this.release(unit, fitting) // smaller slots up to the next multiple of our size; at most 3 a class
    }
  }

  /** A slot out of a larger free one, or -1 if there is none. */
  split(sizeClass: number): number {
    let larger = sizeClass + 1
    while (larger < this.#free.length && this.#free[larger]!.length === 0) larger++
    if (larger >= this.#free.length) return NOTHING
    const unit = this.takeFree(larger)
    while (larger > sizeClass) this.#quarter(unit, larger--)
    return unit
  }

  /** A slot merged out of smaller free ones, or -1. O(units): the last resort. */
  merge(sizeClass: number): number {
    for (let smaller = 0; smaller < sizeClass; smaller++) this.#mergeAll(smaller)
    this.#rebuildFree()
    return this.takeFree(sizeClass)
  }

  /** The slot is free again. */
  release(unit: number, sizeClass: number): void {
    this.#isFree[unit] = 1
    this.#freeUnits += this.#slotUnits[sizeClass]!
    this.#free[sizeClass]!.push(unit)
  }

  /** Marks a slot in use as one of a frame or of a retained record. */
  markAs(unit: number, sizeClass: number, isRetained: boolean): void {
    const mark = (sizeClass + 1) | (isRetained ? MARK_RETAINED : 0)
    if (this.#table.marks[unit] !== mark) this.#table.marks[unit] = mark
  }

  #take(unit: number, sizeClass: number): void {
    this.#isFree[unit] = 0
    this.#freeUnits -= this.#slotUnits[sizeClass]!
  }

  /** The largest class, at most `sizeClass`, whose slots may start at this unit. */
  #largestAt(unit: number, sizeClass: number): number {
    let fitting = sizeClass
    while (unit % this.#slotUnits[fitting]! !== 0) fitting--
    return fitting
  }

  /** The first quarter stays in use. The other three get their marks before the slot shrinks to it. */
  #quarter(unit: number, sizeClass: number): void {
    const smaller = sizeClass - 1
    const step = this.#slotUnits[smaller]!
    for (let n = CLASS_RATIO - 1; n > 0; n--) {
      this.#table.marks[unit + n * step] = smaller + 1
      this.release(unit + n * step, smaller)
    }
    this.#table.marks[unit] = smaller + 1
  }

  #mergeAll(sizeClass: number): void {
    const step = this.#slotUnits[sizeClass]!
    const whole = step * CLASS_RATIO
    const carved = this.#table.words[PARTITION_CARVED_WORD]!
    for (let unit = 0; unit + whole <= carved; unit += whole) {
      if (!this.#isFreeQuad(unit, sizeClass)) continue
      this.#table.marks[unit] = sizeClass + 2
      for (let n = 1; n < CLASS_RATIO; n++) {
        this.#table.marks[unit + n * step] = 0
        this.#isFree[unit + n * step] = 0
      }
    }
  }

  #isFreeQuad(unit: number, sizeClass: number): boolean {
    const step = this.#slotUnits[sizeClass]!
    for (let n = 0; n < CLASS_RATIO; n++) {
      const quarter = unit + n * step
      if (this.#isFree[quarter] === 0) return false
      if ((this.#table.marks[quarter]! & MARK_CLASS_MASK) !== sizeClass + 1) return false
    }
    return true
  }

  #rebuildFree(): void {
    for (const stack of this.#free) stack.length = 0
    for (let unit = this.#units - 1; unit >= 0; unit--) {
      if (this.#isFree[unit] === 0) continue
      this.#free[(this.#table.marks[unit]! & MARK_CLASS_MASK) - 1]!.push(unit)
    }
  }
}
