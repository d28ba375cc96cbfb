import { deepStrictEqual } from 'node:assert'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { ValueCodec } from '#src/wire/value-codec'
import { wireRegion } from '#src/wire/wire-region'

const codec = new ValueCodec({ messageBytesMax: 1 << 20 })
const copyOf = <T>(value: T): T => codec.copyOf(value) as T

class Point {
  x = 1
}
class Table extends Map<string, number> {}
class Numbers extends Array<number> {}

test('an invalid date stays one', () => {
  expect(copyOf(new Date(Number.NaN)).getTime()).toBeNaN()
})

test('Float16Array travels where the runtime has it', () => {
  const Float16: (new (values: number[]) => ArrayLike<number>) | undefined = Reflect.get(globalThis, 'Float16Array')
  if (Float16 === undefined) return
  deepStrictEqual(copyOf(new Float16([1.5])), new Float16([1.5]))
})

test('a Buffer arrives as a Buffer with memory of its own, outside of the pool', () => {
  const sent = Buffer.from('hello')
  const copy = copyOf(sent)
  expect(Buffer.isBuffer(copy)).toBe(true)
  expect(copy.toString()).toBe('hello')
  expect(copy.buffer.byteLength).toBe(5)
})

test('a view carries its own bytes, not the buffer under it', () => {
  const copy = copyOf(new Uint16Array(new ArrayBuffer(1_000), 500, 2))
  expect([copy.length, copy.byteOffset, copy.buffer.byteLength]).toEqual([2, 0, 4])
})

test('a view of shared memory arrives as a copy', () => {
  const shared = new Uint8Array(new SharedArrayBuffer(4)).fill(9)
  const copy = copyOf(shared)
  shared[0] = 1
  expect(copy.buffer).toBeInstanceOf(ArrayBuffer)
  expect([...copy]).toEqual([9, 9, 9, 9])
})

test('short strings that have most of their characters in common stay apart', () => {
  const texts = (length: number): string[] =>
    Array.from({ length: 4_000 }, (_, i) => `${'abcdefghijkl'.slice(0, length - 4)}${String(i).padStart(4, '0')}`)
  for (const length of [4, 8, 12, 16]) expect(copyOf(texts(length))).toEqual(texts(length))
  const mirrored = texts(16).map((text) => text.slice(12) + text.slice(0, 12))
  expect(copyOf(mirrored)).toEqual(mirrored)
  expect(copyOf(['a', 'a\0', 'a\0\0', '\0', '\0\0', ''])).toEqual(['a', 'a\0', 'a\0\0', '\0', '\0\0', ''])
})

test('a short string at the very end of its memory is read', () => {
  const region = wireRegion(new ArrayBuffer(16))
  const length = codec.encode(1, 'elevenchars', undefined, undefined, region, 0, 16)
  expect(length).toBe(16)
  codec.decode(region, 0, length, codec.encoding)
  expect(codec.a).toBe('elevenchars')
})

test('a huge sparse array costs what its elements cost', () => {
  const sparse: string[] = []
  sparse[4_000_000_000] = 'last'
  const copy = copyOf(sparse)
  expect([copy.length, copy[4_000_000_000], Object.keys(copy).length]).toEqual([4_000_000_001, 'last', 1])
})

test('an array that ends in holes keeps its length', () => {
  expect(copyOf(new Array(5))).toStrictEqual(new Array(5))
  const tail = Object.assign(new Array(3), { 0: 1 })
  expect(copyOf(tail)).toStrictEqual(tail)
})

test('a key __proto__ is a key, not a prototype', () => {
  const copy = copyOf(JSON.parse('{"__proto__":{"isAdmin":true},"b":{"__proto__":1}}'))
  expect(Object.getPrototypeOf(copy)).toBe(Object.prototype)
  expect(copy.isAdmin).toBeUndefined()
  expect(Object.keys(copy)).toEqual(['__proto__', 'b'])
})

test('an object without prototype stays one', () => {
  const copy = copyOf(Object.assign(Object.create(null), { a: 1 }))
  expect(Object.getPrototypeOf(copy)).toBe(null)
  expect(copy.a).toBe(1)
})

test('symbols as keys and properties that are not enumerable stay behind, getters arrive as their value', () => {
  const sent = Object.defineProperty(
    {
      [Symbol('s')]: 1,
      get twice() {
        return 2
      },
    },
    'hidden',
    { value: 3 },
  )
  expect(copyOf(sent)).toStrictEqual({ twice: 2 })
})

test('key order is kept', () => {
  expect(Object.keys(copyOf({ z: 1, a: 2, 5: 3, m: 4 }))).toEqual(['5', 'z', 'a', 'm'])
})

test('properties that someone put on Object.prototype do not travel', () => {
  const polluted = Object.prototype as unknown as Record<string, unknown>
  copyOf({ a: 1, polluted: 2 })
  polluted['polluted'] = 'x'
  try {
    expect(Object.keys(copyOf({ a: 1 }))).toEqual(['a'])
    expect(Object.keys(copyOf(Object.assign(Object.create(null), { b: 1 })))).toEqual(['b'])
  } finally {
    delete polluted['polluted']
  }
})

test('values of another realm arrive as values of this one', () => {
  const foreign = runInNewContext(
    '({ list: [1, 2], map: new Map([[1, 2]]), set: new Set([1]), date: new Date(5), re: /x/g, bytes: new Uint8Array([7]),' +
      ' view: new DataView(new ArrayBuffer(1)), buffer: new ArrayBuffer(2), error: new TypeError("far") })',
  )
  const copy = copyOf(foreign)
  const { error, ...rest } = copy
  const expected = { list: [1, 2], map: new Map([[1, 2]]), set: new Set([1]), date: new Date(5), re: /x/g }
  const bytes = { bytes: new Uint8Array([7]), view: new DataView(new ArrayBuffer(1)), buffer: new ArrayBuffer(2) }
  deepStrictEqual(rest, { ...expected, ...bytes })
  expect(error).toBeInstanceOf(TypeError)
})

