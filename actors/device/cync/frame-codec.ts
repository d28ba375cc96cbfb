import { UsageError } from 'troupe'
import type { CyncFrame, FrameDirection } from './frame.ts'

/**   On the wire: 7e, the body with 7d and 7e escaped, 7e. The body:
 *    byte    field       meaning
 *    0       sequence    u32, little-endian
 *    4       direction   f8 request, f9 response, fa announcement
 *    5       command
 *    6       length      of the data, u16, little-endian
 *    8       data
 *    8+n     checksum    command, both bytes of the length and the data, added modulo 256 */
const DELIMITER = 0x7e
const ESCAPE = 0x7d
const ESCAPED_BIT = 0x20
const SUMMED_FROM = 5
const DATA_OFFSET = 8
/** Bytes of a body beside its data. */
const OVERHEAD_BYTES = 9
const FIRMWARE_LEAD = 0x00

/** Largest data of a frame that fits a packet also when every byte of it is escaped. Bytes. */
export const FRAME_DATA_BYTES_MAX = 8_176

const directions: Readonly<Record<number, FrameDirection>> = Object.freeze({
  248: 'request',
  249: 'response',
  250: 'announce',
})
const directionBytes = Object.freeze({ request: 0xf8, response: 0xf9, announce: 0xfa })

/** A frame as it should be. Throws nothing: `encodePacket` checks. */
export function cyncFrame(
  direction: Exclude<FrameDirection, 'unknown'>,
  sequence: number,
  command: number,
  data: Uint8Array,
): CyncFrame {
  return {
    sequence,
    direction,
    directionByte: directionBytes[direction],
    command,
    data,
    checksum: frameChecksum(command, data),
    isChecksumGood: true,
    isStuffed: true,
    leadByte: DELIMITER,
  }
}

/** What the checksum of such a frame is to be. */
export function frameChecksum(command: number, data: Uint8Array): number {
  let sum = command + (data.length & 0xff) + (data.length >> 8)
  for (let index = 0; index < data.length; index++) sum += data[index]!
  return sum & 0xff
}

/**
 * The frame from `start` to `end`. Undefined where it is none. Its data are a view of `bytes`, or memory of their own where bytes
 * were escaped. Where it ends is known from the packet around it: the next 7e may be data that somebody has not escaped.
 */
export function decodeCyncFrame(bytes: Uint8Array, start: number, end: number): CyncFrame | undefined {
  const bodyStart = start + 1
  const bodyEnd = end - 1
  if (bodyEnd - bodyStart < OVERHEAD_BYTES || bytes[bodyEnd] !== DELIMITER) return undefined
  const leadByte = bytes[start]!
  if (leadByte !== DELIMITER && leadByte !== FIRMWARE_LEAD) return undefined
  for (let index = bodyStart; index < bodyEnd; index++) {
    const byte = bytes[index]!
    if (byte === ESCAPE || byte === DELIMITER) return decodeEscaped(bytes, bodyStart, bodyEnd, leadByte)
  }
  return readBody(bytes, bodyStart, bodyEnd, leadByte, true)
}

function decodeEscaped(bytes: Uint8Array, start: number, end: number, leadByte: number): CyncFrame | undefined {
  const body = unstuffed(bytes, start, end)
  // A 7e inside is none that was escaped: that model again, which escapes neither of the two.
  const isStuffed = !hasDelimiter(bytes, start, end)
  const frame = body && readBody(body, 0, body.length, leadByte, isStuffed)
  return frame ?? readBody(bytes, start, end, leadByte, false)
}

/** Undefined where the last byte announces another one. */
function unstuffed(bytes: Uint8Array, start: number, end: number): Uint8Array | undefined {
  const body = new Uint8Array(end - start)
  let count = 0
  for (let index = start; index < end; index++) {
    let byte = bytes[index]!
    if (byte === ESCAPE) {
      if (++index === end) return undefined
      byte = bytes[index]! ^ ESCAPED_BIT
    }
    body[count++] = byte
  }
  return body.subarray(0, count)
}

function hasDelimiter(bytes: Uint8Array, start: number, end: number): boolean {
  const place = bytes.indexOf(DELIMITER, start)
  return place >= 0 && place < end
}

