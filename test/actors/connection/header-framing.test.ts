import fc from 'fast-check'
import { ProtocolError } from 'troupe'
import { describe, expect, it } from 'vitest'
import { encodeFrame } from '#actors/connection/framing'
import { HeaderFraming, type HeaderFramingOptions } from '#actors/connection/header-framing'
import { describeFramingContract } from '../../contract/framing.contract.ts'
import { bytesOf } from './byte-strings.ts'

/** A magic byte, then the number of 2-byte words that follow. */
const wordFrames: HeaderFramingOptions = {
  headerBytes: 2,
  payloadBytes: (bytes, offset) => {
    if (bytes[offset] !== 0x77) throw new ProtocolError('bad-magic', `no frame begins with ${bytes[offset]}`)
    return bytes[offset + 1]! * 2
  },
}
const WORDS_MAX = 20
const wordFrame = (words: Uint8Array) => Uint8Array.of(0x77, words.length / 2, ...words)

describeFramingContract({
  name: 'HeaderFraming',
  makeFraming: () => new HeaderFraming({ ...wordFrames, payloadBytesMax: WORDS_MAX * 2 }),
  messages: ['7700', '7701 0102', '7702 77007700', '7703 000000000000'].map(bytesOf),
  anyMessage: fc.uint8Array({ maxLength: WORDS_MAX }).map((bytes) => wordFrame(Uint8Array.from([...bytes, ...bytes]))),
  illegal: bytesOf('7800'),
  largest: wordFrame(new Uint8Array(WORDS_MAX * 2)),
  oneMore: wordFrame(new Uint8Array(WORDS_MAX * 2 + 2)),
  oneMoreOnStream: Uint8Array.of(0x77, WORDS_MAX + 1),
  received: { lengthBytes: WORDS_MAX * 2 + 2, limitBytes: WORDS_MAX * 2 },
  sent: { lengthBytes: WORDS_MAX * 2 + 4, limitBytes: WORDS_MAX * 2 + 2 },
  makeDefault: () => new HeaderFraming({ headerBytes: 1, payloadBytes: () => 67_108_864 }),
  beginOfLargest: bytesOf('0102'),
})

describe('HeaderFraming', () => {
  it.each([-1, 1.5, Number.NaN, '3', undefined])('refuses %s as answer of the header function', (answer) => {
    const framing = new HeaderFraming({ headerBytes: 1, payloadBytes: () => answer as number })
    expect(() => framing.push(bytesOf('00'), () => {})).toThrow(
      expect.objectContaining({
        name: 'UsageError',
        code: 'invalid-option',
        message: expect.stringContaining(`answered ${answer} for the frame at stream position 0`),
      }),
    )
  })

  it.each([
    ['77', 'a frame begins with a header of 2 bytes, got 1 bytes'],
    ['7701 01', 'the header announces a frame of 4 bytes, got 3'],
    ['7700 01', 'the header announces a frame of 2 bytes, got 3'],
  ])('does not send %s, whose header is wrong', (hex, text) => {
    const encode = () => encodeFrame(new HeaderFraming(wordFrames), bytesOf(hex))
    expect(encode).toThrow(expect.objectContaining({ name: 'UsageError', code: 'invalid-frame' }))
    expect(encode).toThrow(text)
  })

  it('names a frame as it is told', () => {
    const nameFrame = (bytes: Uint8Array, offset: number) => `chunk '${String.fromCharCode(bytes[offset]!)}'`
    const framing = new HeaderFraming({
      headerBytes: 2,
      payloadBytes: (b, at) => b[at + 1]!,
      payloadBytesMax: 3,
      nameFrame,
    })
    expect(() => framing.push(bytesOf('4100 4204'), () => {})).toThrow(
      "chunk 'B' at stream position 2 promises 4 bytes of payload, limit 3",
    )
  })

  it('refuses options outside of their range', () => {
    const payloadBytes = () => 0
    expect(() => new HeaderFraming({ headerBytes: 0, payloadBytes })).toThrow('from 1 to 1024 bytes, got 0')
    expect(() => new HeaderFraming({ headerBytes: 1, payloadBytes, payloadBytesMax: -1 })).toThrow('got -1')
    expect(() => new HeaderFraming({ headerBytes: 1 } as HeaderFramingOptions)).toThrow('must be a function')
  })
})
