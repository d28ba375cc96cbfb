import { ProtocolError } from 'troupe'
import type { DeliReader } from './deli-reader.ts'
import type { DeliSchema } from './deli-schema.ts'
import { type DeliWriter, putU32 } from './deli-writer.ts'
import { type Misfit, misfit } from './misfit.ts'

/** Where numbers of eight bytes and fractions pass through: a view of each message would cost more than these copies. */
const scratch = new DataView(new ArrayBuffer(8))
const scratchBytes = new Uint8Array(scratch.buffer)

export const bool = scalar<boolean>(
  'bool',
  1,
  (value, writer) => {
    if (typeof value !== 'boolean') throw misfit('bool', 'true or false', value)
    writer.bytes[writer.claim(1)] = value ? 1 : 0
  },
  (reader) => {
    const at = reader.take(1, 'bool')
    const byte = reader.bytes[at]!
    if (byte > 1) throw new ProtocolError('invalid-bool', `invalid bool value: ${byte} at offset ${at}, must be 0 or 1`)
    return byte === 1
  },
)

export const u8 = scalar<number>(
  'u8',
  1,
  (value, writer) => {
    if (typeof value !== 'number' || (value & 0xff) !== value) throw outOfRange('u8', 0, 0xff, value)
    writer.bytes[writer.claim(1)] = value
  },
  (reader) => reader.bytes[reader.take(1, 'u8')]!,
)

export const u16 = scalar<number>(
  'u16',
  2,
  (value, writer) => {
    if (typeof value !== 'number' || (value & 0xffff) !== value) throw outOfRange('u16', 0, 0xffff, value)
    putU16(writer, value)
  },
  (reader) => takeU16(reader, 'u16'),
)

export const u32 = scalar<number>(
  'u32',
  4,
  (value, writer) => {
    if (typeof value !== 'number' || value >>> 0 !== value) throw outOfRange('u32', 0, 0xffff_ffff, value)
    writer.u32(value)
  },
  (reader) => reader.takeU32('u32'),
)

export const u64 = scalar<bigint>(
  'u64',
  8,
  (value, writer) => {
    if (typeof value !== 'bigint' || BigInt.asUintN(64, value) !== value) {
      throw outOfRange('u64', 0n, 0xffff_ffff_ffff_ffffn, value)
    }
    scratch.setBigUint64(0, value, true)
    putScratch8(writer)
  },
  (reader) => {
    fillScratch(reader, 8, 'u64')
    return scratch.getBigUint64(0, true)
  },
)

export const i8 = scalar<number>(
  'i8',
  1,
  (value, writer) => {
    if (typeof value !== 'number' || (value << 24) >> 24 !== value) throw outOfRange('i8', -0x80, 0x7f, value)
    writer.bytes[writer.claim(1)] = value
  },
  (reader) => (reader.bytes[reader.take(1, 'i8')]! << 24) >> 24,
)

export const i16 = scalar<number>(
  'i16',
  2,
  (value, writer) => {
    if (typeof value !== 'number' || (value << 16) >> 16 !== value) throw outOfRange('i16', -0x8000, 0x7fff, value)
    putU16(writer, value)
  },
  (reader) => (takeU16(reader, 'i16') << 16) >> 16,
)

export const i32 = scalar<number>(
  'i32',
  4,
  (value, writer) => {
    if (typeof value !== 'number' || (value | 0) !== value) throw outOfRange('i32', -0x8000_0000, 0x7fff_ffff, value)
    writer.u32(value)
  },
  (reader) => reader.takeU32('i32') | 0,
)

export const i64 = scalar<bigint>(
  'i64',
  8,
  (value, writer) => {
    if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) {
      throw outOfRange('i64', -0x8000_0000_0000_0000n, 0x7fff_ffff_ffff_ffffn, value)
    }
    scratch.setBigInt64(0, value, true)
    putScratch8(writer)
  },
  (reader) => {
    fillScratch(reader, 8, 'i64')
    return scratch.getBigInt64(0, true)
  },
)

/** Rounds to the nearest single. A finite number that would become infinite is refused. */
export const f32 = scalar<number>(
  'f32',
  4,
  (value, writer) => {
    if (typeof value !== 'number') throw misfit('f32', 'a number', value)
    if (Number.isFinite(value) && !Number.isFinite(Math.fround(value))) {
      throw misfit('f32', 'numbers up to 3.4028234663852886e38', value)
    }
    scratch.setFloat32(0, value, true)
    const at = writer.claim(4)
    for (let index = 0; index < 4; index++) writer.bytes[at + index] = scratchBytes[index]!
  },
  (reader) => {
    fillScratch(reader, 4, 'f32')
    return scratch.getFloat32(0, true)
  },
)

export const f64 = scalar<number>(
  'f64',
  8,
  (value, writer) => {
    if (typeof value !== 'number') throw misfit('f64', 'a number', value)
    scratch.setFloat64(0, value, true)
    putScratch8(writer)
  },
  (reader) => {
    fillScratch(reader, 8, 'f64')
    return scratch.getFloat64(0, true)
  },
)

function scalar<T>(
  typeName: string,
  bytes: number,
  write: (value: T, writer: DeliWriter) => void,
  read: (reader: DeliReader) => T,
): DeliSchema<T> {
  return Object.freeze({ typeName, bytesMin: bytes, isFixed: true, sizeOf: () => bytes, write, read })
}

function outOfRange(typeName: string, min: number | bigint, max: number | bigint, value: unknown): Misfit {
  const kind = typeof min === 'bigint' ? 'bigints' : 'whole numbers'
  return misfit(typeName, `${kind} from ${min} to ${max}`, value)
}

function putU16(writer: DeliWriter, value: number): void {
  const at = writer.claim(2)
  writer.bytes[at] = value
  writer.bytes[at + 1] = value >>> 8
}

function takeU16(reader: DeliReader, typeName: string): number {
  const at = reader.take(2, typeName)
  return reader.bytes[at]! | (reader.bytes[at + 1]! << 8)
}

function putScratch8(writer: DeliWriter): void {
  const at = writer.claim(8)
  putU32(writer.bytes, at, scratch.getUint32(0, true))
  putU32(writer.bytes, at + 4, scratch.getUint32(4, true))
}

function fillScratch(reader: DeliReader, count: number, typeName: string): void {
  const at = reader.take(count, typeName)
  for (let index = 0; index < count; index++) scratchBytes[index] = reader.bytes[at + index]!
}
