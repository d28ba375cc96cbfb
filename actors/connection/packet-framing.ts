import { ProtocolError, UsageError } from 'troupe'
import type { Framing } from './framing.ts'

/**   byte    field     meaning
 *    0       type      what kind of packet
 *    1       length    bytes of payload that follow, unsigned 32-bit, big-endian
 *    5       payload   */
const LENGTH_OFFSET = 1
export const PACKET_HEADER_BYTES = 5

/** What the Cync protocol's implementers agree on as a bound; the largest packet seen has 1,024 bytes. Bytes. */
export const PACKET_PAYLOAD_BYTES_MAX = 16_384

const HELD_BYTES_MIN = 64

/** Frames with a type byte and a big-endian 32-bit length; a frame passed on includes its header. */
export class PacketFraming implements Framing {
  readonly #payloadBytesMax: number
  #held = new Uint8Array(0)
  #heldCount = 0
  /** Length of the incomplete frame, known as soon as its header is whole; 0 before. */
  #heldFrameBytes = 0
  /** Bytes of the stream before the current frame, for error messages. */
  #position = 0
  #failure: unknown

  /** @param payloadBytesMax largest payload taken, inclusive. Bytes, 0 to 2^32 - 1. */
  constructor(payloadBytesMax: number = PACKET_PAYLOAD_BYTES_MAX) {
    if (!Number.isInteger(payloadBytesMax) || payloadBytesMax < 0 || payloadBytesMax > 0xffff_ffff) {
      throw new UsageError(
        'invalid-option',
        `PacketFraming: payloadBytesMax must be a whole number from 0 to 4294967295 bytes, got ${payloadBytesMax}`,
      )
    }
    this.#payloadBytesMax = payloadBytesMax
  }

  get heldBytes(): number {
    return this.#heldCount
  }

  push(chunk: Uint8Array, onFrame: (frame: Uint8Array) => void): void {
    if (this.#failure !== undefined) throw this.#failure
    try {
      const rest = this.#completeHeld(chunk, onFrame)
      this.#cut(chunk, rest, onFrame)
    } catch (error) {
      this.#failure = error
      throw error
    }
  }

  /** Fills up the held frame from the start of `chunk`; answers the offset behind what it took. */
  #completeHeld(chunk: Uint8Array, onFrame: (frame: Uint8Array) => void): number {
    if (this.#heldCount === 0) return 0
    let offset = 0
    if (this.#heldFrameBytes === 0) {
      offset = this.#hold(chunk, 0, PACKET_HEADER_BYTES - this.#heldCount)
      if (this.#heldCount < PACKET_HEADER_BYTES) return offset
      this.#heldFrameBytes = this.#frameBytes(this.#held, 0)
    }
    offset = this.#hold(chunk, offset, this.#heldFrameBytes - this.#heldCount)
    if (this.#heldCount < this.#heldFrameBytes) return offset
    const frame = this.#held.subarray(0, this.#heldCount)
    this.#position += this.#heldCount
    this.#heldCount = 0
    this.#heldFrameBytes = 0
    onFrame(frame)
    return offset
  }

  /** Passes on the frames that lie whole in `chunk` from `offset` on, in place, and holds what is left. */
  #cut(chunk: Uint8Array, offset: number, onFrame: (frame: Uint8Array) => void): void {
    let at = offset
    while (chunk.length - at >= PACKET_HEADER_BYTES) {
      const frameBytes = this.#frameBytes(chunk, at)
      if (chunk.length - at < frameBytes) {
        this.#heldFrameBytes = frameBytes
        break
      }
      this.#position += frameBytes
      onFrame(chunk.subarray(at, at + frameBytes))
      at += frameBytes
    }
    this.#hold(chunk, at, chunk.length - at)
  }

  /** Copies up to `wanted` bytes behind what is held; answers the offset in `chunk` behind them. */
  #hold(chunk: Uint8Array, offset: number, wanted: number): number {
    const taken = Math.min(wanted, chunk.length - offset)
    if (taken === 0) return offset
    const needed = this.#heldCount + taken
    if (needed > this.#held.length) {
      const grown = new Uint8Array(Math.max(HELD_BYTES_MIN, needed, this.#held.length * 2))
      grown.set(this.#held.subarray(0, this.#heldCount))
      this.#held = grown
    }
    this.#held.set(chunk.subarray(offset, offset + taken), this.#heldCount)
    this.#heldCount = needed
    return offset + taken
  }

  #frameBytes(bytes: Uint8Array, offset: number): number {
    const at = offset + LENGTH_OFFSET
    // Multiplied, not shifted: the length is unsigned.
    const payloadBytes = bytes[at]! * 0x100_0000 + (bytes[at + 1]! << 16) + (bytes[at + 2]! << 8) + bytes[at + 3]!
    if (payloadBytes <= this.#payloadBytesMax) return PACKET_HEADER_BYTES + payloadBytes
    throw new ProtocolError(
      'message-too-large',
      `packet of type ${packetTypeName(bytes[offset]!)} at stream position ${this.#position} promises ` +
        `${payloadBytes} bytes of payload, limit ${this.#payloadBytesMax}`,
    )
  }
}

/** `0x23`: how a packet type is written in counts and messages. */
export function packetTypeName(type: number): string {
  return `0x${type.toString(16).padStart(2, '0')}`
}
