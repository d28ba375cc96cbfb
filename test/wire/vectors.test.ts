import { deepStrictEqual } from 'node:assert'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { TroupeError, UsageError } from '#src/base/errors'
import { ValueCodec } from '#src/wire/value-codec'

/** The bytes of each value below, in hexadecimal. A change of them is a change of the wire format: see its reference page. */
const vectors: Record<string, string> = JSON.parse(readFileSync(new URL('vectors.json', import.meta.url), 'utf8'))

const cyclic: Record<string, unknown> = { name: 'self' }
cyclic['me'] = cyclic
const shared = { s: 1 }
const error = Object.assign(new UsageError('some-code', 'text', { cause: new TypeError('why') }), { stack: 'at x' })
;(error.cause as Error).stack = ''
const sparse = Object.assign(new Array(5), { 1: 'b' })
const binary = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)

const values: Record<string, readonly unknown[]> = {
  'no argument': [],
  'one number': [1.5],
  'two numbers': [-0, Infinity],
  constants: [undefined, null, true, false],
  integers: ['', 0, 127, 128, -1, 2 ** 31 - 1, -(2 ** 31)],
  doubles: ['', -0, Number.NaN, Infinity, 2 ** 31, 0.1],
  'short texts': ['inc', '', 'ÿ', 'x'.repeat(63)],
  'long texts': ['x'.repeat(64), 'ÿ'.repeat(64)],
  'wide texts': ['日本', '\ud800'],
  bigints: [1n, -(2n ** 63n), 2n ** 63n, -(2n ** 64n)],
  'dates and expressions': [new Date(1_700_000_000_000), new Date(Number.NaN), /a\/b/gi],
  arrays: [[], [1, [2]], sparse],
  'maps and sets': [new Map([['k', 1]]), new Set(['v'])],
  'a plain object': [{ op: 'inc', seq: 1, name: 'x', at: 1.5 }],
  'objects of one shape': [
    [
      { x: 1, y: 2 },
      { x: 3, y: 4 },
    ],
    { x: 5 },
  ],
  'an object with long keys': [{ a: 1, ['k'.repeat(65)]: 2, b: 3 }],
  'an object without prototype': [Object.assign(Object.create(null), { a: 1 })],
  'wide keys': [{ é: 1, 日: 2 }],
  references: [[shared, shared], cyclic],
  bytes: [binary, Buffer.from('hi'), binary.buffer, new DataView(new ArrayBuffer(1))],
  'typed arrays': [
    Uint8ClampedArray.of(1),
    Int8Array.of(-1),
    Uint16Array.of(1),
    Int16Array.of(-1),
    Uint32Array.of(1),
    Int32Array.of(-1),
    Float32Array.of(0.5),
    Float64Array.of(0.5),
    BigUint64Array.of(1n),
    BigInt64Array.of(-1n),
  ],
  'an error': [error],
  'thirty-one arguments': Array.from({ length: 31 }, (_, i) => i),
}

const codec = new ValueCodec({ messageBytesMax: 1 << 16 })
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

describe('frozen bytes', () => {
  test.each(Object.entries(values))('of %s', (name, list) => {
    const [a, b, ...rest] = list
    const bytes = codec.encodeOwned(list.length, a, b, rest)
    expect(`${codec.encoding} ${hex(bytes)}`).toBe(vectors[name])
    const count = codec.decodeOwned(Buffer.from(vectors[name]!.split(' ')[1]!, 'hex'), codec.encoding)
    const got = [codec.a, codec.b, ...(codec.rest ?? [])].slice(0, count)
    if (list.some((value) => value instanceof Date)) expect(got).toEqual(list)
    else if (a instanceof TroupeError) expect(got[0]).toMatchObject({ code: 'some-code', message: 'text' })
    else deepStrictEqual(got, list)
  })

  test('exist for nothing else', () => {
    expect(Object.keys(vectors)).toEqual(Object.keys(values))
  })
})
