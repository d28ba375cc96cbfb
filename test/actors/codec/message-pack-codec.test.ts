import fc from 'fast-check'
import { Packr } from 'msgpackr'
import { describe, expect, it } from 'vitest'
import { MESSAGE_PACK_DEPTH_MAX } from '#actors/codec/message-pack-check'
import { MessagePackCodec } from '#actors/codec/message-pack-codec'
import { describeCodecContract } from '../../contract/codec.contract.ts'

const codec = new MessagePackCodec()
const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'))

const { tree } = fc.letrec<{ tree: unknown; key: string; leaf: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    tie('leaf'),
    fc.array(tie('tree'), { maxLength: 20 }),
    fc.dictionary(tie('key'), tie('tree')),
  ),
  key: fc.string({ unit: 'grapheme' }).filter((key) => key !== '__proto__'),
  leaf: fc.oneof(
    fc.constantFrom(null, true, false),
    fc.integer(),
    fc.maxSafeInteger().filter((value) => !Object.is(value, -0)),
    fc.double().filter((value) => !Object.is(value, -0)),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
    fc.string({ unit: 'grapheme', maxLength: 300 }),
    fc.uint8Array(),
    fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') }),
  ),
}))

describeCodecContract<unknown>({
  name: 'MessagePackCodec',
  makeCodec: () => new MessagePackCodec(),
  values: tree.map(withoutPrototypes),
  unencodable: undefined,
  refusesTrailing: true,
})

describe('MessagePackCodec', () => {
  it.each([
    ['80', {}],
    ['81a16101', { a: 1 }],
    ['93c0c2c3', [null, false, true]],
    ['c403010203', Uint8Array.from([1, 2, 3])],
    ['cf0020000000000001', 2n ** 53n + 1n],
    ['cb3ff8000000000000', 1.5],
    ['d6ff00000001', new Date(1_000)],
  ])('reads %s as other implementations write it', (hex, value) => {
    expect(codec.decode(bytesOf(hex))).toEqual(value)
  })

  it('writes plain maps, however often it has seen their shape', () => {
    for (let turn = 0; turn < 100; turn++) {
      expect(Buffer.from(codec.encode({ a: 1, b: [2] })).toString('hex')).toBe('82a16101a1629102')
    }
  })

  it.each([
    ['undefined inside', { a: undefined }],
    ['a function', () => 1],
    ['an error', new Error('x')],
    ['a bigint of more than 64 bits', 2n ** 64n],
    ['a key __proto__', JSON.parse('{"__proto__":1}')],
    ['what contains itself', circular()],
    ['what is nested too deep', nested(MESSAGE_PACK_DEPTH_MAX + 1)],
  ])('refuses to encode %s', (_, value) => {
    expect(() => codec.encode(value)).toThrow(expect.objectContaining({ name: 'UsageError', code: 'invalid-value' }))
  })

  it.each([
    ['an array of 4 billion', 'ddffffffff', '4294967295 values promised, 0 bytes left'],
    ['a map of 4 billion', 'dfffffffff', '8589934590 values promised, 0 bytes left'],
    ['a text of 4 billion bytes', 'dbffffffff', 'unexpected end: 4294967295 bytes needed, 0 left'],
    ['a byte string that is cut off', 'c40501', 'unexpected end: 5 bytes needed, 1 left'],
    ['nothing', '', 'invalid MessagePack at offset 0: unexpected end: 1 bytes needed, 0 left'],
    ['the byte that means nothing', '91c1', 'at offset 1: unknown first byte 0xc1'],
    ['invalid UTF-8', 'a2fffe', 'at offset 1: invalid UTF-8 in a text of 2 bytes'],
    ['a key that is an array', '819001', 'at offset 1: a key that is neither text nor a whole number (0x90)'],
    ['a key __proto__', '81a95f5f70726f746f5f5f01', "at offset 2: key '__proto__'"],
    ['two values', '0102', 'at offset 1: 1 bytes behind the value'],
    ['a record', 'd4724091a16101', 'extension of type 114 with 1 bytes; only timestamps are taken'],
    ['a regular expression', 'c7037892a178a0', 'extension of type 120 with 3 bytes'],
  ])('refuses to decode %s', (_, hex, text) => {
    expect(() => codec.decode(bytesOf(hex))).toThrow(text)
    expect(() => codec.decode(bytesOf(hex))).toThrow(
      expect.objectContaining({ name: 'ProtocolError', code: 'invalid-message-pack' }),
    )
  })

  it('takes exactly as many levels as the limit says', () => {
    expect(codec.decode(codec.encode(nested(MESSAGE_PACK_DEPTH_MAX)))).toEqual(nested(MESSAGE_PACK_DEPTH_MAX))
    const deeper = Uint8Array.from([...Array(MESSAGE_PACK_DEPTH_MAX + 1).fill(0x91), 0xc0])
    expect(() => codec.decode(deeper)).toThrow(`nested deeper than the limit ${MESSAGE_PACK_DEPTH_MAX}`)
    expect(() => codec.decode(new Uint8Array(1_000_000).fill(0x91))).toThrow('nested deeper')
  })

  it('refuses what the library writes with its extensions on', () => {
    const records = new Packr({ useRecords: true }).pack([{ a: 1 }, { a: 2 }])
    expect(() => codec.decode(records)).toThrow(expect.objectContaining({ code: 'invalid-message-pack' }))
  })

  it('decodes byte strings as views of the message', () => {
    const message = codec.encode({ data: Uint8Array.from([1, 2, 3]) })
    const { data } = codec.decode(message) as { data: Uint8Array }
    expect(data.buffer).toBe(message.buffer)
  })
})

/** Dictionaries of fast-check may have no prototype; what was decoded always has one. */
function withoutPrototypes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPrototypes)
  if (value === null || typeof value !== 'object' || value instanceof Date || value instanceof Uint8Array) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutPrototypes(inner)]))
}

function circular(): unknown {
  const list: unknown[] = []
  list.push(list)
  return list
}

function nested(levels: number): unknown {
  let value: unknown = null
  for (let level = 0; level < levels; level++) value = [value]
  return value
}
