import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CyncFrame } from '#actors/device/cync/frame'
import {
  cyncFrame,
  decodeCyncFrame,
  encodeCyncFrame,
  FRAME_DATA_BYTES_MAX,
  frameChecksum,
} from '#actors/device/cync/frame-codec'
import { bytesOf, hexOf } from './vectors.ts'

const decode = (hex: string) => decodeCyncFrame(bytesOf(hex), 0, hex.length / 2)
const encode = (frame: CyncFrame) => hexOf(encodeCyncFrame(frame, 0))

const anyFrame = fc
  .record({
    sequence: fc.nat(0xffff_ffff),
    command: fc.nat(255),
    direction: fc.constantFrom('request', 'response', 'announce'),
    data: fc.array(fc.oneof(fc.constantFrom(0x7d, 0x7e, 0x5d, 0x5e), fc.nat(255)), { maxLength: 300 }),
  })
  .map(({ sequence, command, direction, data }) => cyncFrame(direction, sequence, command, Uint8Array.from(data)))

describe('frames', () => {
  it('are what they were, however many of their bytes are escaped', () => {
    fc.assert(
      fc.property(anyFrame, fc.nat(3), (frame, prefix) => {
        const bytes = encodeCyncFrame(frame, prefix)
        expect(decodeCyncFrame(bytes, prefix, bytes.length)).toEqual(frame)
        expect(bytes.subarray(prefix + 1, -1).includes(0x7e)).toBe(false)
      }),
    )
  })

  it('are escaped in length, data and checksum', () => {
    // 126 bytes of data, as a list of five devices has.
    const long = cyncFrame('response', 1, 0x52, new Uint8Array(126))
    expect(encode(long).slice(0, 22)).toBe('7e01000000f9527d5e0000')
    const sum = cyncFrame('response', 0x7d, 0x7d, Uint8Array.of(0xff, 0xff))
    expect(frameChecksum(0x7d, sum.data)).toBe(0x7d)
    expect(encode(sum)).toBe('7e7d5d000000f97d5d0200ffff7d5d7e')
  })

  it('are read without unescaping where somebody has not escaped', () => {
    const raw = '7e01000000fa8e02007d04117e'
    expect(decode(raw)).toMatchObject({ isStuffed: false, isChecksumGood: true, data: Uint8Array.of(0x7d, 4) })
    expect(encode(decode(raw)!)).toBe(raw)
  })

  it('are read with a 7e inside that nobody has escaped, beside one that somebody has', () => {
    const frame = decode('7e7e000000fa8e02007d5e010f7e')!
    expect(frame).toMatchObject({ sequence: 0x7e, isStuffed: false, data: Uint8Array.of(0x7e, 1) })
  })

  it('have the checksum that came, and say whether it is good', () => {
    const frame = decode('7e01000000f9f0010000007e')!
    expect(frame).toMatchObject({ isChecksumGood: false, checksum: 0 })
    expect(encode(frame)).toBe('7e01000000f9f0010000007e')
    expect(encode({ ...frame, isChecksumGood: true })).toBe('7e01000000f9f0010000f17e')
  })

  it('keep a direction that nobody knows', () => {
    const frame = decode('7e01000000fbf0010000f17e')!
    expect([frame.direction, frame.directionByte]).toEqual(['unknown', 0xfb])
    expect(encode(frame)).toBe('7e01000000fbf0010000f17e')
  })

  it.each([
    ['too short', '7e01000000f9f000007e'],
    ['no 7e at the end', '7e01000000f9f0010000f100'],
    ['neither 7e nor 0 at the begin', '7f01000000f9f0010000f17e'],
    ['another length', '7e01000000f9f0020000f17e'],
    ['an escape as the last byte', '7e01000000f9f00200007d7e'],
  ])('are none with %s', (_what, hex) => {
    expect(decode(hex)).toBeUndefined()
  })

  it.each([
    [{ sequence: 2 ** 32 }, 'frame.sequence must be a whole number from 0 to 4294967295, got 4294967296'],
    [{ command: -1 }, 'frame.command must be a whole number from 0 to 255, got -1'],
    [{ directionByte: 256 }, 'frame.directionByte must be a whole number from 0 to 255, got 256'],
    [{ leadByte: 1 }, 'frame.leadByte must be a whole number from 0 to 0, got 1'],
    [{ isChecksumGood: false, checksum: 256 }, 'frame.checksum must be a whole number from 0 to 255, got 256'],
    [
      { data: new Uint8Array(8_177) },
      `frame.data.length must be a whole number from 0 to ${FRAME_DATA_BYTES_MAX}, got 8177`,
    ],
  ])('are refused with %o', (change, message) => {
    expect(() => encodeCyncFrame({ ...cyncFrame('request', 1, 1, new Uint8Array(0)), ...change }, 0)).toThrow(message)
  })
})
