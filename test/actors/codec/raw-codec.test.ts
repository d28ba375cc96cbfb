import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RawCodec } from '#actors/codec/raw-codec'
import { describeCodecContract } from '../../contract/codec.contract.ts'

describeCodecContract({
  name: 'RawCodec',
  makeCodec: () => new RawCodec(),
  values: fc.uint8Array(),
  unencodable: 'text',
  refusesTrailing: false,
  takesAnything: true,
})

describe('RawCodec', () => {
  it('decodes to a view of the message, not a copy', () => {
    const message = Buffer.from('abcdef')
    const value = new RawCodec().decode(message.subarray(1, 3))
    message[1] = 0x58
    expect(value).toEqual(Uint8Array.from([0x58, 0x63]))
    expect(Buffer.isBuffer(value)).toBe(false)
  })
})
