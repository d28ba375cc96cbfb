/**
 * Cuts one byte stream into frames. Pure: it is told which bytes arrived and answers which frames are complete. One
 * instance serves one stream in one direction. It promises nothing about what the frames mean.
 */
export interface Framing {
  /**
   * Takes the next bytes of the stream, cut anywhere, and calls `onFrame` for every frame that they complete, in order. The
   * view passed lies in `chunk` or in the framing's own buffer: it is valid only during the call. `chunk` is the caller's
   * again afterwards. Throws `ProtocolError` where the stream cannot be cut any further: the frames before that place have
   * been delivered, and every later call throws the same error. An error from `onFrame` ends the stream likewise.
   */
  push(chunk: Uint8Array, onFrame: (frame: Uint8Array) => void): void
  /** Bytes of the incomplete frame at the end of what was pushed. Memory held grows with these, never with a promised length. */
  readonly heldBytes: number
}
