import { UsageError } from 'troupe'
import { HeaderFraming } from './header-framing.ts'

/**   byte    field     meaning
 *    0       type      which message it is, unsigned 16-bit, little-endian
 *    2       length    bytes of payload that follow, unsigned 32-bit, little-endian
 *    6       payload   */
const LENGTH_OFFSET = 2
export const TLV_HEADER_BYTES = 6

/** What Mycelium's own codec takes: a larger payload would be refused there. Bytes, inclusive. */
export const TLV_PAYLOAD_BYTES_MAX = 16_777_216

const TYPE_MAX = 0xffff

export interface TlvFramingOptions {
  /** Largest payload, inclusive, both ways. Bytes, 0 to 2^32 - 1. @default 16_777_216 (16 MiB) */
  readonly payloadBytesMax?: number
}

/**
 * Mycelium's frames: type, length, value. A frame passed on includes its header (`tlvType` and `tlvPayload` read it), and so
 * does one that is sent (`writeTlvHeader`, `encodeTlv`).
 */
export class TlvFraming extends HeaderFraming {
  constructor({ payloadBytesMax = TLV_PAYLOAD_BYTES_MAX }: TlvFramingOptions = {}) {
    super({ headerBytes: TLV_HEADER_BYTES, payloadBytes, payloadBytesMax, nameFrame })
  }
}

/** The type of a whole frame: 0 to 65,535. */
export function tlvType(frame: Uint8Array, offset = 0): number {
  return frame[offset]! | (frame[offset + 1]! << 8)
}

/** The payload of a whole frame, as a view of it. */
export function tlvPayload(frame: Uint8Array): Uint8Array {
  return frame.subarray(TLV_HEADER_BYTES)
}

/**
 * Writes a header in front of a payload, which may come later; answers the offset behind it, where the payload begins.
 * Throws `UsageError` (`invalid-option`) for a type that is no whole number from 0 to 65,535.
 */
export function writeTlvHeader(target: Uint8Array, offset: number, type: number, payloadBytes: number): number {
  if (!Number.isInteger(type) || type < 0 || type > TYPE_MAX) {
    throw new UsageError(
      'invalid-option',
      `the type of a TLV frame must be a whole number from 0 to 65535, got ${type}`,
    )
  }
  target[offset] = type
  target[offset + 1] = type >>> 8
  for (let index = 0; index < 4; index++) target[offset + LENGTH_OFFSET + index] = payloadBytes >>> (8 * index)
  return offset + TLV_HEADER_BYTES
}

/** A whole frame, in memory of its own. */
export function encodeTlv(type: number, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(TLV_HEADER_BYTES + payload.length)
  frame.set(payload, writeTlvHeader(frame, 0, type, payload.length))
  return frame
}

function payloadBytes(bytes: Uint8Array, offset: number): number {
  const at = offset + LENGTH_OFFSET
  // Multiplied, not shifted: the length is unsigned.
  return bytes[at]! + (bytes[at + 1]! << 8) + (bytes[at + 2]! << 16) + bytes[at + 3]! * 0x100_0000
}

function nameFrame(bytes: Uint8Array, offset: number): string {
  return `TLV frame of type ${tlvType(bytes, offset)}`
}
