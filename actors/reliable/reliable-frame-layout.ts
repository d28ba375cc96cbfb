import { MESSAGE_ID_BYTES } from './message-id.ts'

/**
 * Frames of a reliable session, each one whole message of the framing below. Numbers are little-endian, all fields aligned; sequences are at most
 * 2^52. Every frame begins alike:
 *
 *     byte 0   u32  CRC-32 (as zlib) of everything behind it
 *          4   u8   version, 1
 *          5   u8   kind
 *          6   u8   flags, by kind
 *          7   u8   0
 *          8   u32  from: tag of the sender's session, the first four bytes of its id
 *          12  u32  to: tag of the session of the peer, 0 while it is not known
 *
 *     HELLO 1     16 session id [16] · 32 base u64 · 40 next u64 · 48 held session id [16] · 64 cumulative u64 · 72 credit u32 ·
 *                 76 message bytes max u32 · 80 incarnation u32 · 84 name bytes u16 · 86 0 u16 · 88 name
 *     DATA 2      16 sequence u64 · 24 cumulative u64 · 32 credit u32 · 36 message bytes u32 · 40 base u32 (sequence - base) ·
 *                 44 chunk offset u32 · 48 message id [16] · 64 payload
 *     ACK 3       16 cumulative u64 · 24 credit u32 · 28 ranges u16 · 30 0 u16 · 32 ranges: offset u32, count u16, state u16
 *     NACK 4      16 sequence u64 · 24 reason bytes u16 · 26 0 u16 · 28 0 u32 · 32 reason
 *     SKIP 5      16 base u64 · 24 ranges u16 · 26 0 u16 · 28 0 u32 · 32 ranges: offset u32, count u16, 0 u16
 *     RESET 6     16 reason u32 · 20 0 u32
 */
export const FRAME_VERSION = 1

export const at = Object.freeze({
  crc: 0,
  version: 4,
  kind: 5,
  flags: 6,
  from: 8,
  to: 12,
  body: 16,
  helloBase: 32,
  helloNext: 40,
  helloHeld: 48,
  helloCumulative: 64,
  helloCredit: 72,
  helloMessageBytesMax: 76,
  helloIncarnation: 80,
  helloNameBytes: 84,
  helloName: 88,
  dataCumulative: 24,
  dataCredit: 32,
  dataMessageBytes: 36,
  dataBase: 40,
  dataChunkOffset: 44,
  dataId: 48,
  dataPayload: 64,
  ackCredit: 24,
  ackRangeCount: 28,
  nackReasonBytes: 24,
  skipRangeCount: 24,
  /** Of ACK and SKIP; the reason of NACK. */
  tail: 32,
  resetReason: 16,
  resetEnd: 24,
})

/** Largest sequence that a frame may name: numbers a window or a range above it are still exact. */
export const SEQUENCE_MAX = 2 ** 52
/** Bytes of a frame beside the payload of a DATA frame. */
export const DATA_HEADER_BYTES = at.dataPayload
export const SESSION_ID_BYTES = MESSAGE_ID_BYTES
export const RANGE_BYTES = 8
/** Ranges that one frame tells; what is beyond is told when these have changed. */
export const RANGES_MAX = 64
/** Of UTF-8. */
export const REASON_BYTES_MAX = 1_024
export const NAME_BYTES_MAX = 256
/** Largest frame without payload. */
export const FRAME_BYTES_MIN_LIMIT = at.tail + REASON_BYTES_MAX

export const frameKinds = Object.freeze({ hello: 1, data: 2, ack: 3, nack: 4, skip: 5, reset: 6 })
export type FrameKind = (typeof frameKinds)[keyof typeof frameKinds]

/** Of DATA: may be processed before those in front of it; first and last chunk of a message; priority in two bits. */
export const dataFlags = Object.freeze({ unordered: 1, first: 2, last: 4, priorityShift: 3, priorityMask: 0x18 })
/** Of HELLO: it answers one. Of ACK: wants an ACK at once. */
export const HELLO_ANSWERS = 1
export const ACK_PROBES = 1

/** What a range of an ACK says about sequences: they are here, or done with. */
export const rangeStates = Object.freeze({ received: 1, settled: 2 })

/** Why a RESET: a frame of a session that is not known, say HELLO; or it is over for good. */
export const resetReasons = Object.freeze({ helloWanted: 1, closed: 2 })
