import { describe, expect, test } from 'vitest'
import { USES_BEFORE_OWN_FILLER } from '#src/wire/fill-object'
import { decodeKeys, encodeKeys } from '#src/wire/key-block'
import { ShapeCache } from '#src/wire/shape-cache'
import { ShapeTable } from '#src/wire/shape-table'
import { ValueCodec } from '#src/wire/value-codec'

const codec = new ValueCodec({ messageBytesMax: 1 << 20 })

describe('objects come back equal', () => {
  const withKeys = (count: number, prefix: string): Record<string, number> =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`${prefix}${i}`, i]))

  test.each([
    ['with more keys than a shape has', withKeys(200, 'k')],
    ['with a key longer than a shape takes', { short: 1, ['long'.repeat(30)]: 2, after: 3 }],
    ['with keys of any characters', { é: 1, 日本: 2, '\ud800': 3, '': 4 }],
    ['with numbers as keys', { 3: 'c', 1: 'a', x: 'x' }],
    ['nested in each other by the same keys', { a: { a: { a: 1, b: 2 }, b: 3 }, b: 4 }],
    ['of many shapes in one message', Array.from({ length: 300 }, (_, i) => withKeys(2, `s${i}_`))],
    ['of more shapes than a table holds', Array.from({ length: 6_000 }, (_, i) => ({ [`x${i}`]: i }))],
    [
      'that begin alike and go on differently',
      Array.from({ length: 200 }, (_, i) => ({ type: 't', [`p${i}`]: i, z: 1 })),
    ],
    [
      'whose keys were deleted and added',
      (() => {
        const o: Record<string, number> = withKeys(5, 'd')
        delete o['d2']
        o['e'] = 1
        return o
      })(),
    ],
  ])('%s', (_, value) => {
    for (let round = 0; round < 3; round++) expect(codec.copyOf(value)).toStrictEqual(value)
  })
})

test('objects of common shapes come back equal, few of them and many, of more shapes than are treated specially', () => {
  const codec = new ValueCodec({ messageBytesMax: 1 << 20 })
  for (let count = 11; count >= 0; count--) {
    const make = (n: number): object =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`c${count}k${i}`, n + i]))
    const list = Array.from({ length: USES_BEFORE_OWN_FILLER * 2 }, (_, n) => make(n))
    expect(codec.copyOf(list)).toStrictEqual(list)
    expect(codec.copyOf(make(7))).toStrictEqual(make(7))
  }
})

test('an object of known shape carries its keys as one block, an array of them one block for all', () => {
  const codec = new ValueCodec({ messageBytesMax: 4_096 })
  const one = codec.sizeOf(1, [{ temperature: 1, humidity: 2 }], undefined, undefined)
  const ten = codec.sizeOf(
    1,
    Array.from({ length: 10 }, () => ({ temperature: 1, humidity: 2 })),
    undefined,
    undefined,
  )
  expect(ten - one).toBeLessThan(10 * 6)
})

test('a table full of other keys is emptied after a while and learns anew', () => {
  const table = new ShapeTable()
  const learn = (key: string): boolean => table.extend(table.root, key) !== null
  for (let i = 0; i < 1_024; i++) expect(learn(`first${i}`)).toBe(true)
  expect(learn('one too many')).toBe(false)
  for (let i = 0; i < 1_024; i++) {
    const shape = table.extend(table.root, `first${i}`)!
    for (let j = 0; j < 4; j++) table.extend(shape, `second${j}`)
  }
  table.settle()
  expect(learn('still full')).toBe(false)
  for (let i = 0; i < 10_000; i++) table.extend(table.extend(table.root, 'first0')!, `other${i}`)
  table.settle()
  expect(learn('one too many')).toBe(true)
  table.settle()
  expect([...table.root.branches!.keys()]).toEqual(['one too many'])
})

describe('a block of keys', () => {
  test.each([[[]], [['a']], [['op', 'seq', 'name', 'at']], [['', 'é', '日本', '\ud800', 'x'.repeat(200)]]])(
    'of %j comes back equal',
    (keys) => {
      expect(decodeKeys(encodeKeys(keys))).toEqual(keys)
    },
  )

  test('is recognised by all of its words, not by its hash', () => {
    const cache = new ShapeCache()
    const block = encodeKeys(['op', 'seq'])
    expect(cache.find(block, 0, block.length).keys).toEqual(['op', 'seq'])
    const forged = Int32Array.from(encodeKeys(['po', 'seq']))
    forged[0] = block[0]!
    expect(() => cache.find(forged, 0, forged.length)).toThrow(expect.objectContaining({ code: 'bad-encoding' }))
  })

  test.each([
    ['cut short', (block: Int32Array) => block.subarray(0, block.length - 1)],
    ['longer than it says', (block: Int32Array) => Int32Array.from([...block, 0])],
    ['with a wrong hash', (block: Int32Array) => block.with(0, 1)],
    ['with more keys than bytes', (block: Int32Array) => rehashed(block.with(1, block[1]! + 5))],
    ['with fewer keys than bytes', (block: Int32Array) => rehashed(block.with(1, block[1]! - 3))],
    ['of a header only', (block: Int32Array) => block.subarray(0, 1)],
  ])('%s is bad-encoding', (_, broken) => {
    const block = broken(encodeKeys(['temperature', 'humidity', 'pressure']))
    expect(() => decodeKeys(block)).toThrow(expect.objectContaining({ code: 'bad-encoding' }))
  })
})

/** With the right hash again, as only a faulty writer would have it. */
function rehashed(block: Int32Array): Int32Array {
  let hash = 0x811c9dc5 | 0
  for (const word of block.subarray(1)) hash = Math.imul(hash ^ word, 0x01000193)
  return block.with(0, hash)
}
