import { checkField } from './frame-codec.ts'
import type { MeshRecord, OutletRecord, SyncEntry } from './packet.ts'

/**   A datapoint:
 *    byte    field    meaning
 *    0       index
 *    1       kind     high four bits; with them the length of the value: the lower twelve bits of a u16, big-endian
 *    3       value    */
const ENTRY_HEADER_BYTES = 3
const VALUE_BYTES_MAX = 0xfff
const KIND_MAX = 0xf
const RECORD_BYTES = 16
const OUTLETS_BYTES = 7
/** One kind of device appends as many (type 81). */
export const SYNC_TRAILING_BYTES_MAX = 2

/** Type and response bit of a sync, and where in the packet its datapoints begin. */
export const SYNC_KIND = 0x40
export const SYNC_ENTRIES_OFFSET = 12

/** Datapoints from `start` on, as far as they go. `end`: where the last one does. */
export interface SyncEntries {
  readonly entries: readonly SyncEntry[]
  readonly end: number
}

export function decodeSyncEntries(bytes: Uint8Array, start: number, end: number): SyncEntries {
  const entries: SyncEntry[] = []
  let offset = start
  while (end - offset >= ENTRY_HEADER_BYTES) {
    const word = (bytes[offset + 1]! << 8) | bytes[offset + 2]!
    const valueBytes = word & VALUE_BYTES_MAX
    const valueStart = offset + ENTRY_HEADER_BYTES
    if (valueStart + valueBytes > end) break
    entries.push(entryOf(bytes, bytes[offset]!, word >> 12, valueStart, valueBytes))
    offset = valueStart + valueBytes
  }
  return { entries, end: offset }
}

/** Where the last whole datapoint ends. */
export function syncEntriesEnd(bytes: Uint8Array, start: number, end: number): number {
  let offset = start
  while (end - offset >= ENTRY_HEADER_BYTES) {
    const next = offset + ENTRY_HEADER_BYTES + (((bytes[offset + 1]! << 8) | bytes[offset + 2]!) & VALUE_BYTES_MAX)
    if (next > end) break
    offset = next
  }
  return offset
}

function entryOf(bytes: Uint8Array, index: number, kind: number, start: number, length: number): SyncEntry {
  const value = new Uint8Array(bytes.buffer, bytes.byteOffset + start, length)
  if (kind !== 0) return { index, kind, value }
  if (length === RECORD_BYTES) return { index, kind, value, record: recordAt(bytes, start) }
  if (length === OUTLETS_BYTES && index === 0) return { index, kind, value, outlets: outletsAt(bytes, start) }
  return { index, kind, value }
}

function recordAt(bytes: Uint8Array, start: number): MeshRecord {
  return {
    meshAddress: bytes[start]!,
    isOn: bytes[start + 1] !== 0,
    brightness: bytes[start + 2]!,
    colorMode: bytes[start + 3]!,
    rgb: [bytes[start + 4]!, bytes[start + 5]!, bytes[start + 6]!],
    isOnline: bytes[start + 7] !== 0,
    origin: bytes[start + 8]!,
    reporterAddress: bytes[start + 9]!,
  }
}

function outletsAt(bytes: Uint8Array, start: number): OutletRecord {
  return { meshAddress: bytes[start]!, isOn: bytes[start + 1] !== 0, outletMask: bytes[start + 2]! }
}

/** The datapoint with a record, as a controller sends it: 5 for its own, 6 and more for others. Throws `UsageError`. */
export function recordEntry(index: number, record: MeshRecord): SyncEntry {
  const { meshAddress, isOn, brightness, colorMode, rgb, isOnline, origin, reporterAddress } = record
  const bytes = {
    meshAddress,
    brightness,
    colorMode,
    red: rgb[0],
    green: rgb[1],
    blue: rgb[2],
    origin,
    reporterAddress,
  }
  for (const [name, byte] of Object.entries(bytes)) checkField(`record.${name}`, byte, 0xff)
  const value = new Uint8Array(RECORD_BYTES)
  value.set([meshAddress, +isOn, brightness, colorMode, ...rgb, +isOnline, origin, reporterAddress])
  return { index, kind: 0, value, record }
}

export function syncEntriesBytes(entries: readonly SyncEntry[]): number {
  return entries.reduce((sum, { value }) => sum + ENTRY_HEADER_BYTES + value.length, 0)
}

/** Writes the values; records are what they hold. Throws `UsageError` (`invalid-packet`). Answers the offset behind. */
export function writeSyncEntries(target: Uint8Array, offset: number, entries: readonly SyncEntry[]): number {
  let at = offset
  for (const { index, kind, value } of entries) {
    checkField('entry.index', index, 0xff)
    checkField('entry.kind', kind, KIND_MAX)
    checkField('entry.value.length', value.length, VALUE_BYTES_MAX)
    target[at] = index
    target[at + 1] = (kind << 4) | (value.length >> 8)
    target[at + 2] = value.length
    target.set(value, at + ENTRY_HEADER_BYTES)
    at += ENTRY_HEADER_BYTES + value.length
  }
  return at
}