describe('what cannot be sent is refused with its path', () => {
  const onDone = (): void => {}
  const revoked = Proxy.revocable({}, {})
  revoked.revoke()
  test.each<[string, unknown, string]>([
    ['a function', { options: { onDone } }, 'args[0].options.onDone: a function cannot be sent'],
    ['a class', Point, 'args[0]: a function cannot be sent'],
    ['a proxy of a function', new Proxy(onDone, {}), 'args[0]: a function cannot be sent'],
    ['a symbol', [1, Symbol('s')], 'args[0][1]: a symbol cannot be sent'],
    [
      'a symbol in an object that occurs twice',
      [{ a: 1 }, { b: Symbol('s') }],
      'args[0][1].b: a symbol cannot be sent',
    ],
    ['an instance of a class', new Map([['k', new Point()]]), 'args[0].get(k): an instance of Point cannot be sent'],
    ['a subclass of Map', new Table(), 'args[0]: an instance of Table cannot be sent'],
    ['a subclass of Array', new Numbers(), 'args[0]: an instance of Numbers cannot be sent'],
    ['a key of a Map', new Map([[onDone, 1]]), 'args[0].keys(): a function cannot be sent'],
    ['an element of a Set', new Set([onDone]), 'args[0].values(): a function cannot be sent'],
    ['a promise', { 'my key': Promise.resolve() }, 'args[0]["my key"]: a promise cannot be sent: await it first'],
    ['a WeakMap', [new WeakMap()], 'args[0][0]: an instance of WeakMap cannot be sent'],
    ['a WeakRef', new WeakRef({}), 'args[0]: an instance of WeakRef cannot be sent'],
    ['a MessagePort', new MessageChannel().port1, 'args[0]: an instance of MessagePort cannot be sent'],
    ['an AbortSignal', AbortSignal.abort(), 'args[0]: an instance of AbortSignal cannot be sent'],
    ['a URL', new URL('http://a/'), 'args[0]: an instance of URL cannot be sent'],
    ['a generator', (function* () {})(), 'args[0]: an object with a prototype of its own cannot be sent'],
    ['a boxed number', Object(1), 'args[0]: an instance of Number cannot be sent'],
    ['an object with a prototype of its own', Object.create({}), 'args[0]: an object with a prototype of its own'],
    ['shared memory', new SharedArrayBuffer(8), 'args[0]: a SharedArrayBuffer cannot be sent'],
    ['a fake Map', Object.create(Map.prototype), 'args[0]: reading it threw: TypeError'],
    ['a revoked proxy', revoked.proxy, 'args[0]: reading it threw: TypeError'],
    [
      'a getter that throws',
      {
        a: {
          get b() {
            throw new RangeError('boom')
          },
        },
      },
      'args[0].a.b: reading it threw: RangeError: boom',
    ],
  ])('%s', (_, value, message) => {
    const error = refusal(value)
    expect(error).toMatchObject({ name: 'UsageError', code: 'not-sendable' })
    expect((error as Error).message).toContain(message)
  })

  test('the path begins with the number of the argument', () => {
    let error: unknown
    try {
      codec.encodeOwned(3, 1, 2, [{ on: onDone }])
    } catch (thrown) {
      error = thrown
    }
    expect(error).toMatchObject({ message: 'args[2].on: a function cannot be sent' })
  })

  test('the path begins with the name that the value has, if it is no argument', () => {
    const messageOf = (value: unknown, name: string): string => {
      try {
        codec.encodeOwned(1, value, undefined, undefined, name)
      } catch (error) {
        return (error as Error).message
      }
      return ''
    }
    expect(messageOf({ on: onDone }, 'answer')).toBe('answer.on: a function cannot be sent')
    expect(messageOf(onDone, 'answer')).toBe('answer: a function cannot be sent')
    expect(messageOf({ args: [1, { on: onDone }] }, '')).toBe('args[1].on: a function cannot be sent')
    const small = new ValueCodec({ messageBytesMax: 64 })
    expect(() => small.encodeOwned(1, 'x'.repeat(99), undefined, undefined, 'answer')).toThrow(
      'answer: a message may have 64 bytes, this one has 105',
    )
  })

  test('a Map that changes while it is sent', () => {
    const map = new Map<string, unknown>()
    map.set('a', {
      get grow() {
        map.set('b', 1)
        return 1
      },
    })
    expect(refusal(map)).toMatchObject({ message: 'args[0]: changed while it was being sent' })
  })

  test('nesting deeper than 500 levels, with the path shortened', () => {
    const nested = (levels: number): unknown => {
      let value: unknown = 'bottom'
      for (let i = 0; i < levels; i++) value = i % 2 === 0 ? { in: value } : [value]
      return value
    }
    deepStrictEqual(copyOf(nested(500)), nested(500))
    const error = refusal(nested(501))
    expect(error).toMatchObject({ name: 'UsageError', code: 'too-deep' })
    expect((error as Error).message).toMatch(/^args\[0\]\.in\[0\]\.in.* … .*\(500 steps\): nested deeper/)
    expect(refusal(nested(100_000))).toMatchObject({ code: 'too-deep' })
  })
})

function refusal(value: unknown): unknown {
  try {
    codec.copyOf(value)
  } catch (error) {
    return error
  }
  return undefined
}
