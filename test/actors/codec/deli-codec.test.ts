import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { deli } from '#actors/codec/deli'
import { DeliCodec } from '#actors/codec/deli-codec'
import { DELI_EMPTY_ELEMENTS_MAX, DeliReader } from '#actors/codec/deli-reader'
import type { DeliSchema, Infer } from '#actors/codec/deli-schema'
import { describeCodecContract, onlyProtocolErrors } from '../../contract/codec.contract.ts'
import { typed } from './deli-arbitrary.ts'

const { bool, f32, i64, i8, string, struct, taggedEnum, tuple, u16, u32, u64, u8, unit, unitEnum, vec } = deli

const reading = struct({ id: u32, name: string, data: vec(u8), tags: vec(string) })
type Reading = Infer<typeof reading>
const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'))

for (const trailing of ['ignore', 'refuse'] as const) {
  describeCodecContract<Reading>({
    name: `DeliCodec with trailing '${trailing}'`,
    makeCodec: () => new DeliCodec(reading, { trailing }),
    values: fc.record(
      {
        id: fc.integer({ min: 0, max: 0xffff_ffff }),
        name: fc.string({ unit: 'binary', maxLength: 60 }),
        data: fc.uint8Array(),
        tags: fc.array(fc.string()),
      },
      { noNullPrototype: true },
    ),
    unencodable: { id: 1, name: 'x', data: new Uint8Array(1) },
    refusesTrailing: trailing === 'refuse',
  })
}

