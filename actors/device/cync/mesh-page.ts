import { checkField } from './frame-codec.ts'

/**   A part of the answer to a mesh query, all numbers little-endian:
 *    byte    field     meaning
 *    0       count     records in this part, u16
 *    2       offset    records before these, u16
 *    4       total     records in all, u16
 *    6       records   24 bytes each: [0] mesh address u16, [2] type, [3] 1 while online, [6] type again, [7] 1, [8] on,
 *                      [12] brightness, [16] white temperature or fe, [20] red, green, blue; the rest is 0. */
const HEADER_BYTES = 6
const RECORD_BYTES = 24

export interface MeshPage {
  readonly offset: number
  readonly total: number
  readonly records: readonly MeshState[]
}

/** State of one device, as a controller tells it when asked. The first one is the controller's own. */
export interface MeshState {
  readonly meshAddress: number
  /** Type of the device; 0 but in the record of the controller itself. */
  readonly deviceType: number
  readonly isOnline: boolean
  readonly isOn: boolean
  /** 0 to 100; of plugs with two outlets the mask of these. */
  readonly brightness: number
  /** 0 to 100: white temperature; 0xfe: colour; 0xff: it has neither. */
  readonly colorMode: number
  readonly rgb: readonly [number, number, number]
}

/** Undefined for what is no such part. */
export function decodeMeshPage(data: Uint8Array): MeshPage | undefined {
  if (data.length < HEADER_BYTES) return undefined
  const count = u16(data, 0)
  if (data.length !== HEADER_BYTES + count * RECORD_BYTES) return undefined
  const records = Array.from({ length: count }, (_, index) => recordAt(data, HEADER_BYTES + index * RECORD_BYTES))
  return { offset: u16(data, 2), total: u16(data, 4), records }
}

function recordAt(data: Uint8Array, start: number): MeshState {
  return {
    meshAddress: u16(data, start),
    deviceType: data[start + 2]!,
    isOnline: data[start + 3] !== 0,
    isOn: data[start + 8] !== 0,
    brightness: data[start + 12]!,
    colorMode: data[start + 16]!,
    rgb: [data[start + 20]!, data[start + 21]!, data[start + 22]!],
  }
}

/** Records that fit one frame. Count. */
export const MESH_PAGE_RECORDS_MAX = 340

/** Throws `UsageError` (`invalid-packet`). */
export function encodeMeshPage({ offset, total, records }: MeshPage): Uint8Array {
  checkField('records.length', records.length, MESH_PAGE_RECORDS_MAX)
  checkField('total', total, 0xffff)
  checkField('offset', offset, total)
  const data = new Uint8Array(HEADER_BYTES + records.length * RECORD_BYTES)
  writeU16(data, 0, records.length)
  writeU16(data, 2, offset)
  writeU16(data, 4, total)
  for (const [index, record] of records.entries()) writeRecord(data, HEADER_BYTES + index * RECORD_BYTES, record)
  return data
}

function writeRecord(data: Uint8Array, start: number, record: MeshState): void {
  const { meshAddress, deviceType, isOnline, isOn, brightness, colorMode, rgb } = record
  checkField('meshAddress', meshAddress, 0xffff)
  for (const [name, value] of Object.entries({ deviceType, brightness, colorMode })) checkField(name, value, 0xff)
  for (const value of rgb) checkField('rgb', value, 0xff)
  writeU16(data, start, meshAddress)
  data[start + 2] = deviceType
  data[start + 3] = +isOnline
  data[start + 6] = deviceType
  data[start + 7] = 1
  data[start + 8] = +isOn
  data[start + 12] = brightness
  data[start + 16] = colorMode
  data.set(rgb, start + 20)
}

function u16(data: Uint8Array, offset: number): number {
  return data[offset]! | (data[offset + 1]! << 8)
}

function writeU16(data: Uint8Array, offset: number, value: number): void {
  data[offset] = value
  data[offset + 1] = value >> 8
}

/** Puts the parts of one answer together. A new one for each query. */
export class MeshPages {
  readonly #records = new Map<number, MeshState>()

  /** Takes one part; answers all records, in order, when they are there. A part that comes twice counts once. */
  add({ offset, total, records }: MeshPage): readonly MeshState[] | undefined {
    for (const [index, record] of records.entries()) {
      if (offset + index < total) this.#records.set(offset + index, record)
    }
    if (this.#records.size < total) return undefined
    return Array.from({ length: total }, (_, index) => this.#records.get(index)!)
  }
}
