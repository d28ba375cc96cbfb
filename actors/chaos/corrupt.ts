import type { SeededRandom } from 'troupe'

/** Bits flipped at most. */
const FLIPS_MAX = 3
/** Bytes of one burst at most. */
const BURST_BYTES_MAX = 8

/**
 * Changes bytes in place, in one of two ways by chance: 1 to 3 bits flip anywhere, or up to 8 bytes in a row become others. At least one
 * bit is different afterwards; the length is not. Nothing happens to no bytes.
 */
export function corrupt(bytes: Uint8Array, random: SeededRandom): void {
  if (bytes.length === 0) return
  if (random.below(2) === 0) flipBits(bytes, random)
  else scrambleBurst(bytes, random)
}

function flipBits(bytes: Uint8Array, random: SeededRandom): void {
  const flips = 1 + random.below(Math.min(FLIPS_MAX, bytes.length))
  // One flip a stretch of its own: two flips of the same bit would undo each other.
  const stretch = Math.floor(bytes.length / flips)
  for (let n = 0; n < flips; n++) {
    const at = n * stretch + random.below(stretch)
    bytes[at] = bytes[at]! ^ (1 << random.below(8))
  }
}

function scrambleBurst(bytes: Uint8Array, random: SeededRandom): void {
  const length = 1 + random.below(Math.min(BURST_BYTES_MAX, bytes.length))
  const start = random.below(bytes.length - length + 1)
  for (let at = start; at < start + length; at++) bytes[at] = bytes[at]! ^ (1 + random.below(255))
}
