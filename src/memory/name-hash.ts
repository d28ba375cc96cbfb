/** FNV-1a, 64 bits: offset basis and prime (2^40 + 0x1b3), published by its authors. */
const BASIS_HIGH = 0xcbf2_9ce4
const BASIS_LOW = 0x8422_2325
const PRIME_LOW = 0x1b3

/** 64 bits as two signed words. */
export interface NameHash {
  readonly low: number
  readonly high: number
}

/** FNV-1a 64 over the UTF-8 bytes of `name`. Equal names have equal hashes; the reverse is only very likely. */
export function nameHash(name: string): NameHash {
  let low = BASIS_LOW | 0
  let high = BASIS_HIGH | 0
  const { length } = name
  for (let index = 0; index < length; index++) {
    const unit = name.charCodeAt(index)
    if (unit > ASCII_MAX) return hashOfBytes(Buffer.from(name, 'utf8'))
    low ^= unit
    high = highProduct(low, high)
    low = Math.imul(low, PRIME_LOW)
  }
  return { low, high }
}

const ASCII_MAX = 0x7f

function hashOfBytes(bytes: Uint8Array): NameHash {
  let low = BASIS_LOW | 0
  let high = BASIS_HIGH | 0
  for (const byte of bytes) {
    low ^= byte
    high = highProduct(low, high)
    low = Math.imul(low, PRIME_LOW)
  }
  return { low, high }
}

/** The upper word of the product with the prime: 2^40 moves the lower word up by 8 bits, and what PRIME_LOW makes of it carries. */
function highProduct(low: number, high: number): number {
  const carry = ((low >>> 16) * PRIME_LOW + (((low & 0xffff) * PRIME_LOW) >>> 16)) >>> 16
  return (Math.imul(high, PRIME_LOW) + carry + (low << 8)) | 0
}
