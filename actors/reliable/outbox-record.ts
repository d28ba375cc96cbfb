import { crc32 } from 'node:zlib'

/**
 * One segment file of an outbox, little-endian:
 *
 *     byte   field
 *     0      magic 'TOBX'
 *     4      version, u16: 1; then two bytes 0
 *     8      session id, 16 bytes
 *     24     number of the segment, u64, from 1
 *     32     largest sequence stored before this segment, u64
 *     40     salt, u32: different in every segment
 *     44     16 bytes 0
 *     60     CRC-32 of the 60 bytes before
 *     64     records, one behind the other
 *
 * One record:
 *
 *     0      bytes of the record, these four included, u32
 *     4      CRC-32 of what follows, begun with salt xor bytes, u32
 *     8      kind, u8: 1 message, 2 confirmed up to, 3 confirmed one
 *     9      flags, u8; then two bytes 0
 *     12     where the group of the record begins in this file, u32
 *     16     sequence, u64
 *     24     id, 16 bytes; only of a message, as what follows
 *     40     payload
 *
 * The salt keeps a payload that holds records of an outbox from being taken for records. A group is written when the one before is on
 * disk: so what lies before the group of any readable record had been flushed, and must be readable too.
 */
export const SEGMENT_HEADER_BYTES = 64
export const CONFIRM_BYTES = 24
export const MESSAGE_HEADER_BYTES = 40
export const ID_BYTES = 16

export const MESSAGE = 1
export const CONFIRM_UP_TO = 2
export const CONFIRM_ONE = 3

const MAGIC = 0x58424f54 // 'TOBX'
const VERSION = 1

export interface SegmentHeader {
  readonly sessionId: Uint8Array
  readonly number: number
  readonly lastSequence: number
  readonly salt: number
}

export function encodeSegmentHeader({ sessionId, number, lastSequence, salt }: SegmentHeader): Buffer {
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES)
  header.writeUInt32LE(MAGIC, 0)
  header.writeUInt16LE(VERSION, 4)
  header.set(sessionId, 8)
  writeU64(header, number, 24)
  writeU64(header, lastSequence, 32)
  header.writeUInt32LE(salt, 40)
  header.writeUInt32LE(crc32(header.subarray(0, 60)), 60)
  return header
}

/** Undefined for what is no header of this version. */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | undefined {
  if (bytes.length < SEGMENT_HEADER_BYTES || bytes.readUInt32LE(0) !== MAGIC || bytes.readUInt16LE(4) !== VERSION) {
    return undefined
  }
  if (crc32(bytes.subarray(0, 60)) !== bytes.readUInt32LE(60)) return undefined
  return {
    sessionId: new Uint8Array(bytes.subarray(8, 24)),
    number: readU64(bytes, 24),
    lastSequence: readU64(bytes, 32),
    salt: bytes.readUInt32LE(40),
  }
}

/** Writes a message at `at`, where `MESSAGE_HEADER_BYTES` and the payload must have room. Answers the end. */
export function writeMessage(
  target: Buffer,
  at: number,
  { salt, groupOffset }: RecordPlace,
  sequence: number,
  id: Uint8Array,
  flags: number,
  payload: Uint8Array,
): number {
  const end = at + MESSAGE_HEADER_BYTES + payload.length
  writeHead(target, at, end, MESSAGE, flags, groupOffset, sequence)
  target.set(id, at + 24)
  target.set(payload, at + MESSAGE_HEADER_BYTES)
  target.writeUInt32LE(checksum(target, at, end, salt), at + 4)
  return end
}

export function writeConfirm(
  target: Buffer,
  at: number,
  { salt, groupOffset }: RecordPlace,
  kind: typeof CONFIRM_UP_TO | typeof CONFIRM_ONE,
  sequence: number,
): number {
  const end = at + CONFIRM_BYTES
  writeHead(target, at, end, kind, 0, groupOffset, sequence)
  target.writeUInt32LE(checksum(target, at, end, salt), at + 4)
  return end
}

/** What a record must know of where it stands. */
export interface RecordPlace {
  readonly salt: number
  readonly groupOffset: number
}

/**
 * Bytes of the record at `at`, or 0 where there is none that is whole and unharmed.
 * @param offset where it stands in its file
 */
export function recordBytesAt(bytes: Buffer, at: number, salt: number, offset = at): number {
  if (at + CONFIRM_BYTES > bytes.length) return 0
  const length = bytes.readUInt32LE(at)
  if (length < CONFIRM_BYTES || at + length > bytes.length) return 0
  const kind = kindOf(bytes, at)
  const isShape = kind === MESSAGE ? length >= MESSAGE_HEADER_BYTES : kind <= CONFIRM_ONE && length === CONFIRM_BYTES
  if (kind < MESSAGE || !isShape || groupOffsetOf(bytes, at) > offset) return 0
  return checksum(bytes, at, at + length, salt) === bytes.readUInt32LE(at + 4) ? length : 0
}

export const kindOf = (bytes: Buffer, at: number): number => bytes[at + 8]!
export const flagsOf = (bytes: Buffer, at: number): number => bytes[at + 9]!
export const groupOffsetOf = (bytes: Buffer, at: number): number => bytes.readUInt32LE(at + 12)
export const sequenceOf = (bytes: Buffer, at: number): number => readU64(bytes, at + 16)

function writeHead(
  target: Buffer,
  at: number,
  end: number,
  kind: number,
  flags: number,
  groupOffset: number,
  sequence: number,
): void {
  target.writeUInt32LE(end - at, at)
  target[at + 8] = kind
  target[at + 9] = flags
  target[at + 10] = 0
  target[at + 11] = 0
  target.writeUInt32LE(groupOffset, at + 12)
  writeU64(target, sequence, at + 16)
}

function checksum(bytes: Buffer, at: number, end: number, salt: number): number {
  return crc32(bytes.subarray(at + 8, end), (salt ^ (end - at)) >>> 0)
}

function writeU64(target: Buffer, value: number, at: number): void {
  target.writeUInt32LE(value >>> 0, at)
  target.writeUInt32LE(Math.floor(value / 2 ** 32), at + 4)
}

function readU64(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 2 ** 32
}
