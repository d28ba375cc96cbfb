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
  /** The message in the frame from `start` to `end`. */
  messageIn(bytes: Uint8Array, start: number, end: number): Uint8Array
}

const HELD_BYTES_MIN = 64
/** A larger buffer is given back after its frame: a connection that had one large message and is idle now holds no more. */
const HELD_BYTES_KEPT_MAX = 65_536

const nothing = new Uint8Array(0)

/** The stateful half of a framing: cuts in place what lies whole in a chunk, and holds the rest until it is whole. */
export class FrameCutter {
  readonly #rule: FrameRule
  #held: Uint8Array = nothing
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
    if (this.#heldCount === this.#heldFrameBytes) onFrame(this.#takeHeld())
    return offset
  }

  #takeHeld(): Uint8Array {
    const message = this.#rule.messageIn(this.#held, 0, this.#heldCount)
    this.#position += this.#heldCount
    this.#heldCount = 0
    this.#heldFrameBytes = 0
    if (this.#held.length > HELD_BYTES_KEPT_MAX) this.#held = nothing
    return message
  }

  /** Passes on the frames that lie whole in `chunk` from `offset` on, in place, and holds what is left. */
  #cut(chunk: Uint8Array, offset: number, onFrame: (frame: Uint8Array) => void): void {
    const rule = this.#rule
    const end = chunk.length
    let at = offset
    while (at < end) {
      const frameBytes = rule.frameBytes(chunk, at, end, 0, this.#position)
      if (frameBytes === 0 || frameBytes > end - at) {
        this.#heldFrameBytes = frameBytes
        break
      }
      this.#position += frameBytes
      onFrame(rule.messageIn(chunk, at, at + frameBytes))
      at += frameBytes
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

  /** At most twice what has arrived, and never more than the frame has. */
  #grow(needed: number): void {
    const doubled = Math.max(HELD_BYTES_MIN, needed, this.#held.length * 2)
    const capacity =
      this.#heldFrameBytes === 0 ? doubled : Math.min(doubled, Math.max(HELD_BYTES_MIN, this.#heldFrameBytes))
    // Not zeroed: only what was written is ever read.
    const grown = new Uint8Array(Buffer.allocUnsafeSlow(capacity).buffer)
    grown.set(this.#held.subarray(0, this.#heldCount))
    this.#held = grown
  }
}
