import { describe, expect, it } from 'vitest'
import { giveBuffer, keptBuffer, takeBuffer } from '#actors/connection/buffer-pool'

describe('the pool of large buffers', () => {
  it.each([1, 17, 64, 65, 1_024, 65_540, 1_048_580, 4_194_304, 67_108_868])(
    'answers at least the %i bytes asked for, and a quarter more at most',
    (bytes) => {
      const { length } = takeBuffer(bytes)
      expect(length).toBeGreaterThanOrEqual(bytes)
      expect(length).toBeLessThanOrEqual(Math.max(bytes + 15, bytes * 1.25))
    },
  )

  it('hands out again what was given back, for any length of about that size', () => {
    const buffer = takeBuffer(1_000_000)
    expect(keptBuffer(1_000_000)).toBeUndefined()
    giveBuffer(buffer)
    expect(takeBuffer(999_000)).toBe(buffer)
    expect(keptBuffer(999_000)).toBeUndefined()
  })

  it('does not keep a buffer that is none of its sizes, nor one that is too large', () => {
    giveBuffer(Buffer.allocUnsafeSlow(100_001))
    expect(keptBuffer(100_001)).toBeUndefined()
    giveBuffer(takeBuffer(5_000_000))
    expect(keptBuffer(5_000_000)).toBeUndefined()
  })

  it('keeps 16 MiB at most', () => {
    const buffers = Array.from({ length: 20 }, () => takeBuffer(1_048_576))
    for (const buffer of buffers) giveBuffer(buffer)
    let count = 0
    while (keptBuffer(1_048_576) !== undefined) count++
    expect(count).toBeLessThanOrEqual(16)
    expect(count).toBeGreaterThan(0)
  })
})
