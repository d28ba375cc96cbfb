import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { copyBytes } from '#src/base/copy-bytes'

const anyMemory = fc.constantFrom(ArrayBuffer, SharedArrayBuffer)

function numbered(memory: ArrayBufferLike, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(memory, offset, length)
  for (let index = 0; index < length; index++) bytes[index] = (index * 31) & 255
  return bytes
}

describe('copyBytes', () => {
  it('copies what `set` copies, from and to memory of both kinds, of all sizes and from all places', () => {
    const size = fc.oneof(fc.nat(64), fc.integer({ min: 2_000, max: 2_100 }), fc.nat(20_000))
    fc.assert(
      fc.property(size, fc.nat(40), fc.nat(40), anyMemory, anyMemory, (length, from, to, From, To) => {
        const source = numbered(new From(from + length + 8), from, length)
        const target = new Uint8Array(new To(to + length + 8), 3)
        const expected = new Uint8Array(target.length)
        expected.set(source, to)
        copyBytes(target, to, source)
        expect(Buffer.from(target).equals(expected)).toBe(true)
      }),
    )
  })

  it.each([1, 5_000])('moves %i bytes within one memory as if they had been taken out before', (length) => {
    const memory = new SharedArrayBuffer(20_000)
    const source = numbered(memory, 100, length)
    const expected = Uint8Array.from(source)
    copyBytes(new Uint8Array(memory), 103, source)
    expect(new Uint8Array(memory).slice(103, 103 + length)).toEqual(expected)
  })

  it.each([10, 3_000])('throws RangeError where %i bytes do not fit, and writes nothing', (length) => {
    const target = new Uint8Array(new SharedArrayBuffer(length + 5))
    expect(() => copyBytes(target, 6, new Uint8Array(length).fill(1))).toThrow(RangeError)
    expect(target.every((byte) => byte === 0)).toBe(true)
  })
})
