import { ProtocolError, UsageError } from 'troupe'
import { type Framing, noSuffix } from '../../connection/framing.ts'
import { checkSendLength } from '../../connection/message-limit.ts'
import {
  CYNC_HEADER_BYTES,
  CYNC_PAYLOAD_BYTES_MAX,
  isHeader,
  isLikelyHeader,
  LIKELY_BYTES_MAX,
  payloadLength,
} from './packet-header.ts'
import { PacketSearch, SEARCH_BYTES_MAX } from './packet-search.ts'

export interface CyncFramingOptions {
  /** Called for bytes that belong to no packet: how many, and where in the stream they begin. Several times for one run of them. */
  readonly onSkipped?: (skippedBytes: number, position: number) => void
  /**
   * Bytes in a row that may belong to no packet: one more ends the stream. Infinity for a file, which nobody has to read on.
   * Bytes, >= 0. @default 65_536
   */
  readonly skippedBytesMax?: number
}

/** Four times the largest packet: whoever sends so much garbage speaks another protocol, or means harm. Bytes. */
const CYNC_SKIPPED_BYTES_MAX = 65_536

const HELD_BYTES_MIN = 64

const nothing = new Uint8Array(0)

/**
 * Cuts a stream into Cync packets, headers included; a packet that lies whole in a chunk is passed as a view of it. Garbage does not end
 * the stream: it is skipped and counted, and the stream goes on at the next packet; only too much of it in a row is a `ProtocolError`
 * (`no-packet`). Holds at most one packet and two headers. What it passes on depends on the bytes alone, not on where they were cut, and
 * its work is linear in them.
 */
export class CyncFraming implements Framing {
  readonly suffix = noSuffix
  /** Bytes that belong to no packet. */
  skippedBytes = 0
  /** How often such bytes began. */
  resyncs = 0
  readonly #onSkipped: ((skippedBytes: number, position: number) => void) | undefined
  readonly #skippedBytesMax: number
  readonly #search = new PacketSearch()
  #isSearching = false
  /** Bytes of garbage since the last packet: more of it is the same run. */
  #skippedRun = 0
  #held = nothing
  #heldStart = 0
  #heldCount = 0
  #movedBytes = 0
  #position = 0
  #hasFailed = false
  #failure: unknown

  constructor({ onSkipped, skippedBytesMax = CYNC_SKIPPED_BYTES_MAX }: CyncFramingOptions = {}) {
    if (!(skippedBytesMax >= 0)) {
      throw new UsageError(
        'invalid-option',
        `CyncFraming: skippedBytesMax must be 0 or more bytes, or Infinity, got ${skippedBytesMax}`,
      )
    }
    this.#onSkipped = onSkipped
    this.#skippedBytesMax = skippedBytesMax
  }

  get heldBytes(): number {
    return this.#heldCount
  }

  get position(): number {
    return this.#position
  }

  /** What garbage has cost: bytes and places looked at in search of packets, and bytes moved. A small multiple of the bytes pushed at most. */
  get work(): number {
    return this.#search.work + this.#movedBytes
  }

