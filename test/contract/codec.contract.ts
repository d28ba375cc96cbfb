import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Codec } from '#actors/codec/codec'

export interface CodecUnderTest<T> {
  readonly name: string
  makeCodec(): Codec<T>
  /** Values that it takes, at least two with different bytes. */
  readonly values: fc.Arbitrary<T>
  /** What none of its values is; undefined if there is nothing of the kind. */
  readonly unencodable: unknown
  /** Whether bytes behind a value are an error. */
  readonly refusesTrailing: boolean
  /** Whether every sequence of bytes is a value. */
  readonly takesAnything?: boolean
}

/** What every `Codec` promises. */
export function describeCodecContract<T>(subject: CodecUnderTest<T>): void {
  const { name, makeCodec, values } = subject

  describe(`${name} keeps the codec contract`, () => {
    const codec = makeCodec()

    it('decodes what it encoded', () => {
      fc.assert(fc.property(values, (value) => void expect(codec.decode(codec.encode(value))).toEqual(value)))
    })

    it('knows the size beforehand', () => {
      fc.assert(fc.property(values, (value) => void expect(codec.sizeOf(value)).toBe(codec.encode(value).length)))
    })

    it('writes the same bytes into a buffer of exactly that size, between what stands there', () => {
      fc.assert(
        fc.property(values, fc.nat(9), (value, offset) => {
          const bytes = codec.encode(value)
          const target = new Uint8Array(offset + bytes.length + 3).fill(0xee)
          expect(codec.encodeInto(value, target.subarray(0, offset + bytes.length), offset)).toBe(offset + bytes.length)
          expect(target).toEqual(Uint8Array.from([...filled(offset), ...bytes, ...filled(3)]))
        }),
      )
    })

    it('begins at the start of the buffer if nothing is said', () => {
      const [value] = samples(values, 1)
      const bytes = codec.encode(value!)
      const target = new Uint8Array(bytes.length)
      codec.encodeInto(value!, target)
      expect(target).toEqual(bytes)
    })

    it('reads from and writes to shared memory', () => {
      fc.assert(
        fc.property(values, (value) => {
          const target = new Uint8Array(new SharedArrayBuffer(codec.sizeOf(value)))
          codec.encodeInto(value, target)
          expect(codec.decode(target)).toEqual(value)
        }),
      )
    })

    it('reads a part of a larger buffer, be it a Buffer', () => {
      fc.assert(
        fc.property(values, (value) => {
          const bytes = codec.encode(value)
          const framed = Buffer.concat([filled(5), bytes, filled(5)]).subarray(5, 5 + bytes.length)
          expect(codec.decode(framed)).toEqual(value)
        }),
      )
    })

    it('refuses a buffer without room, and writes nothing behind it', () => {
      fc.assert(
        fc.property(values, (value) => {
          const size = codec.sizeOf(value)
          if (size === 0) return
          const memory = new Uint8Array(size + 8).fill(0xee)
          expect(() => codec.encodeInto(value, memory.subarray(0, size - 1))).toThrow(
            expect.objectContaining({ name: 'CapacityError', code: 'buffer-overflow' }),
          )
          expect(memory.subarray(size - 1)).toEqual(filled(9))
        }),
      )
    })

    it.each([-1, 0.5, 100, Number.NaN])('refuses offset %d of a buffer of 99 bytes', (offset) => {
      const [value] = samples(values, 1)
      expect(() => codec.encodeInto(value!, new Uint8Array(99), offset)).toThrow(
        expect.objectContaining({ name: 'UsageError', code: 'invalid-offset' }),
      )
    })

    it('gives each value memory of its own', () => {
      const [one, other] = samples(values, 2)
      const bytes = codec.encode(one!)
      const before = bytes.slice()
      codec.encode(other!)
      expect(bytes).toEqual(before)
      expect(bytes.buffer.byteLength).toBe(bytes.length)
    })

    it('refuses what it cannot encode', () => {
      for (const attempt of [
        () => codec.encode(subject.unencodable as T),
        () => codec.encodeInto(subject.unencodable as T, new Uint8Array(1_000)),
      ]) {
        expect(attempt).toThrow(expect.objectContaining({ name: 'UsageError', code: 'invalid-value' }))
      }
    })

    it('takes any bytes for a value or refuses them as a peer’s fault', () => {
      fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => onlyProtocolErrors(() => codec.decode(bytes))))
    })

    it('survives its own bytes cut off and changed', () => {
      fc.assert(
        fc.property(values, fc.nat(), fc.nat(), fc.nat(255), (value, length, place, byte) => {
          const bytes = codec.encode(value)
          onlyProtocolErrors(() => codec.decode(bytes.subarray(0, length % (bytes.length + 1))))
          if (bytes.length > 0) bytes[place % bytes.length] = byte
          onlyProtocolErrors(() => codec.decode(bytes))
        }),
        { numRuns: 1_000 },
      )
    })

    it.skipIf(subject.takesAnything === true)(
      `${subject.refusesTrailing ? 'refuses' : 'ignores'} bytes behind the value`,
      () => {
        fc.assert(
          fc.property(values, (value) => {
            const decode = () => codec.decode(Uint8Array.from([...codec.encode(value), 0xee]))
            if (subject.refusesTrailing) expect(decode).toThrow(expect.objectContaining({ name: 'ProtocolError' }))
            else expect(decode()).toEqual(value)
          }),
        )
      },
    )
  })
}

/** Runs `decode` and passes on whatever it should not have thrown. */
export function onlyProtocolErrors(decode: () => unknown): void {
  try {
    decode()
  } catch (error) {
    if ((error as Error).name !== 'ProtocolError') throw error
  }
}

function samples<T>(values: fc.Arbitrary<T>, count: number): T[] {
  return fc.sample(values, { numRuns: count, seed: 7 })
}

function filled(count: number): Uint8Array {
  return new Uint8Array(count).fill(0xee)
}
