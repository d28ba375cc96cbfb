/** Memory that copies are cut from. Bytes. */
const SLAB_BYTES = 65_536
/** A longer one gets memory of its own: a slab lives as long as the last copy in it. Bytes. */
const CUT_BYTES_MAX = 8_192

let slab = new ArrayBuffer(SLAB_BYTES)
let used = 0

/** A copy of `bytes` from `from` on, for messages that stay: cut from a larger piece, since memory for each of them would cost more than the copy. */
export function copyOf(bytes: Uint8Array, from: number): Uint8Array {
  const length = bytes.length - from
  const source = new Uint8Array(bytes.buffer, bytes.byteOffset + from, length)
  if (length > CUT_BYTES_MAX) return new Uint8Array(source)
  if (used + length > SLAB_BYTES) {
    slab = new ArrayBuffer(SLAB_BYTES)
    used = 0
  }
  const copy = new Uint8Array(slab, used, length)
  used += (length + 7) & ~7
  copy.set(source)
  return copy
}
