import { assert } from '../base/assert.ts'
import {
  JOURNAL_BYTES,
  JOURNAL_WORDS,
  LEASE_WORDS,
  leaseColumnBytes,
  MARK_CLASS_MASK,
  PARTITION_CARVED_WORD,
  PARTITION_MARKS_BYTE,
  partitionTableBytes,
  sizeClasses,
  UNIT_BYTES,
} from './arena-layout.ts'

/** Where the arena's parts lie in the system's memory: byte offsets. */
export interface ArenaRegions {
  readonly journals: number
  readonly leases: number
  readonly partitionTables: number
  readonly arenas: number
}

/**
 * Several views of one partition, offsets in bytes from its start. A slot starts at `ArenaMemory.byteOffset(slotId)`.
 */
export interface PartitionViews {
  readonly bytes: Buffer
  readonly words: Int32Array
  readonly doubles: Float64Array
  readonly view: DataView
}

/** What a partition's owner made of it: see the table in arena-layout.ts. */
export interface PartitionTable {
  readonly words: Int32Array
  readonly marks: Uint8Array
}

/**
 * The arena as one thread sees it: the frames, the partitions' tables, the leases. A slot's id says which partition
 * it lies in and where: ids count units of 1 KiB through all partitions. Views are made when first asked for.
 */
export class ArenaMemory {
  readonly seatsMax: number
  readonly unitsPerSeat: number
  readonly debug: boolean
  /** Bytes of each size class, smallest first. */
  readonly classes: readonly number[]
  /** Bytes of the largest slot. */
  readonly slotBytesMax: number
  readonly #buffer: SharedArrayBuffer
  readonly #regions: ArenaRegions
  readonly #arenaBytes: number
  readonly #unitShift: number
  readonly #views: (PartitionViews | undefined)[]
  readonly #tables: (PartitionTable | undefined)[]
  readonly #columns: (Int32Array | undefined)[]

  /** `debug`: released slots are overwritten. */
  constructor(buffer: SharedArrayBuffer, regions: ArenaRegions, seatsMax: number, arenaBytes: number, debug: boolean) {
    assert(Number.isInteger(Math.log2(arenaBytes)), 'a partition has a power of two of bytes')
    this.#buffer = buffer
    this.#regions = regions
    this.#arenaBytes = arenaBytes
    this.seatsMax = seatsMax
    this.unitsPerSeat = arenaBytes / UNIT_BYTES
    this.#unitShift = Math.log2(this.unitsPerSeat)
    this.debug = debug
    this.classes = sizeClasses(arenaBytes)
    this.slotBytesMax = this.classes.at(-1)!
    this.#views = new Array<PartitionViews | undefined>(seatsMax).fill(undefined)
    this.#tables = new Array<PartitionTable | undefined>(seatsMax).fill(undefined)
    this.#columns = new Array<Int32Array | undefined>(seatsMax).fill(undefined)
  }

  /** Seat that allocated the slot. */
  owner(slotId: number): number {
    return slotId >>> this.#unitShift
  }

  /** Where the slot starts in the views of its partition. */
  byteOffset(slotId: number): number {
    return (slotId & (this.unitsPerSeat - 1)) * UNIT_BYTES
  }

  /** The views of the partition that the slot lies in. */
  views(slotId: number): PartitionViews {
    const owner = slotId >>> this.#unitShift
    return this.#views[owner] ?? this.#makeViews(owner)
  }

  /**
   * A view of a part of the slot, some 50 ns; reading through `views` at `byteOffset` costs none. Valid while its
   * caller holds a lease: afterwards the bytes may be another frame's.
   */
  slice(slotId: number, offset: number, length: number): Uint8Array {
    const start = this.#regions.arenas + this.owner(slotId) * this.#arenaBytes + this.byteOffset(slotId) + offset
    return new Uint8Array(this.#buffer, start, length)
  }

  /** Bytes of a slot in use. */
  slotBytes(slotId: number): number {
    return this.classes[this.sizeClass(slotId)]!
  }

  /** Index into `classes`. Of a slot's first unit only. */
  sizeClass(slotId: number): number {
    const mark = this.table(this.owner(slotId)).marks[slotId & (this.unitsPerSeat - 1)]!
    return (mark & MARK_CLASS_MASK) - 1
  }

  table(partition: number): PartitionTable {
    const known = this.#tables[partition]
    if (known !== undefined) return known
    const start = this.#regions.partitionTables + partition * partitionTableBytes(this.#arenaBytes)
    const words = new Int32Array(this.#buffer, start, 1)
    const marks = new Uint8Array(this.#buffer, start + PARTITION_MARKS_BYTE, this.unitsPerSeat)
    return (this.#tables[partition] = { words, marks })
  }

  /** A seat's leases on all slots: the three counts of a slot begin at `slotId * LEASE_WORDS`. */
  column(seat: number): Int32Array {
    const known = this.#columns[seat]
    if (known !== undefined) return known
    const start = this.#regions.leases + seat * this.seatsMax * leaseColumnBytes(this.#arenaBytes)
    const column = new Int32Array(this.#buffer, start, this.seatsMax * this.unitsPerSeat * LEASE_WORDS)
    return (this.#columns[seat] = column)
  }

  journal(seat: number): Int32Array {
    return new Int32Array(this.#buffer, this.#regions.journals + seat * JOURNAL_BYTES, JOURNAL_WORDS)
  }

  /** Units of the partition that belong to slots. */
  carvedUnits(partition: number): number {
    return this.table(partition).words[PARTITION_CARVED_WORD]!
  }

  /** Visits every slot of a partition, used or free, in order of address; also while its owner divides and merges. */
  forEachSlot(partition: number, visit: (slotId: number, sizeClass: number, mark: number) => void): void {
    const { marks } = this.table(partition)
    const first = partition * this.unitsPerSeat
    const carved = this.carvedUnits(partition)
    for (let unit = 0; unit < carved; ) {
      const mark = marks[unit]!
      const sizeClass = (mark & MARK_CLASS_MASK) - 1
      // No mark: a merge cleared it after we had entered its slot. What follows is in that slot too, until the next
      // mark.
      if (sizeClass >= 0) visit(first + unit, sizeClass, mark)
      unit += sizeClass < 0 ? 1 : this.classes[sizeClass]! / UNIT_BYTES
    }
  }

  #makeViews(partition: number): PartitionViews {
    const buffer = this.#buffer
    const arenaBytes = this.#arenaBytes
    const start = this.#regions.arenas + partition * arenaBytes
    return (this.#views[partition] = {
      bytes: Buffer.from(buffer, start, arenaBytes),
      words: new Int32Array(buffer, start, arenaBytes >> 2),
      doubles: new Float64Array(buffer, start, arenaBytes >> 3),
      view: new DataView(buffer, start, arenaBytes),
    })
  }
}
