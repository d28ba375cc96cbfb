import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { deli } from '#actors/codec/deli'
import { DeliCodec } from '#actors/codec/deli-codec'
import { DeliReader } from '#actors/codec/deli-reader'
import type { DeliSchema } from '#actors/codec/deli-schema'
import { onlyProtocolErrors } from '../../contract/codec.contract.ts'

interface Vector {
  readonly kind: 'encode' | 'decode'
  readonly type: string
  readonly value?: string
  readonly hex: string
  readonly result?: string
  readonly pos_after?: number
}

const vectors: readonly Vector[] = readJson('deli.json').vectors
const tlv: readonly { message: string; frame_hex: string }[] = readJson('mycelium.json').tlv

const { bool, f32, f64, i32, i64, i8, string, struct, taggedEnum, tuple, u16, u32, u64, u8, unit, unitEnum, vec } = deli
const color = unitEnum('Red', 'Green', 'Blue')
const value = taggedEnum({ Int: i64, Float: f64, Text: string, Nothing: unit })
const multi = taggedEnum({ A: tuple(u8, string, bool), B: struct({ a: u16, b: vec(u32) }) })

/** What the texts of the vectors mean: `type value` to schema and value. */
const meanings: Readonly<Record<string, readonly [DeliSchema<any>, unknown]>> = {
  'bool true': [bool, true],
  'u16 0x0102': [u16, 0x0102],
  'u32 1000000': [u32, 1_000_000],
  'u32 u32::MAX': [u32, 0xffff_ffff],
  'i8 -1': [i8, -1],
  'i32 i32::MIN': [i32, -0x8000_0000],
  'i64 i64::MIN': [i64, -(2n ** 63n)],
  'i64 -42': [i64, -42n],
  'f32 1.5': [f32, 1.5],
  'f32 -3.14': [f32, Math.fround(-3.14)],
  'f32 NaN': [f32, Number.NaN],
  'f32 inf': [f32, Number.POSITIVE_INFINITY],
  'f32 -0.0': [f32, -0],
  'f64 3.14': [f64, 3.14],
  'f64 NaN': [f64, Number.NaN],
  'f64 -inf': [f64, Number.NEGATIVE_INFINITY],
  'String ': [string, ''],
  'String hi': [string, 'hi'],
  'String emoji U+1F600': [string, '\u{1f600}'],
  'Vec<u8> []': [vec(u8), new Uint8Array(0)],
  'Vec<u8> [10,20,30]': [vec(u8), Uint8Array.from([10, 20, 30])],
  'Vec<u32> [100,200,300]': [vec(u32), [100, 200, 300]],
  'Vec<Vec<f32>> [[1.0],[],[2.0,3.0]]': [vec(vec(f32)), [[1], [], [2, 3]]],
  'Vec<bool> [true,false,true]': [vec(bool), [true, false, true]],
  'struct Empty ': [struct({}), {}],
  'struct Named{id:u32,label:String,active:bool} {42,hello,true}': [
    struct({ id: u32, label: string, active: bool }),
    { id: 42, label: 'hello', active: true },
  ],
  'struct Tup(u8,u16,i64) (1,2,-3)': [tuple(u8, u16, i64), [1, 2, -3n]],
  'enum Color{Red,Green,Blue} Red': [color, 'Red'],
  'enum Color{Red,Green,Blue} Green': [color, 'Green'],
  'enum Color{Red,Green,Blue} Blue': [color, 'Blue'],
  'enum Value{Int(i64),Float(f64),Text(String),Nothing} Int(-42)': [value, { kind: 'Int', value: -42n }],
  'enum Value{..} Float(2.5)': [value, { kind: 'Float', value: 2.5 }],
  'enum Value{..} Text(hello world)': [value, { kind: 'Text', value: 'hello world' }],
  'enum Value{..} Nothing': [value, { kind: 'Nothing' }],
  'enum Multi{A(u8,String,bool),B{a:u16,b:Vec<u32>}} A(7,"x",true)': [multi, { kind: 'A', value: [7, 'x', true] }],
  'enum Multi{..} B{a:513,b:[1,2]}': [multi, { kind: 'B', value: { a: 513, b: [1, 2] } }],
  'struct Frame{width:u32,height:u32,data:Vec<u8>} {2,1,[1,2,3,4,5,6]}': [
    struct({ width: u32, height: u32, data: vec(u8) }),
    { width: 2, height: 1, data: Uint8Array.from([1, 2, 3, 4, 5, 6]) },
  ],
  'enum Disc{A=5,B=9} (explicit discriminants are IGNORED; ordinal used) B': [unitEnum('A', 'B'), 'B'],
  'struct TwoF (attribute + doc comment on fields) {1,2}': [struct({ a: u8, b: u8 }), { a: 1, b: 2 }],
}

