import { describe, expect, test } from 'vitest'
import {
  CapacityError,
  InvariantError,
  ProtocolError,
  TroupeError,
  UnreachableError,
  UsageError,
} from '#src/base/errors'
import { sendableThrown } from '#src/wire/error-codec'
import { ValueCodec } from '#src/wire/value-codec'

const codec = new ValueCodec({ messageBytesMax: 1 << 20 })
const copyOf = <T>(value: T): T => codec.copyOf(value) as T
const ERROR_COPY_MAX = 1 << 17

class DatabaseError extends Error {
  readonly retryable = true
  readonly table: string
  constructor(message: string, table: string, options?: ErrorOptions) {
    super(message, options)
    this.table = table
  }
  override get name(): string {
    return 'DatabaseError'
  }
}
class BadQuery extends TypeError {}
class TooManyDevices extends CapacityError {
  readonly devices = 101
}

describe('an error arrives', () => {
  test.each([Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError])(
    'as an instance of %o, with message and stack',
    (ErrorClass) => {
      const sent = new ErrorClass('went wrong')
      const copy = copyOf(sent)
      expect(copy.constructor).toBe(ErrorClass)
      expect([copy.name, copy.message, copy.stack]).toEqual([sent.name, 'went wrong', sent.stack])
      expect(Object.keys(copy)).toEqual([])
    },
  )

  test.each([UsageError, CapacityError, UnreachableError, ProtocolError, InvariantError, TroupeError])(
    "as an instance of Troupe's %o, with its code",
    (ErrorClass) => {
      const cause = new Error('why')
      const copy = copyOf(new ErrorClass('some-code', 'went wrong', { cause }))
      expect(copy).toBeInstanceOf(ErrorClass)
      expect(copy).toBeInstanceOf(TroupeError)
      expect([copy.name, copy.code, copy.message]).toEqual([ErrorClass.name, 'some-code', 'went wrong'])
      expect((copy.cause as Error).message).toBe('why')
    },
  )

  test('of an unknown class as its nearest known ancestor, with the name kept', () => {
    const database = copyOf(new DatabaseError('no such table', 'devices'))
    expect(database.constructor).toBe(Error)
    expect(database).toMatchObject({
      name: 'DatabaseError',
      message: 'no such table',
      table: 'devices',
      retryable: true,
    })
    expect(copyOf(new BadQuery('q'))).toBeInstanceOf(TypeError)
    const devices = copyOf(new TooManyDevices('too-many', 'm'))
    expect(devices).toBeInstanceOf(CapacityError)
    expect(devices).toMatchObject({ name: 'TooManyDevices', code: 'too-many', devices: 101 })
  })

  test('with the properties that the runtime gives to its own', () => {
    const sent = Object.assign(new Error('ECONNREFUSED'), { code: 'ECONNREFUSED', errno: -111, syscall: 'connect' })
    expect(copyOf(sent)).toMatchObject({ code: 'ECONNREFUSED', errno: -111, syscall: 'connect' })
  })

  test('with its cause, recursively, whatever the cause is', () => {
    const copy = copyOf(new Error('a', { cause: new DatabaseError('b', 't', { cause: { plain: 'c' } }) }))
    expect(copy.cause).toMatchObject({ name: 'DatabaseError', cause: { plain: 'c' } })
    expect(Object.keys(copy)).toEqual([])
    expect(Object.hasOwn(copyOf(new Error('a', { cause: undefined })), 'cause')).toBe(true)
  })

  test('as an AggregateError with its errors', () => {
    const copy = copyOf(new AggregateError([new TypeError('one'), 'two'], 'both'))
    expect(copy).toBeInstanceOf(AggregateError)
    expect(copy.errors[0]).toBeInstanceOf(TypeError)
    expect(copy.errors[1]).toBe('two')
    expect(copy.message).toBe('both')
  })

  test('as a DOMException, which is what an AbortSignal gives', () => {
    const copy = copyOf(AbortSignal.abort().reason as DOMException)
    expect(copy).toBeInstanceOf(DOMException)
    expect([copy.name, copy.code]).toEqual(['AbortError', 20])
  })

  test('inside of any value, as one object where it was one', () => {
    const error = new Error('e')
    const copy = copyOf({ list: [error], map: new Map([[error, 1]]) })
    expect(copy.map.has(copy.list[0]!)).toBe(true)
  })

  test('that refers to itself, as its own cause too', () => {
    const error = new Error('loop')
    error.cause = error
    const copy = copyOf(error)
    expect(copy.cause).toBe(copy)
  })

  test('with what cannot be sent replaced by a string that shows it', () => {
    class Socket {}
    const sent = Object.assign(new Error('e'), {
      onRetry() {},
      id: Symbol('id'),
      socket: new Socket(),
      request: { headers: { a: 1 }, on: () => {}, at: new Date(5), list: [1, new Socket()] },
      bytes: new Uint8Array([1]),
    })
    expect(copyOf(sent)).toMatchObject({
      onRetry: '[Function: onRetry]',
      id: 'Symbol(id)',
      socket: 'Socket {}',
      request: { headers: { a: 1 }, on: '[Function: on]', at: new Date(5), list: [1, 'Socket {}'] },
      bytes: new Uint8Array([1]),
    })
  })

  test('whose properties throw', () => {
    const sent = new Error('e')
    const boom = {
      get() {
        throw new Error('no')
      },
      enumerable: true,
    }
    Object.defineProperty(sent, 'trap', boom)
    Object.defineProperty(sent, 'message', boom)
    Object.defineProperty(sent, 'cause', { value: Object.defineProperty({}, 'inner', boom), enumerable: false })
    const copy = copyOf(sent)
    expect(Reflect.get(copy, 'trap')).toMatch(/^\[threw Error: no/)
    expect(copy.cause).toMatchObject({ inner: expect.stringMatching(/^\[threw/) })
  })

  test('with a name or a message that is no string', () => {
    const sent = Object.assign(new Error('e'), { name: 42, message: { text: 'x' } })
    expect(copyOf(sent as unknown as Error)).toMatchObject({ name: '42', message: "{ text: 'x' }" })
  })

  test('with a property named __proto__ as a property', () => {
    const sent = Object.defineProperty(new Error('e'), '__proto__', { value: { evil: true }, enumerable: true })
    const copy = copyOf(sent)
    expect(copy).toBeInstanceOf(Error)
    expect(Reflect.get(copy, 'evil')).toBeUndefined()
  })
})

describe('an error too large is cut, not refused', () => {
  const sizeOf = (error: Error): number => codec.sizeOf(1, error, undefined, undefined)
  const chain = (length: number): Error => {
    let error = new Error('bottom')
    for (let i = 0; i < length; i++) error = new Error(`level ${i}`, { cause: error })
    return error
  }
  const wide = (depth: number): Error =>
    depth === 0
      ? new Error('leaf '.repeat(100))
      : new AggregateError(Array.from({ length: 200 }, () => wide(depth - 1)).slice(0, depth === 2 ? 200 : 3), 'wide')

  test.each<[string, Error]>([
    ['by its message', new Error('x'.repeat(1 << 20))],
    ['by its causes', chain(1_000)],
    ['by its errors', wide(2)],
    [
      'by its properties',
      Object.assign(
        new Error('e'),
        Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`p${i}`, 'x'.repeat(99)])),
      ),
    ],
    ['by one property', Object.assign(new Error('e'), { body: 'x'.repeat(1 << 20), data: new Uint8Array(1 << 20) })],
    [
      'by a tree',
      Object.assign(new Error('e'), {
        tree: Array.from({ length: 99 }, () => Array.from({ length: 99 }, () => ({ a: 'x'.repeat(50) }))),
      }),
    ],
    ['by a bigint', Object.assign(new Error('e'), { big: 2n ** 100_000n })],
  ])('%s', (_, error) => {
    expect(sizeOf(error)).toBeLessThan(ERROR_COPY_MAX)
    const copy = copyOf(error)
    expect(copy).toBeInstanceOf(Error)
    expect(copy.message.startsWith(error.message.slice(0, 100))).toBe(true)
  })

  test('by the properties of its errors', () => {
    const properties = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`p${i}`, 'x'.repeat(150)]))
    const errors = Array.from({ length: 100 }, (_, i) => Object.assign(new Error(`e${i}`), properties))
    expect(sizeOf(new AggregateError(errors))).toBeLessThan(ERROR_COPY_MAX)
  })

  test('by the keys of its properties', () => {
    const row = Object.fromEntries(Array.from({ length: 90 }, (_, i) => [`${'k'.repeat(190)}${i}`, i]))
    const sent = Object.assign(new Error('e'), { rows: Array.from({ length: 90 }, () => ({ ...row })) })
    expect(sizeOf(sent)).toBeLessThan(ERROR_COPY_MAX)
    expect(copyOf(sent)).toMatchObject({ rows: expect.arrayContaining([row]) })
  })

  test('each for itself', () => {
    const second = Object.assign(new Error('second'), { detail: { a: 1 } })
    const copy = copyOf([new Error('x'.repeat(100_000), { cause: 'y'.repeat(100_000) }), second])
    expect(copy[1]).toMatchObject({ detail: { a: 1 } })
  })

  test('and says how much is missing', () => {
    expect(copyOf(new Error('x'.repeat(10_000))).message).toBe(`${'x'.repeat(8_192)}… (1808 more characters)`)
  })

  test('once, however often it is sent on', () => {
    const once = copyOf(new Error('x'.repeat(10_000)))
    expect(copyOf(copyOf(once)).message).toBe(once.message)
  })

  test('and keeps the frames of its stack, which come after the message there', () => {
    function whoThrows(): Error {
      return new Error('x'.repeat(100_000))
    }
    expect(copyOf(whoThrows()).stack).toMatch(/^Error: x{1000}… \(99000 more characters\)\n {4}at whoThrows /)
  })

  test('at the bottom of a message as deep as a message may be', () => {
    let value: unknown = Object.assign(chain(60), { tree: { a: { b: { c: 1 } } } })
    for (let i = 0; i < 499; i++) value = [value]
    expect(() => copyOf(value)).not.toThrow()
  })
})