  push(chunk: Uint8Array, onFrame: (frame: Uint8Array) => void): void {
    if (this.#hasFailed) throw this.#failure
    try {
      let offset = 0
      while (this.#heldCount > 0 && offset < chunk.length) offset = this.#pushHeld(chunk, offset, onFrame)
      if (offset === chunk.length) return
      const rest = this.#cut(chunk, offset, chunk.length, onFrame)
      if (rest < chunk.length) this.#hold(chunk, rest, chunk.length)
    } catch (error) {
      this.#hasFailed = true
      this.#failure = error
      throw error
    }
  }

  /** Adds bytes of `chunk` to those held, no more than may be needed, and cuts; answers the offset behind what it took. */
  #pushHeld(chunk: Uint8Array, offset: number, onFrame: (frame: Uint8Array) => void): number {
    const end = Math.min(chunk.length, offset + this.#wanted())
    this.#hold(chunk, offset, end)
    const heldEnd = this.#heldStart + this.#heldCount
    const rest = this.#cut(this.#held, this.#heldStart, heldEnd, onFrame)
    this.#heldCount = heldEnd - rest
    this.#heldStart = this.#heldCount > 0 ? rest : 0
    if (this.#heldCount === 0 && this.#held.length > LIKELY_BYTES_MAX) this.#held = nothing
    return end
  }

  #wanted(): number {
    if (this.#isSearching) return SEARCH_BYTES_MAX - this.#heldCount
    if (this.#heldCount < CYNC_HEADER_BYTES) return CYNC_HEADER_BYTES - this.#heldCount
    return CYNC_HEADER_BYTES + payloadLength(this.#held, this.#heldStart) - this.#heldCount
  }

  #hold(chunk: Uint8Array, start: number, end: number): void {
    const count = this.#heldCount + end - start
    if (this.#heldStart + count > this.#held.length) this.#makeRoom(count)
    this.#held.set(chunk.subarray(start, end), this.#heldStart + this.#heldCount)
    this.#heldCount = count
  }

  /** Moves what is held to the front. The buffer is twice as large as what it is to hold: that happens once in so many bytes. */
  #makeRoom(count: number): void {
    const held = this.#held.subarray(this.#heldStart, this.#heldStart + this.#heldCount)
    if (2 * count > this.#held.length) this.#held = new Uint8Array(Math.max(HELD_BYTES_MIN, 2 * count))
    this.#held.set(held)
    this.#heldStart = 0
    this.#movedBytes += held.length
  }

  /** Passes on what lies whole between `start` and `end`; answers where the rest begins. */
  #cut(bytes: Uint8Array, start: number, end: number, onFrame: (frame: Uint8Array) => void): number {
    const { buffer, byteOffset } = bytes
    let at = start
    for (;;) {
      let packetBytes = 0
      if (!this.#isSearching) {
        if (end - at < CYNC_HEADER_BYTES) return at
        packetBytes = this.#packetBytes(bytes, at)
        if (packetBytes > end - at) return at
      }
      if (this.#isSearching) {
        const found = this.#search.run(bytes, at, end)
        const skipped = found === undefined ? this.#search.rejected : found.start
        this.#skip(skipped)
        at += skipped
        if (found === undefined) {
          this.#search.drop(skipped)
          return at
        }
        packetBytes = found.length
        this.#isSearching = false
      }
      this.#skippedRun = 0
      this.#position += packetBytes
      at += packetBytes
      onFrame(new Uint8Array(buffer, byteOffset + at - packetBytes, packetBytes))
    }
  }

  /** Length of the packet that is due; 0 where it has to be searched for. One that is larger than is likely is taken too, but what comes meanwhile is looked at. */
  #packetBytes(bytes: Uint8Array, at: number): number {
    const packetBytes = CYNC_HEADER_BYTES + payloadLength(bytes, at)
    if (packetBytes <= LIKELY_BYTES_MAX && isLikelyHeader(bytes, at)) return packetBytes
    this.#search.begin(isHeader(bytes, at) ? packetBytes : 0)
    this.#isSearching = true
    return 0
  }

  #skip(count: number): void {
    if (count === 0) return
    if (this.#skippedRun === 0) this.resyncs++
    const allowed = Math.min(count, this.#skippedBytesMax - this.#skippedRun)
    this.#skippedRun += allowed
    this.skippedBytes += allowed
    if (allowed > 0) this.#onSkipped?.(allowed, this.#position)
    this.#position += allowed
    if (allowed < count) throw this.#noPacket()
  }

  #noPacket(): ProtocolError {
    const from = this.#position - this.#skippedRun
    return new ProtocolError(
      'no-packet',
      `no Cync packet in more than ${this.#skippedBytesMax} bytes, from stream offset ${from} on`,
    )
  }

  /** 0: the header is part of the packet. */
  prefixBytes(messageBytes: number): number {
    checkSendLength(messageBytes, CYNC_HEADER_BYTES + CYNC_PAYLOAD_BYTES_MAX)
    return 0
  }

  writePrefix(_target: Uint8Array, offset: number, _messageBytes: number): number {
    return offset
  }

  checkMessage(message: Uint8Array): void {
    const isWhole =
      message.length >= CYNC_HEADER_BYTES &&
      isHeader(message, 0) &&
      CYNC_HEADER_BYTES + payloadLength(message, 0) === message.length
    if (isWhole) return
    throw new UsageError(
      'invalid-frame',
      `a Cync packet has a header that says its length, got ${message.length} bytes`,
    )
  }
}
