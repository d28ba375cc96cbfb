import { HeaderFraming } from './header-framing.ts'

/**   byte    field     meaning
 *    0       type      what kind of packet
 *    1       length    bytes of payload that follow, unsigned 32-bit, big-endian
 *    5       payload   */
const LENGTH_OFFSET = 1
export const PACKET_HEADER_BYTES = 5

/** What the Cync protocol's implementers agree on as a bound; the largest packet seen has 1,024 bytes. Bytes. */
export const PACKET_PAYLOAD_BYTES_MAX = 16_384

/**
 * Frames with a type byte and a big-endian 32-bit length. A frame passed on includes its header, and so does one that is
 * sent.
 */
export class PacketFraming extends HeaderFraming {
  /** @param payloadBytesMax largest payload taken, inclusive. Bytes, 0 to 2^32 - 1. */
  constructor(payloadBytesMax: number = PACKET_PAYLOAD_BYTES_MAX) {
    super({ headerBytes: PACKET_HEADER_BYTES, payloadBytes, payloadBytesMax, nameFrame })
  }
}

function payloadBytes(bytes: Uint8Array, offset: number): number {
  const at = offset + LENGTH_OFFSET
  // Multiplied, not shifted: the length is unsigned.
  return bytes[at]! * 0x100_0000 + (bytes[at + 1]! << 16) + (bytes[at + 2]! << 8) + bytes[at + 3]!
}

function nameFrame(bytes: Uint8Array, offset: number): string {
  return `packet of type ${packetTypeName(bytes[offset]!)}`
}

/** `0x23`: how a packet type is written in counts and messages. */
export function packetTypeName(type: number): string {
  return `0x${type.toString(16).padStart(2, '0')}`
}
