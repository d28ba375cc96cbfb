import { dataFlags } from './reliable-frame-layout.ts'

/** The least chunk, 64 bytes, as a power of two. */
const EXPONENT_MIN = 6
const LOW_SHIFT = 1
const HIGH_SHIFT = 5
const MESSAGE_BITS = dataFlags.unordered | dataFlags.priorityMask

/**
 * The byte that an outbox keeps with a message: its flags, and, where the others have those of chunks, how large its chunks are, since its sequences
 * follow from that. Bits 1, 2 and 5 to 7: exponent of the chunk size, less 6.
 */
export function storedFlags(messageFlags: number, chunkBytes: number): number {
  const exponent = Math.log2(chunkBytes) - EXPONENT_MIN
  return (messageFlags & MESSAGE_BITS) | ((exponent & 3) << LOW_SHIFT) | ((exponent >> 2) << HIGH_SHIFT)
}

export function messageFlagsOf(stored: number): number {
  return stored & MESSAGE_BITS
}

export function chunkBytesOf(stored: number): number {
  return 2 ** (EXPONENT_MIN + ((stored >> LOW_SHIFT) & 3) + ((stored >> HIGH_SHIFT) << 2))
}

/** An empty message has one chunk too. */
export function chunkCount(messageBytes: number, chunkBytes: number): number {
  return Math.max(1, Math.ceil(messageBytes / chunkBytes))
}