const decoded: Readonly<Record<string, DeliSchema<any>>> = {
  bool,
  u32,
  String: string,
  'enum Color': color,
  'u32 with trailing bytes (ignored by from_bytes)': u32,
}

/** How upstream names its refusals, and how we do. */
const refusals: Readonly<Record<string, string>> = {
  'Err(InvalidBool(2))': 'invalid-bool',
  'Err(UnexpectedEof)': 'unexpected-end',
  'Err(InvalidUtf8)': 'invalid-utf8',
  'Err(InvalidVariant(99))': 'invalid-variant',
}

describe('the deli codec, against vectors of the real one', () => {
  const written = vectors.filter(({ kind }) => kind === 'encode')
  const read = vectors.filter(({ kind }) => kind === 'decode')

  it.each(written)('writes and reads $type $value as $hex', ({ type, value: text, hex }) => {
    const [schema, meant] = meanings[`${type} ${text}`]!
    const codec = new DeliCodec<unknown>(schema)
    expect(hexOf(codec.encode(meant))).toBe(hex)
    expect(codec.sizeOf(meant)).toBe(hex.length / 2)
    expect(codec.decode(bytesOf(hex))).toEqual(meant)
  })

  it.each(read)('reads $hex as $type: $result, and stands at $pos_after', ({ type, hex, result, pos_after }) => {
    const codec = new DeliCodec<unknown>(decoded[type]!)
    const reader = new DeliReader(bytesOf(hex))
    if (result === 'Ok(1)') expect(codec.read(reader)).toBe(1)
    else expect(() => codec.read(reader)).toThrow(expect.objectContaining({ code: refusals[result!] }))
    expect(reader.offset).toBe(pos_after)
  })

  it('survives every vector cut anywhere and with every byte changed', () => {
    for (const { type, value: text, hex } of written) {
      const codec = new DeliCodec<unknown>(meanings[`${type} ${text}`]![0])
      const bytes = bytesOf(hex)
      for (const [place, byte] of bytes.entries()) {
        expect(() => codec.decode(bytes.subarray(0, place))).toThrow(expect.objectContaining({ name: 'ProtocolError' }))
        for (let other = 0; other < 256; other++) {
          bytes[place] = other
          onlyProtocolErrors(() => codec.decode(bytes))
        }
        bytes[place] = byte
      }
    }
  })
})

describe('the deli codec, against payloads of Mycelium', () => {
  const counter = new DeliCodec(struct({ counterId: u64, value: i32, delta: i32 }), { trailing: 'refuse' })
  const trade = new DeliCodec(struct({ price: u64, size: u64 }), { trailing: 'refuse' })

  it.each([
    ['CounterUpdate(counter_id=42', counter, { counterId: 42n, value: 100, delta: 5 }],
    ['CounterUpdate(counter_id=2^64-1', counter, { counterId: 2n ** 64n - 1n, value: -1, delta: -(2 ** 31) }],
    ['raw type 1200', trade, { price: 101_500n, size: 2_500n }],
  ] as [string, DeliCodec<unknown>, unknown][])('writes and reads %s…', (name, codec, meant) => {
    const payload = tlv.find(({ message }) => message.startsWith(name))!.frame_hex.slice(12)
    expect(hexOf(codec.encode(meant))).toBe(payload)
    expect(codec.decode(bytesOf(payload))).toEqual(meant)
  })
})

function readJson(file: string): any {
  return JSON.parse(readFileSync(new URL(`./vectors/${file}`, import.meta.url), 'utf8'))
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'))
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
