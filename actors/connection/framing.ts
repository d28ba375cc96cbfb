/**
 * Cuts one byte stream into messages, and says what to write around a message so that the other side can do so. Pure: it is
 * told which bytes arrived and answers which messages are complete. One instance serves one stream in one direction or both.
 * It promises nothing about what the messages mean.
 */
export interface Framing {
  /**
   * Takes the next bytes of the stream, cut anywhere, and calls `onFrame` for every message that they complete, in order. The
   * view passed lies in `chunk` or in the framing's own buffer: it is valid only during the call. `chunk` is the caller's
   * again afterwards. Throws `ProtocolError` where the stream cannot be cut any further: the messages before that place have
   * been delivered, and every later call throws the same error. An error from `onFrame` ends the stream likewise.
   */
  push(chunk: Uint8Array, onFrame: (frame: Uint8Array) => void): void
  /** Bytes of the incomplete frame at the end of what was pushed. Memory held grows with these, never with a promised length. */
  readonly heldBytes: number
  /**
   * Bytes of the stream up to the end of the last frame passed on, which counts already while `onFrame` has it. After an error:
   * where the frame begins that cannot be.
   */
  readonly position: number
  /**
   * Bytes to leave free in front of a message of this length. Throws `CapacityError` (`message-too-large`) for one that is
   * larger than the limit: to be called before memory for it is taken.
   */
  prefixBytes(messageBytes: number): number
  /** Writes those bytes at `offset`; answers the offset behind them, where the message begins. The message may come later. */
  writePrefix(target: Uint8Array, offset: number, messageBytes: number): number
  /** What follows every message on the stream; empty for most framings. Not to be written to. */
  readonly suffix: Uint8Array
  /** Throws `UsageError` (`invalid-frame`) for a message that the other side would cut differently. */
  checkMessage(message: Uint8Array): void
}

/** The suffix of a framing that has none. */
export const noSuffix = new Uint8Array(0)

/** `message` as one frame, in memory of its own. To write into memory that is there already, see `writePrefix`. */
export function encodeFrame(framing: Framing, message: Uint8Array): Uint8Array {
  const prefixBytes = framing.prefixBytes(message.length)
  framing.checkMessage(message)
  const frame = new Uint8Array(prefixBytes + message.length + framing.suffix.length)
  const start = framing.writePrefix(frame, 0, message.length)
  frame.set(message, start)
  frame.set(framing.suffix, start + message.length)
  return frame
}