describe('DeliCodec, for schemas and values at random', () => {
  it('decodes what it encoded, in as many bytes as it said', () => {
    fc.assert(
      fc.property(
        typed.chain(({ schema, values }) => values.map((value) => ({ codec: new DeliCodec(schema), value }))),
        ({ codec, value }) => {
          const bytes = codec.encode(value)
          expect(codec.sizeOf(value)).toBe(bytes.length)
          expect(codec.decode(bytes)).toEqual(value)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('takes changed bytes for a value or refuses them, and takes no more memory than they justify', () => {
    const changed = typed.chain(({ schema, values }) =>
      fc.record({ schema: fc.constant(schema), value: values, place: fc.nat(), junk: fc.uint8Array({ maxLength: 8 }) }),
    )
    fc.assert(
      fc.property(changed, ({ schema, value, place, junk }) => {
        const codec = new DeliCodec(schema, { emptyElementsMax: 10 })
        const bytes = new DeliCodec(schema).encode(value)
        bytes.set(junk.subarray(0, bytes.length), place % (bytes.length - Math.min(junk.length, bytes.length) + 1))
        onlyProtocolErrors(() => expect(partsOf(codec.decode(bytes))).toBeLessThanOrEqual(partsMax(schema, bytes)))
        onlyProtocolErrors(() => codec.decode(bytes.subarray(0, place % (bytes.length + 1))))
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('DeliCodec', () => {
  it('infers the type of the values', () => {
    expectTypeOf<Reading>().toEqualTypeOf<{ id: number; name: string; data: Uint8Array; tags: string[] }>()
    const shape = taggedEnum({ Dot: unit, Pair: tuple(u8, i64), Box: struct({ isOpen: bool }) })
    expectTypeOf<Infer<typeof shape>>().toEqualTypeOf<
      { kind: 'Dot' } | { kind: 'Pair'; value: [number, bigint] } | { kind: 'Box'; value: { isOpen: boolean } }
    >()
    const color = unitEnum('Red', 'Green')
    expectTypeOf<Infer<typeof color>>().toEqualTypeOf<'Red' | 'Green'>()
  })

  it('decodes a byte vector as a view of the message', () => {
    const codec = new DeliCodec(reading)
    const message = Buffer.from(codec.encode({ id: 1, name: 'x', data: Uint8Array.from([1, 2]), tags: [] }))
    const { data } = codec.decode(message)
    expect(data.buffer).toBe(message.buffer)
    expect(Buffer.isBuffer(data)).toBe(false)
    message[data.byteOffset - message.byteOffset] = 9
    expect(data[0]).toBe(9)
  })

  it('reads values one after another', () => {
    const codec = new DeliCodec(u16)
    const reader = new DeliReader(bytesOf('ff010002000300'), 1)
    expect([codec.read(reader), codec.read(reader), codec.read(reader)]).toEqual([1, 2, 3])
    expect(reader.left).toBe(0)
  })

  it('writes 64-bit numbers beyond what a double holds', () => {
    const codec = new DeliCodec(u64)
    expect(codec.decode(codec.encode(2n ** 53n + 1n))).toBe(2n ** 53n + 1n)
  })

  it('writes fields in the order of the schema, whatever that of the value', () => {
    const codec = new DeliCodec(struct({ a: u8, b: u8 }))
    expect(codec.encode({ b: 2, a: 1 })).toEqual(Uint8Array.from([1, 2]))
  })

  it.each([
    [u8, 256, 'u8 takes whole numbers from 0 to 255, got 256'],
    [u8, '1', "u8 takes whole numbers from 0 to 255, got '1'"],
    [i8, -129, 'i8 takes whole numbers from -128 to 127, got -129'],
    [u32, 1.5, 'u32 takes whole numbers from 0 to 4294967295, got 1.5'],
    [u32, 1n, 'u32 takes whole numbers from 0 to 4294967295, got 1n'],
    [u64, 1, 'u64 takes bigints from 0 to 18446744073709551615, got 1'],
    [i64, 2n ** 63n, 'i64 takes bigints from -9223372036854775808 to 9223372036854775807, got 9223372036854775808n'],
    [f32, 1e39, 'f32 takes numbers up to 3.4028234663852886e38, got 1e+39'],
    [bool, 1, 'bool takes true or false, got 1'],
    [string, '\ud800', 'String takes text without lone surrogates'],
    [string, 5, 'String takes a string, got 5'],
    [vec(u8), [1, 2], 'Vec<u8> takes a Uint8Array, got [ 1, 2 ]'],
    [vec(u16), 'no', "Vec<u16> takes an array, got 'no'"],
    [tuple(u8, u8), [1], '(u8,u8) takes an array of 2, got [ 1 ]'],
    [struct({ a: u8 }), null, 'struct{a:u8} takes an object, got null'],
    [unitEnum('A', 'B'), 'C', "enum{A,B} takes one of its variants, got 'C'"],
    [taggedEnum({ A: u8 }), { kind: 'B' }, "enum{A} takes one of its variants, got 'B'"],
    [taggedEnum({ A: u8 }), 'A', "enum{A} takes an object with kind and value, got 'A'"],
  ] as [DeliSchema<any>, never, string][])('refuses to encode what is no $typeName: %#', (schema, value, text) => {
    expect(() => new DeliCodec(schema).encode(value)).toThrow(text)
    expect(() => new DeliCodec(schema).encodeInto(value, new Uint8Array(100))).toThrow(
      expect.objectContaining({ name: 'UsageError', code: 'invalid-value' }),
    )
  })

  it('names the path to the value that it refuses', () => {
    const codec = new DeliCodec(struct({ list: vec(taggedEnum({ Pair: tuple(u8, struct({ x: u8 })) })) }))
    const list = [{ kind: 'Pair' as const, value: [1, { x: 1 }] as [number, { x: number }] }]
    list.push({ kind: 'Pair', value: [2, { x: -1 }] })
    expect(() => codec.encode({ list })).toThrow(
      'deli: value.list[1].value[1].x: u8 takes whole numbers from 0 to 255, got -1',
    )
  })

  it.each([
    [bool, '02', 'invalid bool value: 2 at offset 0, must be 0 or 1'],
    [u32, '0102', 'unexpected end of buffer: u32 at offset 0 needs 4 bytes, 2 left'],
    [string, '0a0000006869', 'unexpected end of buffer: String at offset 4 needs 10 bytes, 2 left'],
    [string, '03000000eda080', 'invalid UTF-8 in string: 3 bytes at offset 4'],
    [unitEnum('A', 'B'), '63000000', 'invalid enum variant: 99 at offset 0, enum{A,B} has 2'],
    [vec(u8), 'ffffffff01', 'Vec<u8> at offset 4 needs 4294967295 bytes, 1 left'],
    [vec(u64), 'ffffffff01', 'Vec<u64> at offset 0 promises 4294967295 elements of at least 8 bytes, 1 bytes left'],
    [
      vec(struct({})),
      'ffffffff',
      'Vec<struct{}> at offset 0 has 4294967295 elements of 0 bytes, 65536 left of the limit 65536 for a message',
    ],
  ] as [DeliSchema<any>, string, string][])('says where and why it cannot decode: %#', (schema, hex, text) => {
    expect(() => new DeliCodec(schema).decode(bytesOf(hex))).toThrow(text)
  })

  it.each([
    ['empty structs', struct({})],
    ['empty tuples', tuple()],
    ['units', unit],
    ['structs of empty structs', struct({ a: struct({}), b: unit })],
  ])('counts vectors of %s against one limit for the whole message', (_, empty) => {
    const codec = new DeliCodec(vec(vec(empty as typeof unit)), { emptyElementsMax: 5 })
    const lists = (...counts: number[]) => counts.map((count) => Array.from({ length: count }, () => codecValue(empty)))
    expect(codec.decode(codec.encode(lists(2, 3)))).toEqual(lists(2, 3))
    expect(() => codec.encode(lists(2, 4))).toThrow('at most 3 more elements of 0 bytes in this message, got 4')
    const roomy = new DeliCodec(vec(vec(empty as typeof unit)))
    expect(() => codec.decode(roomy.encode(lists(2, 4)))).toThrow(
      expect.objectContaining({ code: 'too-many-elements' }),
    )
  })

  it('takes exactly as many empty elements as the limit says', () => {
    const codec = new DeliCodec(vec(unit))
    const count = Buffer.alloc(4)
    count.writeUInt32LE(DELI_EMPTY_ELEMENTS_MAX)
    expect(codec.decode(count)).toHaveLength(DELI_EMPTY_ELEMENTS_MAX)
    count.writeUInt32LE(DELI_EMPTY_ELEMENTS_MAX + 1)
    expect(() => codec.decode(count)).toThrow(expect.objectContaining({ code: 'too-many-elements' }))
  })

  it('says how many bytes stand behind the value where they are refused', () => {
    expect(() => new DeliCodec(u16, { trailing: 'refuse' }).decode(bytesOf('01000909'))).toThrow(
      '2 bytes behind the value, which ends at offset 2',
    )
  })

  it.each([
    [{ emptyElementsMax: -1 }, 'emptyElementsMax must be a whole number from 0 to 4294967295, got -1'],
    [{ trailing: 'maybe' }, "trailing must be 'ignore' or 'refuse', got 'maybe'"],
    [{ trailling: 'refuse' }, "no option 'trailling'; there are emptyElementsMax, trailing"],
  ])('refuses options %j', (options, text) => {
    expect(() => new DeliCodec(u8, options as object)).toThrow(text)
  })

  it.each([
    ['a field that JavaScript sorts', () => struct({ b: u8, 1: u8 })],
    ['a variant that JavaScript sorts', () => taggedEnum({ A: u8, 0: u8 })],
    ['an enum without variants', () => unitEnum()],
    ['a variant twice', () => unitEnum('A', 'A')],
  ])('refuses a schema with %s', (_, make) => {
    expect(make).toThrow(expect.objectContaining({ name: 'UsageError', code: 'invalid-schema' }))
  })
})

function codecValue(empty: { read(reader: DeliReader): unknown }): undefined {
  return empty.read(new DeliReader(new Uint8Array(0))) as undefined
}

/** Arrays, objects and leaves in a value; of a byte vector, which is a view, one. */
function partsOf(value: unknown): number {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return 1
  return Object.values(value).reduce((sum: number, inner) => sum + partsOf(inner), 1)
}

/** What a message may become: so many parts for each byte as the type has in its name, and as often for the empty elements. */
function partsMax(schema: { typeName: string }, bytes: Uint8Array): number {
  return (bytes.length + 11) * (schema.typeName.length + 1)
}