describe('sendableThrown', () => {
  class Custom {
    id = 7
    toString(): string {
      return 'custom'
    }
  }
  test.each<[string, unknown, unknown]>([
    ['a string', 'boom', 'boom'],
    ['undefined', undefined, undefined],
    ['a number', -0, -0],
    [
      'a plain object',
      { code: 1, deep: [new Map([['a', new Set([1])]])] },
      { code: 1, deep: [new Map([['a', new Set([1])]])] },
    ],
    ['a long string', 'x'.repeat(9_000), `${'x'.repeat(8_192)}… (808 more characters)`],
    ['a __proto__ key', JSON.parse('{"__proto__":1}'), JSON.parse('{"__proto__":1}')],
  ])('answers something sendable for %s', (_, thrown, expected) => {
    expect(sendableThrown(thrown)).toStrictEqual(expected)
    expect(copyOf(sendableThrown(thrown))).toStrictEqual(expected)
  })

  test.each<[string, unknown, string]>([
    ['a function', function retry() {}, '[Function: retry]'],
    ['a class instance', new Custom(), 'Custom { id: 7 }'],
    ['a symbol', Symbol('s'), 'Symbol(s)'],
  ])('answers an error that shows %s', (_, thrown, shown) => {
    const error = sendableThrown(thrown) as Error
    expect(error).toMatchObject({ code: 'not-sendable', message: `what was thrown cannot be sent: ${shown}` })
    expect(error).toBeInstanceOf(UsageError)
    expect(error.stack).toBe(`UsageError: ${error.message}`)
  })

  test('answers an Error as it is', () => {
    const error = new Error('x')
    expect(sendableThrown(error)).toBe(error)
  })

  test('breaks cycles and ends however large the thing is', () => {
    const cyclic: Record<string, unknown> = { name: 'x' }
    cyclic['self'] = cyclic
    expect(sendableThrown(cyclic)).toEqual({ name: 'x', self: '[circular]' })
    let tree: unknown = 'leaf'
    for (let i = 0; i < 20; i++) tree = [tree, tree, tree, tree]
    expect(codec.sizeOf(1, sendableThrown(tree), undefined, undefined)).toBeLessThan(ERROR_COPY_MAX)
  })

  test('never throws, even for what throws at every touch', () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    expect(sendableThrown(proxy)).toMatchObject({ message: 'what was thrown cannot be sent: <Revoked Proxy>' })
    expect(sendableThrown({ inner: proxy })).toEqual({ inner: '<Revoked Proxy>' })
    expect(sendableThrown(Object.create(Map.prototype))).toBeInstanceOf(UsageError)
  })
})
