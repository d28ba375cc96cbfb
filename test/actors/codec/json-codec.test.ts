import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JsonCodec } from '#actors/codec/json-codec'
import { describeCodecContract } from '../../contract/codec.contract.ts'

describeCodecContract<unknown>({
  name: 'JsonCodec',
  makeCodec: () => new JsonCodec(),
  values: fc.jsonValue({ noUnicodeString: false }).map((value) => JSON.parse(JSON.stringify(value)) as unknown),
  unencodable: undefined,
  refusesTrailing: true,
})

describe('JsonCodec', () => {
  const codec = new JsonCodec()

  it('refuses a value that JSON cannot hold, and says why', () => {
    expect(() => codec.encode({ at: 5n })).toThrow(
      'json: value cannot be encoded: Do not know how to serialize a BigInt',
    )
  })

  it.each([
    ['no text', new Uint8Array(0)],
    ['invalid UTF-8', Uint8Array.from([0x22, 0xff, 0x22])],
    ['a byte order mark', Buffer.from('\ufeff1')],
  ])('refuses %s', (_, bytes) => {
    expect(() => codec.decode(bytes)).toThrow(expect.objectContaining({ name: 'ProtocolError', code: 'invalid-json' }))
  })

  it('survives brackets by the million', () => {
    expect(() => codec.decode(Buffer.alloc(1_000_000, '['))).toThrow(expect.objectContaining({ code: 'invalid-json' }))
  })
})
