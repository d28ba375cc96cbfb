import { deepStrictEqual } from 'node:assert'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ProtocolError } from '#src/base/errors'
import type { ForeignReader } from '#src/wire/foreign-values'
import { COUNT_MANY, ValueCodec } from '#src/wire/value-codec'
import { wireRegion } from '#src/wire/wire-region'
import { sendableValues } from './support/values.ts'

const messageBytesMax = 1 << 14
const codec = new ValueCodec({ messageBytesMax })
const region = wireRegion(new SharedArrayBuffer(messageBytesMax))

/** Whether the bytes were a message. Anything but an answer or `bad-encoding` is thrown on. */
function decodes(bytes: Uint8Array, encoding: number): boolean {
  region.bytes.fill(0xcc)
  region.bytes.set(bytes, 64)
  try {
    codec.decode(region, 64, bytes.length, encoding)
    return true
  } catch (error) {
    if (error instanceof ProtocolError && error.code === 'bad-encoding') return false
    throw error
  }
}

test('random bytes are a message or bad-encoding, whatever the encoding byte says', () => {
  const encodings = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(1, 2, 3, COUNT_MANY))
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), encodings, (bytes, encoding) => {
      decodes(bytes, encoding)
    }),
    { numRuns: 3_000 },
  )
})

test('random tags after a plausible header are a message or bad-encoding', () => {
  const tags = fc.array(fc.oneof(fc.integer({ min: 0xc0, max: 0xd8 }), fc.integer({ min: 0, max: 255 })), {
    maxLength: 80,
  })
  fc.assert(
    fc.property(tags, fc.constantFrom(0, 1), (body, header) => {
      decodes(Uint8Array.from([header, 0, 0, 0, ...body]), 1)
    }),
    { numRuns: 5_000 },
  )
})

test('a message with any bytes changed is a message or bad-encoding', () => {
  const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(sendableValues, changes, (value, places) => {
      const bytes = encoded(value)
      fc.pre(bytes !== undefined)
      for (const [place, byte] of places) bytes[place % bytes.length] = byte
      decodes(bytes, 1)
    }),
    { numRuns: 1_500 },
  )
})

test('a message cut short is bad-encoding', () => {
  fc.assert(
    fc.property(sendableValues, fc.nat(), (value, cut) => {
      const bytes = encoded(value)
      fc.pre(bytes !== undefined)
      expect(decodes(bytes.subarray(0, cut % bytes.length), 1)).toBe(false)
    }),
    { numRuns: 1_500 },
  )
})

test('a message with bytes after it is bad-encoding', () => {
  fc.assert(
    fc.property(sendableValues, fc.uint8Array({ minLength: 4, maxLength: 12 }), (value, more) => {
      const bytes = encoded(value)
      fc.pre(bytes !== undefined)
      expect(decodes(Uint8Array.from([...bytes, ...more]), 1)).toBe(false)
    }),
    { numRuns: 1_000 },
  )
})

test('the reader works as before after bad messages', () => {
  const cyclic: { self?: unknown } = {}
  cyclic.self = cyclic
  const bytes = encoded(cyclic)!
  for (let cut = 0; cut < bytes.length; cut++) decodes(bytes.subarray(0, cut), 1)
  deepStrictEqual(codec.copyOf({ a: [1, 2] }), { a: [1, 2] })
})

test.each([
  [
    'nesting without end',
    [
      ...Array<number>(3_000)
        .fill(0xcc)
        .flatMap((tag) => [tag, 1]),
    ],
  ],
  ['an array of 2^32 elements', [0xcc, 0xff, 0xff, 0xff, 0xff, 0x0f]],
  ['a count without end', [0xcc, ...Array<number>(40).fill(0xff)]],
  ['more holes than elements', [0xcc, 3, 0xcd, 4]],
  ['no holes', [0xcc, 3, 0xcd, 0, 1, 1, 1]],
  ['a string longer than the message', [0xc6, 0xff, 0x7f, 65]],
  ['a wide string longer than the message', [0xc7, 0xff, 0x7f, 65, 0]],
  ['bytes longer than the message', [0xd5, 3, 0xff, 0x7f, 0]],
  ['a binary kind that does not exist', [0xd5, 200, 0, 0]],
  ['a float64 array of seven bytes', [0xd5, 11, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
  ['a reference to an object that is not there', [0xd4, 0]],
  ['a shape that is not there', [0xd0, 0, 0]],
  ['a regular expression that is none', [0xcb, 0x81, 0x28, 0x80]],
  ['a bigint with other digits', [0xc9, 0x80, 0x82, 0x78, 0x78]],
  ['an error class that does not exist', [0xd6, 99, 0x80, 0x80, 0xd3]],
  ['an end without a beginning', [0xd3]],
  ['a hole outside of an array', [0xcd, 1]],
  ['an object whose key is a number', [0xd2, 5, 5, 0xd3]],
  ['a tag that does not exist', [0xff]],
])('%s is bad-encoding', (_, body) => {
  expect(decodes(Uint8Array.from([0, 0, 0, 0, ...body]), 1)).toBe(false)
  expect(decodes(Uint8Array.from([1, 0, 0, 0, ...body]), 1)).toBe(false)
})

test.each([
  ['it ends inside a value', [0xc5]],
  ['it ends inside a value', [0xcc, 2, 1]],
  ['it ends inside a value', [0xd2, 0x81, 0x61, 1]],
  [
    'it is nested too deep',
    Array<number>(2_000)
      .fill(0xcc)
      .flatMap((tag) => [tag, 1]),
  ],
])('what is wrong is said: %s', (message, body) => {
  region.bytes.fill(0xcc)
  region.bytes.set([0, 0, 0, 0, ...body], 64)
  expect(() => codec.decode(region, 64, 4 + body.length, 1)).toThrow(message)
})

test('a huge sparse array takes no memory on arrival', () => {
  const before = process.memoryUsage().rss
  expect(
    decodes(Uint8Array.from([0, 0, 0, 0, 0xcc, 0xff, 0xff, 0xff, 0xff, 0x0f, 0xcd, 0xff, 0xff, 0xff, 0xff, 0x0f]), 1),
  ).toBe(true)
  expect(process.memoryUsage().rss - before).toBeLessThan(64 << 20)
})

test('a foreign reader that asks for more than there is gets bad-encoding', () => {
  const greedy = new ValueCodec({
    messageBytesMax,
    foreign: {
      begin() {},
      isForeign: (value) => value instanceof URL,
      encode: (_, writer) => writer.byte(1),
      decode: (reader: ForeignReader) => [reader.byte(), reader.float64()],
    },
  })
  expect(() => greedy.copyOf(new URL('x:y'))).toThrow(expect.objectContaining({ code: 'bad-encoding' }))
})

function encoded(value: unknown): Uint8Array | undefined {
  const length = codec.encode(1, value, undefined, undefined, region, 0, 4_096)
  // Numbers travel outside of the values' encoding.
  return length === -1 || codec.encoding !== 1 ? undefined : Uint8Array.from(region.bytes.subarray(0, length))
}
