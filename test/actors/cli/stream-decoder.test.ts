import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CodecName, codecNames, readerOf } from '#actors/cli/codec-option'
import { parseDeliSchema } from '#actors/cli/deli-schema-file'
import { type FramingChoice, framingNames, parseFramingOption } from '#actors/cli/framing-option'
import { jsonText } from '#actors/cli/json-text'
import { type DecodedMessage, StreamDecoder } from '#actors/cli/stream-decoder'

const bytes = (...parts: (number | string)[]) => {
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.of(part))))
}

const pairSchema = parseDeliSchema('{ "tuple": ["u8", { "vec": "u8" }] }')

/** What becomes of a stream that arrives in these pieces. */
function decode(framing: FramingChoice, codec: CodecName, chunks: readonly Uint8Array[]) {
  const messages: DecodedMessage[] = []
  const faults: string[] = []
  const decoder = new StreamDecoder(framing, readerOf(codec, codec === 'deli' ? pairSchema : undefined), {
    // A copy: byte values are views of the stream, and valid only during the call.
    onMessage: (message) => messages.push(structuredClone(message)),
    onFault: (text) => faults.push(text),
  })
  try {
    for (const chunk of chunks) decoder.push(chunk)
    decoder.end()
  } catch (error) {
    faults.push((error as Error).message)
  }
  return { messages, faults }
}

describe('a decoded stream', () => {
  it('has an index, an offset, a length and a value for each message, wherever it is cut', () => {
    // The second length is padded, which a message alone does not show.
    const stream = bytes(2, 'ab', 0x81, 0, 'c', 0, 1, 'd')
    const messages = [
      { index: 0, offset: 0, length: 2, value: 'ab' },
      { index: 1, offset: 3, length: 1, value: 'c' },
      { index: 2, offset: 6, length: 0, value: '' },
      { index: 3, offset: 7, length: 1, value: 'd' },
    ]
    fc.assert(
      fc.property(fc.nat(stream.length), fc.nat(stream.length), (a, b) => {
        const [start, end] = [Math.min(a, b), Math.max(a, b)]
        const chunks = [stream.subarray(0, start), stream.subarray(start, end), stream.subarray(end)]
        expect(decode({ kind: 'varint' }, 'text', chunks)).toEqual({ messages, faults: [] })
      }),
    )
  })

  it('knows lines with both ends', () => {
    const { messages } = decode({ kind: 'line' }, 'text', [bytes('a\r\nbc\n\n')])
    expect(messages.map(({ offset, length }) => [offset, length])).toEqual([[0, 1], [3, 2], [6, 0]]) // biome-ignore format: pairs
  })

  it.each([
    ['tlv', bytes(5, 1, 3, 0, 0, 0, '[1]'), 261],
    ['packet', bytes(0x23, 0, 0, 0, 3, '[1]'), 0x23],
  ])('has a type where frames have one, and decodes the payload: %s', (name, stream, type) => {
    const { messages } = decode(parseFramingOption(name), 'json', [stream])
    expect(messages).toEqual([{ index: 0, offset: 0, length: 3, type, value: [1] }])
  })

  it('is one message where there is no framing, also an empty one', () => {
    const none = parseFramingOption('none')
    expect(decode(none, 'text', [bytes('ab'), bytes('c')]).messages).toMatchObject([
      { offset: 0, length: 3, value: 'abc' },
    ])
    expect(decode(none, 'raw', []).messages).toMatchObject([{ length: 0 }])
  })

  it('goes on behind a message that the codec refuses, and says where that was', () => {
    const stream = bytes('[1, é}\n', 0xff, '\n[2]\n')
    const { messages, faults } = decode({ kind: 'line' }, 'json', [stream])
    expect(messages).toEqual([{ index: 2, offset: 10, length: 3, value: [2] }])
    expect(faults).toEqual([
      'message 0 at stream offset 0, 7 bytes: invalid JSON at offset 4 of 7 bytes',
      'message 1 at stream offset 8, 1 bytes: invalid UTF-8 at offset 0 of 1 bytes',
    ])
  })

  it.each(framingNames)('meets garbage with messages and faults, the same wherever it is cut: %s', (name) => {
    const garbage = fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ maxLength: 60, max: 3 }))
    const framing = parseFramingOption(name, 20)
    fc.assert(
      fc.property(garbage, fc.constantFrom(...codecNames), fc.nat(), (stream, codec, at) => {
        const place = at % (stream.length + 1)
        const whole = decode(framing, codec, [stream])
        // Where nothing is said of how much there is, it may be noticed earlier.
        const faults = name === 'line' || name === 'none' ? expect.any(Array) : whole.faults
        const cut = decode(framing, codec, [stream.subarray(0, place), stream.subarray(place)])
        expect(cut).toEqual({ messages: whole.messages, faults })
      }),
    )
  })

  it('names a value that is nested too deep to be shown, and goes on', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    const lines: string[] = []
    const faults: string[] = []
    const decoder = new StreamDecoder({ kind: 'line' }, readerOf('json', undefined), {
      onMessage: ({ value }) => lines.push(jsonText(value)),
      onFault: (text) => faults.push(text),
    })
    decoder.push(bytes(deep, '\n1\n'))
    expect(lines).toEqual(['1'])
    expect(faults).toEqual([
      'message 0 at stream offset 0, 200000 bytes: the value cannot be shown: Maximum call stack size exceeded',
    ])
  })

  it.each([
    [{ kind: 'line' }, 'ab\ncde', ['ab'], 'it begins at stream offset 3, and 3 bytes of it are there'],
    [
      { kind: 'length-prefix' },
      '\u0001\0\0\0a\u0009\0',
      ['a'],
      'it begins at stream offset 5, and 2 bytes of it are there',
    ],
    [
      { kind: 'varint', messageBytesMax: 2 },
      '\u0001a\u0003',
      ['a'],
      'message at stream position 2 promises 3 bytes, limit 2',
    ],
    [{ kind: 'none', messageBytesMax: 2 }, 'abc', [], 'the stream has at least 3 bytes, limit 2'],
  ] as const)(
    'ends with what could be cut, and the place where it could not: %j %j',
    (framing, stream, values, fault) => {
      const { messages, faults } = decode(framing, 'text', [bytes(stream)])
      expect(messages.map(({ value }) => value)).toEqual(values)
      expect(faults).toEqual([expect.stringContaining(fault)])
    },
  )
})