function readBody(
  bytes: Uint8Array,
  start: number,
  end: number,
  leadByte: number,
  isStuffed: boolean,
): CyncFrame | undefined {
  const dataBytes = bytes[start + 6]! | (bytes[start + 7]! << 8)
  if (dataBytes !== end - start - OVERHEAD_BYTES) return undefined
  const checksumOffset = end - 1
  let sum = 0
  for (let index = start + SUMMED_FROM; index < checksumOffset; index++) sum += bytes[index]!
  const directionByte = bytes[start + 4]!
  const checksum = bytes[checksumOffset]!
  return {
    sequence: (bytes[start]! | (bytes[start + 1]! << 8) | (bytes[start + 2]! << 16) | (bytes[start + 3]! << 24)) >>> 0,
    direction: directions[directionByte] ?? 'unknown',
    directionByte,
    command: bytes[start + SUMMED_FROM]!,
    data: new Uint8Array(bytes.buffer, bytes.byteOffset + start + DATA_OFFSET, dataBytes),
    checksum,
    isChecksumGood: checksum === (sum & 0xff),
    isStuffed,
    leadByte,
  }
}

/** A body before it is escaped. Used by one call at a time, which never waits. */
const scratch = new Uint8Array(FRAME_DATA_BYTES_MAX + OVERHEAD_BYTES)

/**
 * A packet with `prefixBytes` free in front of the frame. The frame is written as it says: without escapes where `isStuffed` is
 * false, with its own checksum where `isChecksumGood` is. Throws `UsageError` (`invalid-packet`).
 */
export function encodeCyncFrame(frame: CyncFrame, prefixBytes: number): Uint8Array {
  const bodyBytes = writeBody(frame)
  const escapes = frame.isStuffed ? escapesIn(bodyBytes) : 0
  const packet = new Uint8Array(prefixBytes + bodyBytes + escapes + 2)
  packet[prefixBytes] = frame.leadByte
  let offset = prefixBytes + 1
  for (let index = 0; index < bodyBytes; index++) {
    const byte = scratch[index]!
    if (escapes > 0 && (byte === ESCAPE || byte === DELIMITER)) {
      packet[offset++] = ESCAPE
      packet[offset++] = byte ^ ESCAPED_BIT
    } else packet[offset++] = byte
  }
  packet[offset] = DELIMITER
  return packet
}

function writeBody(frame: CyncFrame): number {
  const { sequence, directionByte, command, data, isChecksumGood, checksum, leadByte } = frame
  checkField('frame.sequence', sequence, 0xffff_ffff)
  checkField('frame.directionByte', directionByte, 0xff)
  checkField('frame.command', command, 0xff)
  checkField('frame.data.length', data.length, FRAME_DATA_BYTES_MAX)
  if (leadByte !== DELIMITER) checkField('frame.leadByte', leadByte, FIRMWARE_LEAD)
  scratch[0] = sequence
  scratch[1] = sequence >>> 8
  scratch[2] = sequence >>> 16
  scratch[3] = sequence >>> 24
  scratch[4] = directionByte
  scratch[SUMMED_FROM] = command
  scratch[6] = data.length
  scratch[7] = data.length >> 8
  scratch.set(data, DATA_OFFSET)
  if (!isChecksumGood) checkField('frame.checksum', checksum, 0xff)
  scratch[DATA_OFFSET + data.length] = isChecksumGood ? frameChecksum(command, data) : checksum
  return data.length + OVERHEAD_BYTES
}

function escapesIn(bodyBytes: number): number {
  let escapes = 0
  for (let index = 0; index < bodyBytes; index++) {
    const byte = scratch[index]!
    if (byte === ESCAPE || byte === DELIMITER) escapes++
  }
  return escapes
}

/** Throws `UsageError` (`invalid-packet`) naming field, value and limit, unless `value` is a whole number from `min` to `max`. */
export function checkField(name: string, value: number, max: number, min = 0): void {
  if (Number.isInteger(value) && value >= min && value <= max) return
  throw new UsageError('invalid-packet', `Cync: ${name} must be a whole number from ${min} to ${max}, got ${value}`)
}
