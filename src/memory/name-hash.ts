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
  let low = BASIS_LOW
  let high = BASIS_HIGH
  const bytes = Buffer.from(name, 'utf8')
  for (const byte of bytes) {
    low = (low ^ byte) >>> 0
    const product = low * PRIME_LOW // < 2^41, exact
    high = (high * PRIME_LOW + Math.floor(product / 2 ** 32) + low * 2 ** 8) % 2 ** 32
    low = product >>> 0
  }
  return { low: low | 0, high: high | 0 }
}
