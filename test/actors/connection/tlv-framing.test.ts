import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeFrame } from '#actors/connection/framing'
import { encodeTlv, TlvFraming, tlvPayload, tlvType, writeTlvHeader } from '#actors/connection/tlv-framing'
import { describeFramingContract } from '../../contract/framing.contract.ts'
import { bytesOf } from './byte-strings.ts'
import vectors from './fixtures/framing-vectors.json' with { type: 'json' }

const LIMIT = 100

describeFramingContract({
  name: 'TlvFraming',
  makeFraming: () => new TlvFraming({ payloadBytesMax: LIMIT }),
  messages: ['010000000000', '010001000000ff', 'ea0310000000ffffffffffffffffffffffff00000080'].map(bytesOf),
  anyMessage: fc
    .tuple(fc.nat(0xffff), fc.uint8Array({ maxLength: LIMIT }))
    .map(([type, payload]) => encodeTlv(type, payload)),
  illegal: bytesOf('0100ffffffff'),
  largest: encodeTlv(1, new Uint8Array(LIMIT)),
  oneMore: encodeTlv(1, new Uint8Array(LIMIT + 1)),
  oneMoreOnStream: bytesOf('010065000000'),
  received: { lengthBytes: LIMIT + 1, limitBytes: LIMIT },
  sent: { lengthBytes: LIMIT + 7, limitBytes: LIMIT + 6 },
  makeDefault: () => new TlvFraming(),
  beginOfLargest: bytesOf('010000000001 01'),
})

describe('TlvFraming', () => {
  it.each(vectors.tlv)('reads and writes what Mycelium does: $message', ({ typeId, payloadLength, frameHex }) => {
    const frames: Uint8Array[] = []
    new TlvFraming().push(bytesOf(frameHex), (frame) => frames.push(frame))
    const [frame] = frames
    expect(tlvType(frame!)).toBe(typeId)
    expect(tlvPayload(frame!)).toHaveLength(payloadLength)
    const encoded = encodeTlv(typeId, tlvPayload(frame!))
    expect(Buffer.from(encodeFrame(new TlvFraming(), encoded)).toString('hex')).toBe(frameHex)
  })

  it('takes 16 MiB of payload, inclusive, unless told otherwise, as Mycelium does', () => {
    new TlvFraming().push(bytesOf('010000000001'), () => {})
    expect(() => new TlvFraming().push(bytesOf('e90301000001'), () => {})).toThrow(
      'TLV frame of type 1001 at stream position 0 promises 16777217 bytes of payload, limit 16777216',
    )
  })

  it('writes a header in front of a payload that comes later', () => {
    const target = new Uint8Array(9)
    expect(writeTlvHeader(target, 1, 0xabcd, 0x8000_0001)).toBe(7)
    expect(target).toEqual(bytesOf('00cdab010000800000'))
    expect(tlvType(target, 1)).toBe(0xabcd)
  })

  it.each([-1, 65_536, 1.5])('refuses %d as a type', (type) => {
    expect(() => encodeTlv(type, new Uint8Array(0))).toThrow(`from 0 to 65535, got ${type}`)
  })
})
