import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeFrame } from '#actors/connection/framing'
import { type LengthPrefix, LengthPrefixFraming } from '#actors/connection/length-prefix-framing'
import { describeFramingContract } from '../../contract/framing.contract.ts'
import { bytesOf, textBytes } from './byte-strings.ts'
import vectors from './fixtures/framing-vectors.json' with { type: 'json' }

const LIMIT = 300

const prefixes: { prefix: LengthPrefix; tooLong: string; oneMore: string; largest: string }[] = [
  { prefix: 'u32le', tooLong: 'ffffffff', oneMore: '2d010000', largest: '00000004' },
  { prefix: 'u32be', tooLong: 'ffffffff', oneMore: '0000012d', largest: '04000000' },
  { prefix: 'u16le', tooLong: 'ffff', oneMore: '2d01', largest: 'ffff' },
  { prefix: 'u16be', tooLong: 'ffff', oneMore: '012d', largest: 'ffff' },
]

for (const { prefix, tooLong, oneMore, largest } of prefixes) {
  describeFramingContract({
    name: `LengthPrefixFraming ${prefix}`,
    makeFraming: () => new LengthPrefixFraming({ prefix, messageBytesMax: LIMIT }),
    messages: ['', '01', 'ffffffffff', '0a0d000102030405', '00'.repeat(280)].map(bytesOf),
    anyMessage: fc.uint8Array({ maxLength: LIMIT }),
    illegal: bytesOf(tooLong),
    largest: new Uint8Array(LIMIT).fill(7),
    oneMore: new Uint8Array(LIMIT + 1),
    oneMoreOnStream: bytesOf(oneMore),
    received: { lengthBytes: LIMIT + 1, limitBytes: LIMIT },
    sent: { lengthBytes: LIMIT + 1, limitBytes: LIMIT },
    makeDefault: () => new LengthPrefixFraming({ prefix }),
    beginOfLargest: bytesOf(`${largest} 0102`),
  })
}

describe('LengthPrefixFraming', () => {
  it.each(vectors.lengthPrefix)('reads and writes $prefix as $from does: $name', ({ prefix, messageHex, frameHex }) => {
    const framing = new LengthPrefixFraming({ prefix: prefix as LengthPrefix })
    const messages: string[] = []
    expect(Buffer.from(encodeFrame(framing, bytesOf(messageHex))).toString('hex')).toBe(frameHex)
    framing.push(bytesOf(frameHex), (message) => messages.push(Buffer.from(message).toString('hex')))
    expect(messages).toEqual([messageHex])
  })

  it('takes 64 MiB, inclusive, unless told otherwise, as deli does', () => {
    const { largestHex, firstRejectedHex } = vectors.deliLimit
    const framing = new LengthPrefixFraming()
    framing.push(bytesOf(largestHex), () => {})
    expect(framing.heldBytes).toBe(4)
    expect(() => new LengthPrefixFraming().push(bytesOf(firstRejectedHex), () => {})).toThrow(
      'message at stream position 0 promises 67108865 bytes, limit 67108864',
    )
    expect(framing.prefixBytes(67_108_864)).toBe(4)
    expect(() => framing.prefixBytes(67_108_865)).toThrow('67108865 bytes is too large to send, limit 67108864')
  })

  it('names the place in the stream of a length that is too large', () => {
    const framing = new LengthPrefixFraming({ prefix: 'u16be', messageBytesMax: 3 })
    framing.push(bytesOf('0001 ff 0000 00'), () => {})
    expect(() => framing.push(bytesOf('04'), () => {})).toThrow('at stream position 5 promises 4 bytes, limit 3')
  })

  it('writes the prefix alone, so that a message can be written straight behind it', () => {
    const target = new Uint8Array(8)
    expect(new LengthPrefixFraming({ prefix: 'u32be' }).writePrefix(target, 2, 0x1020304)).toBe(6)
    expect(target).toEqual(bytesOf('0000010203040000'))
  })

  it('reads and writes lengths of 32 bits as unsigned', () => {
    for (const prefix of ['u32le', 'u32be'] as const) {
      const framing = new LengthPrefixFraming({ prefix, messageBytesMax: 0xffff_fffe })
      const target = new Uint8Array(4)
      framing.writePrefix(target, 0, 0xffff_fffe)
      framing.push(target, () => {})
      expect(framing.heldBytes).toBe(4)
      expect(() => new LengthPrefixFraming({ prefix, messageBytesMax: 5 }).push(target, () => {})).toThrow('4294967294')
    }
  })

  it('reads into memory that threads share, and out of it', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(16))
    const framing = new LengthPrefixFraming({ prefix: 'u16le' })
    shared.set(encodeFrame(framing, textBytes('shared')))
    const messages: string[] = []
    framing.push(shared.subarray(0, 5), () => {})
    framing.push(shared.subarray(5, 8), (message) => messages.push(Buffer.from(message).toString()))
    framing.push(shared.subarray(0, 8), (message) => messages.push(Buffer.from(message).toString()))
    expect(messages).toEqual(['shared', 'shared'])
  })

  it('holds no large buffer after a large message', () => {
    const framing = new LengthPrefixFraming()
    const frame = encodeFrame(framing, new Uint8Array(200_000))
    let buffer: ArrayBufferLike | undefined
    const push = (bytes: Uint8Array) => framing.push(bytes, (message) => (buffer = message.buffer))
    push(frame.subarray(0, 100_000))
    push(frame.subarray(100_000))
    const large = buffer
    push(bytesOf('01000000'))
    push(bytesOf('2a'))
    expect(large?.byteLength).toBeGreaterThanOrEqual(200_004)
    expect(large?.byteLength).toBeLessThanOrEqual(250_005)
    expect(buffer?.byteLength).toBe(64)
  })

  it.each([
    ['u32le', -1, 'messageBytesMax must be a whole number from 0 to 4294967295 bytes, got -1'],
    ['u32be', 2 ** 32, 'from 0 to 4294967295 bytes, got 4294967296'],
    ['u16le', 65_536, 'from 0 to 65535 bytes, got 65536'],
    ['u16be', Number.NaN, 'from 0 to 65535 bytes, got NaN'],
    ['u8', 1, "prefix must be one of u16le, u16be, u32le, u32be, got 'u8'"],
  ])('refuses prefix %s with a limit of %d', (prefix, messageBytesMax, text) => {
    const make = () => new LengthPrefixFraming({ prefix: prefix as LengthPrefix, messageBytesMax })
    expect(make).toThrow(expect.objectContaining({ name: 'UsageError', code: 'invalid-option' }))
    expect(make).toThrow(text)
  })
})
