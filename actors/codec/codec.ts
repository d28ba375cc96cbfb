/** Values to bytes and back, one value at a time. Pure and without state: one instance may serve any number of streams. */
export interface Codec<T> {
  /** For logs and error messages: `deli`, `json`. */
  readonly name: string
  /**
   * How many bytes `encodeInto` will write, exactly. Codecs without a schema encode the value to find out: there, `encode` is
   * cheaper than asking first. May throw `UsageError` as `encode` does, or answer for a value that `encode` refuses.
   */
  sizeOf(value: T): number
  /** The bytes of the value, in memory of the caller's own. Throws `UsageError` (`invalid-value`) for what cannot be encoded. */
  encode(value: T): Uint8Array
  /**
   * Writes the value into `target` from `offset` (0 if left out) on; answers the offset behind it. `target` may be shared memory, such as
   * the bytes of a frame. Throws `CapacityError` (`buffer-overflow`) without room, and as `encode` does; what stands behind
   * `offset` is undefined then.
   */
  encodeInto(value: T, target: Uint8Array, offset?: number): number
  /**
   * The value in `bytes`. Throws `ProtocolError` for bytes that are none. Memory taken grows with the bytes that are there, never
   * with a length that they promise. Byte vectors in the value may be views of `bytes`: they live as long as those do, and change with them.
   */
  decode(bytes: Uint8Array): T
}
