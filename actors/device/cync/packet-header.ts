/**   byte    field     meaning
 *    0       header    bits 7-4: type, bit 3: response, bits 2-0: version
 *    1       length    bytes of payload that follow, unsigned 32-bit, big-endian
 *    5       payload   */
export const CYNC_HEADER_BYTES = 5

/** Ten times what the largest packet seen has. Bytes. */
export const CYNC_PAYLOAD_BYTES_MAX = 16_384

/** A little more than the largest packet seen, header included. Bytes. */
export const LIKELY_BYTES_MAX = 1_280

export const RESPONSE_BIT = 0x08
const VERSION_MASK = 0x07
/** Requests, and replies that a device or an app makes itself. */
export const PEER_VERSION = 3
/** Replies that the server makes. */
export const SERVER_VERSION = 0

/** Type and response bit, without the version. */
export const kindOf = (header: number): number => header & ~VERSION_MASK
export const versionOf = (header: number): number => header & VERSION_MASK

/** How few and how many bytes of payload the packets have that are in use, by type and response bit. */
const lengthRanges: readonly (readonly [kind: number, min: number, max: number])[] = [
  [0x10, 10, 512],
  [0x18, 1, 8],
  [0x20, 10, 512],
  [0x28, 1, 8],
  [0x40, 7, CYNC_PAYLOAD_BYTES_MAX],
  [0x48, 3, 3],
  // A frame without data has eleven bytes.
  [0x70, 18, CYNC_PAYLOAD_BYTES_MAX],
  [0x78, 7, 7],
  [0x80, 18, CYNC_PAYLOAD_BYTES_MAX],
  [0x88, 3, 3],
  [0xa0, 7, 8],
  [0xa8, 8, 2_048],
  [0xc0, 1, 512],
  [0xc8, 11, 11],
  [0xd0, 0, 0],
  [0xd8, 0, 0],
  [0xe0, 1, 1],
]

/** By header byte; no length lies in the range of one that is not in use. */
const lengthMin = new Uint16Array(256).fill(1)
const lengthMax = new Uint16Array(256)
for (const [kind, min, max] of lengthRanges) {
  for (const version of [PEER_VERSION, SERVER_VERSION]) {
    lengthMin[kind | version] = min
    lengthMax[kind | version] = max
  }
}

/** Bit n: type n may stand in a header. These are the types that Xlink has, on which Cync is built; 0, 6 and f are not among them. */
const TYPES = 0b0111_1111_1011_1110

/** Length of the payload; more than `CYNC_PAYLOAD_BYTES_MAX` in what is no header. The five bytes from `offset` on must be there. */
export function payloadLength(bytes: Uint8Array, offset: number): number {
  // Multiplied, not shifted: the length is unsigned.
  return bytes[offset + 1]! * 0x100_0000 + ((bytes[offset + 2]! << 16) | (bytes[offset + 3]! << 8) | bytes[offset + 4]!)
}

/** Whether a packet may begin with these five bytes, where one is due. */
export function isHeader(bytes: Uint8Array, offset: number): boolean {
  const header = bytes[offset]!
  const version = header & VERSION_MASK
  if (version !== PEER_VERSION && version !== SERVER_VERSION) return false
  return ((TYPES >> (header >> 4)) & 1) === 1 && payloadLength(bytes, offset) <= CYNC_PAYLOAD_BYTES_MAX
}

/** As `isHeader`, and of a type that is in use, with a length that it may have. */
export function isLikelyHeader(bytes: Uint8Array, offset: number): boolean {
  const header = bytes[offset]!
  const max = lengthMax[header]!
  const min = lengthMin[header]!
  if (min > max) return false
  const length = payloadLength(bytes, offset)
  return length >= min && length <= max
}
