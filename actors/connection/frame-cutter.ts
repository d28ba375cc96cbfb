import { giveBuffer, keptBuffer, takeBuffer } from './buffer-pool.ts'

/** What distinguishes one way of framing from another: where a frame ends, and what of it is the message. */
export interface FrameRule {
  /**
   * Length of the whole frame that begins at `start`, at least 1, or 0 while the bytes before `end` do not tell. Of these,
   * the first `examined` were seen in vain by an earlier call. Throws `ProtocolError` where no frame can begin.
   * @param position bytes of the stream before `start`, for error messages
   */
  frameBytes(bytes: Uint8Array, start: number, end: number, examined: number, position: number): number
  /**
   * How many bytes of `chunk` from `offset` on, at least 1, must be looked at together with the `heldCount` bytes before them
   * until the length may be known. Never more than belong to the frame; may be more than are there.
   */
  bytesWanted(heldCount: number, chunk: Uint8Array, offset: number): number
  /** Where the message begins in the frame from `start` to `end`, and where it ends. */
  messageStart(bytes: Uint8Array, start: number): number
  messageEnd(bytes: Uint8Array, start: number, end: number): number
}

const HELD_BYTES_MIN = 64
/** Larger buffers belong to the thread: a connection that had one large message and is idle now holds no more. */
const HELD_BYTES_KEPT_MAX = 65_536

const nothing = Buffer.alloc(0)

/** The stateful half of a framing: cuts in place what lies whole in a chunk, and holds the rest until it is whole. */
export class FrameCutter {
  readonly #rule: FrameRule
  #held: Buffer = nothing
  #heldCount = 0
  /** Length of the incomplete frame as soon as it is known; 0 before. */
  #heldFrameBytes = 0
  /** Bytes of the stream before the current frame. */
  #position = 0
  #hasFailed = false
  #failure: unknown

  constructor(rule: FrameRule) {
    this.#rule = rule
  }

  get heldBytes(): number {
    return this.#heldCount
  }

  get position(): number {
    return this.#position
  }

  push(chunk: Uint8Array, onFrame: (frame: Uint8Array) => void): void {
    if (this.#hasFailed) throw this.#failure
    try {
      const rest = this.#heldCount === 0 ? 0 : this.#completeHeld(chunk, onFrame)
      this.#cut(chunk, rest, onFrame)
    } catch (error) {
      this.#hasFailed = true
      this.#failure = error
      throw error
    }
  }

  /** Fills up the held frame from the start of `chunk`; answers the offset behind what it took. */
  #completeHeld(chunk: Uint8Array, onFrame: (frame: Uint8Array) => void): number {
    let offset = 0
    while (this.#heldFrameBytes === 0) {
      if (offset === chunk.length) return offset
      const examined = this.#heldCount
      offset = this.#hold(chunk, offset, this.#rule.bytesWanted(examined, chunk, offset))
      this.#heldFrameBytes = this.#rule.frameBytes(this.#held, 0, this.#heldCount, examined, this.#position)
    }
    offset = this.#hold(chunk, offset, this.#heldFrameBytes - this.#heldCount)
    if (this.#heldCount === this.#heldFrameBytes) this.#passHeld(onFrame)
    return offset
  }

  #passHeld(onFrame: (frame: Uint8Array) => void): void {
    const held = this.#held
    const start = this.#rule.messageStart(held, 0)
    const end = this.#rule.messageEnd(held, 0, this.#heldCount)
    this.#position += this.#heldCount
    this.#heldCount = 0
    this.#heldFrameBytes = 0
    const isLarge = held.length > HELD_BYTES_KEPT_MAX
    if (isLarge) this.#held = nothing
    onFrame(new Uint8Array(held.buffer, held.byteOffset + start, end - start))
    if (isLarge) giveBuffer(held)
  }

  /** Passes on the frames that lie whole in `chunk` from `offset` on, in place, and holds what is left. */
  #cut(chunk: Uint8Array, offset: number, onFrame: (frame: Uint8Array) => void): void {
    const rule = this.#rule
    // Views made by hand cost half of `subarray`, which looks for subclasses, and are no Buffers where the chunk is one.
    const { buffer, byteOffset, length: end } = chunk
    let at = offset
    while (at < end) {
      const frameBytes = rule.frameBytes(chunk, at, end, 0, this.#position)
      if (frameBytes === 0 || frameBytes > end - at) {
        this.#heldFrameBytes = frameBytes
        break
      }
      const start = rule.messageStart(chunk, at)
      const messageBytes = rule.messageEnd(chunk, at, at + frameBytes) - start
      this.#position += frameBytes
      at += frameBytes
      onFrame(new Uint8Array(buffer, byteOffset + start, messageBytes))
    }
    this.#hold(chunk, at, end - at)
  }

  /** Copies up to `wanted` bytes behind what is held; answers the offset in `chunk` behind them. */
  #hold(chunk: Uint8Array, offset: number, wanted: number): number {
    const taken = Math.min(wanted, chunk.length - offset)
    if (taken === 0) return offset
    const needed = this.#heldCount + taken
    if (needed > this.#held.length) this.#grow(needed)
    this.#held.set(taken === chunk.length ? chunk : chunk.subarray(offset, offset + taken), this.#heldCount)
    this.#heldCount = needed
    return offset + taken
  }

  /** At most about twice what has arrived, and never much more than the frame has; or a buffer that the thread has anyway. */
  #grow(needed: number): void {
    const doubled = Math.max(HELD_BYTES_MIN, needed, this.#held.length * 2)
    const grown = this.#bufferFor(doubled)
    grown.set(this.#held.subarray(0, this.#heldCount))
    this.#held = grown
  }

  #bufferFor(bytes: number): Buffer {
    const frameBytes = this.#heldFrameBytes
    if (frameBytes > HELD_BYTES_KEPT_MAX) {
      if (bytes >= frameBytes) return takeBuffer(frameBytes)
      return keptBuffer(frameBytes) ?? Buffer.allocUnsafeSlow(bytes)
    }
    return Buffer.allocUnsafeSlow(frameBytes === 0 ? bytes : Math.min(bytes, Math.max(HELD_BYTES_MIN, frameBytes)))
  }
}
