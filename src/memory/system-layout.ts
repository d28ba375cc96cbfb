import { assert } from '../base/assert.ts'
import { JOURNAL_BYTES, leaseColumnBytes, partitionTableBytes } from './arena-layout.ts'
import { SEAT_COUNTERS_BYTES } from './counters-layout.ts'
import { definitionRegionBytes } from './definition-layout.ts'
import { directoryRegionBytes } from './directory-layout.ts'
import { logRegionBytes } from './log-ring-layout.ts'
import { nameRegionBytes } from './name-layout.ts'
import { recorderRegionBytes } from './recorder-layout.ts'
import { ringRegionBytes } from './ring-layout.ts'
import { SEAT_BYTES } from './seat-layout.ts'

/**
 * The system's memory begins with 4096 bytes that say what the rest is, as Float64 words. Written once, by whoever
 * creates it, before any other thread has it; read with plain loads.
 *
 *    word   field                 meaning
 *    0      magic                 SYSTEM_MAGIC
 *    1      layout version        SYSTEM_LAYOUT_VERSION: both sides must be of the same build
 *    2      total bytes           of the whole buffer
 *    3 …    options               in the order of SYSTEM_OPTION_NAMES; a flag is 0 or 1
 *
 * Then the regions, in the order of `SystemRegions`, each starting at a page. Pages are committed by the operating
 * system when they are first written: what nobody uses costs address space only.
 */
export const SYSTEM_HEADER_BYTES = 4_096
export const SYSTEM_MAGIC = 0x54_52_4f_55_50_45 // 'TROUPE'
export const SYSTEM_LAYOUT_VERSION = 2
export const HEADER_MAGIC = 0
export const HEADER_VERSION = 1
export const HEADER_TOTAL_BYTES = 2
export const HEADER_OPTIONS = 3

export const SYSTEM_OPTION_NAMES = Object.freeze([
  'seatsMax',
  'actorsPerSeat',
  'ringBytes',
  'arenaBytesPerSeat',
  'recorderEvents',
  'logBytes',
  'debug',
] as const)

/** What decides where everything lies. Ranges and defaults: `SystemMemoryOptions`. */
export interface SystemShape {
  readonly seatsMax: number
  readonly actorsPerSeat: number
  readonly ringBytes: number
  readonly arenaBytesPerSeat: number
  readonly recorderEvents: number
  readonly logBytes: number
}

/** Byte offsets of the regions. */
export interface SystemRegions {
  /** One seat after the other. */
  readonly seats: number
  readonly counters: number
  readonly journals: number
  readonly recorders: number
  readonly logs: number
  readonly directory: number
  readonly names: number
  readonly definitions: number
  /** Ring (from, to) is number from * seatsMax + to; those from a seat to itself are never touched. */
  readonly rings: number
  /** Column (seat, partition) is number seat * seatsMax + partition. */
  readonly leases: number
  readonly partitionTables: number
  readonly arenas: number
  readonly totalBytes: number
}

const PAGE_BYTES = 4_096

export function systemRegions(shape: SystemShape): SystemRegions {
  const { seatsMax } = shape
  const pairs = seatsMax * seatsMax
  let end = SYSTEM_HEADER_BYTES
  const place = (bytes: number): number => {
    const start = end
    end = Math.ceil((start + bytes) / PAGE_BYTES) * PAGE_BYTES
    return start
  }
  return {
    seats: place(seatsMax * SEAT_BYTES),
    counters: place(seatsMax * SEAT_COUNTERS_BYTES),
    journals: place(seatsMax * JOURNAL_BYTES),
    recorders: place(seatsMax * recorderRegionBytes(shape.recorderEvents)),
    logs: place(seatsMax * logRegionBytes(shape.logBytes)),
    directory: place(directoryRegionBytes(seatsMax, shape.actorsPerSeat)),
    names: place(nameRegionBytes(seatsMax, shape.actorsPerSeat)),
    definitions: place(seatsMax * definitionRegionBytes()),
    rings: place(pairs * ringRegionBytes(shape.ringBytes)),
    leases: place(pairs * leaseColumnBytes(shape.arenaBytesPerSeat)),
    partitionTables: place(seatsMax * partitionTableBytes(shape.arenaBytesPerSeat)),
    arenas: place(seatsMax * shape.arenaBytesPerSeat),
    totalBytes: end,
  }
}

assert((HEADER_OPTIONS + SYSTEM_OPTION_NAMES.length) * 8 <= SYSTEM_HEADER_BYTES, 'the header holds every option')
assert(SYSTEM_HEADER_BYTES % PAGE_BYTES === 0, 'the first region starts at a page')
