import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { VarintFraming } from '#actors/connection/varint-framing'
import { describeFramingContract } from '../../contract/framing.contract.ts'
import { bytesOf } from './byte-strings.ts'

const LIMIT = 300

describeFramingContract({
  name: 'VarintFraming',
  makeFraming: () => new VarintFraming({ messageBytesMax: LIMIT }),
  messages: ['', '80', 'ffffffffff', '00'.repeat(127), '80'.repeat(128)].map(bytesOf),
  anyMessage: fc.uint8Array({ maxLength: LIMIT }),
  illegal: bytesOf('8080808080'),
  largest: new Uint8Array(LIMIT).fill(7),
  oneMore: new Uint8Array(LIMIT + 1),
  oneMoreOnStream: bytesOf('ad02'),
  received: { lengthBytes: LIMIT + 1, limitBytes: LIMIT },
  sent: { lengthBytes: LIMIT + 1, limitBytes: LIMIT },
  makeDefault: () => new VarintFraming(),
  beginOfLargest: bytesOf('80808020 01'),
})

describe('VarintFraming', () => {
  it.each([
    [0, '00'],
    [127, '7f'],
    [128, '8001'],
    [300, 'ac02'],
    [16_383, 'ff7f'],
    [16_384, '808001'],
    [67_108_864, '80808020'],
    [2 ** 31, '8080808008'],
    [2 ** 32 - 1, 'ffffffff0f'],
  ])('writes a length of %d as %s', (length, hex) => {
    const framing = new VarintFraming({ messageBytesMax: 2 ** 32 - 1 })
    const target = new Uint8Array(6)
    expect(framing.prefixBytes(length)).toBe(hex.length / 2)
    expect(framing.writePrefix(target, 1, length)).toBe(1 + hex.length / 2)
    expect(Buffer.from(target.subarray(1, 1 + hex.length / 2)).toString('hex')).toBe(hex)
  })

  it('reads lengths up to what 32 bits can say', () => {
    const wanted = expect.objectContaining({ code: 'message-too-large', lengthBytes: 2 ** 32 - 1, limitBytes: 5 })
    expect(() => new VarintFraming({ messageBytesMax: 5 }).push(bytesOf('ffffffff0f'), () => {})).toThrow(wanted)
  })

  it('takes a length padded with zeros to five bytes', () => {
    const messages: Uint8Array[] = []
    new VarintFraming().push(bytesOf('8280808000 aabb 8000'), (message) => messages.push(message))
    expect(messages).toEqual([bytesOf('aabb'), bytesOf('')])
  })

  it('refuses a length that goes on after five bytes, wherever it is cut', () => {
    const wanted = expect.objectContaining({
      name: 'ProtocolError',
      code: 'bad-length',
      message: 'the length at stream position 1 does not end within 5 bytes',
    })
    expect(() => new VarintFraming().push(bytesOf('00ffffffffff'), () => {})).toThrow(wanted)
    const framing = new VarintFraming()
    framing.push(bytesOf('00ffffffff'), () => {})
    expect(() => framing.push(bytesOf('ff'), () => {})).toThrow(wanted)
  })

  it('refuses lengths beyond 32 bits as too large', () => {
    const wanted = expect.objectContaining({ code: 'message-too-large', lengthBytes: 2 ** 35 - 1 })
    expect(() => new VarintFraming().push(bytesOf('ffffffff7f'), () => {})).toThrow(wanted)
  })

  it.each([-1, 0.5, 2 ** 32])('refuses %d as its limit', (messageBytesMax) => {
    expect(() => new VarintFraming({ messageBytesMax })).toThrow(`from 0 to 4294967295 bytes, got ${messageBytesMax}`)
  })
})
