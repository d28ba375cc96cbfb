import { describe, expect, test } from 'vitest'
import { UnreachableError, UsageError } from '#src/base/errors'
import { decodeThrown, encodeThrown } from '#src/wire/thrown-codec'
import { ValueCodec } from '#src/wire/value-codec'

const codecOf = (messageBytesMax: number): ValueCodec => new ValueCodec({ messageBytesMax })
const reader = codecOf(1 << 20)
const through = (thrown: unknown, messageBytesMax = 1 << 17): unknown =>
  decodeThrown(reader, encodeThrown(codecOf(messageBytesMax), thrown))

describe('what was thrown comes back', () => {
  test.each([[0], [-0], ['text'], [undefined], [null], [{ code: 1 }], [[1, 2]]])('as it was: %j', (thrown) => {
    expect(through(thrown)).toStrictEqual(thrown)
  })

  test('as an error that shows it, if it cannot be sent', () => {
    expect(through(() => 1)).toMatchObject({ constructor: UsageError, code: 'not-sendable' })
  })

  test.each([112, 240, 496, 1_008, 4_080, 8_176])(
    'in %i bytes with class, code and the beginning of its message',
    (bytes) => {
      const error = new UnreachableError('thread-lost', `${'m'.repeat(9_000)}`, { cause: new Error('c'.repeat(9_000)) })
      Object.assign(error, { retryable: false, body: 'x'.repeat(1 << 20) })
      const encoded = encodeThrown(codecOf(bytes), error)
      expect(encoded.length).toBeLessThanOrEqual(bytes)
      const copy = decodeThrown(reader, encoded) as UnreachableError
      expect(copy).toBeInstanceOf(UnreachableError)
      expect(copy).toMatchObject({ code: 'thread-lost', retryable: false })
      expect(copy.message).toMatch(/^m{10}/)
    },
  )

  test('in few bytes also if it is no error', () => {
    expect(through('x'.repeat(10_000), 240)).toMatch(/^x{60}/)
    expect(through({ list: new Array(1_000).fill('item') }, 240)).toMatchObject({
      code: 'not-sendable',
      message: expect.stringMatching(/^what was thrown/),
    })
  })

  test('with some of its frames where there is room for them', () => {
    const { stack } = through(new RangeError('short'), 1_008) as RangeError
    expect(stack).toMatch(/^RangeError: short\n {4}at /)
  })

  test('in wide characters too', () => {
    expect(through(new Error('日本'.repeat(5_000)), 1_008)).toMatchObject({ message: expect.stringMatching(/^日本/) })
  })
})
