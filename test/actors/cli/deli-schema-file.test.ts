import { describe, expect, it } from 'vitest'
import { parseDeliSchema } from '#actors/cli/deli-schema-file'
import { jsonFormat } from '#actors/cli/message-format'
import { deli } from '#actors/codec/deli'
import { DeliCodec } from '#actors/codec/deli-codec'

const { i64, string, struct, taggedEnum, tuple, u8, u16, u32, unit, unitEnum, vec } = deli

describe('a schema file', () => {
  it.each([
    ['"u32"', u32],
    ['{ "vec": "u8" }', vec(u8)],
    ['{ "vec": { "vec": "string" } }', vec(vec(string))],
    ['{ "struct": { "id": "u16", "tags": { "vec": "string" } } }', struct({ id: u16, tags: vec(string) })],
    ['{ "struct": {} }', struct({})],
    ['{ "tuple": ["u8", "i64"] }', tuple(u8, i64)],
    ['{ "enum": ["Red", "Blue"] }', unitEnum('Red', 'Blue')],
    ['{ "enum": { "Text": "string", "None": "unit" } }', taggedEnum({ Text: string, None: unit })],
  ])('describes a type: %s', (text, schema) => {
    const { typeName, bytesMin, isFixed } = parseDeliSchema(text).schema
    expect({ typeName, bytesMin, isFixed }).toEqual({
      typeName: schema.typeName,
      bytesMin: schema.bytesMin,
      isFixed: schema.isFixed,
    })
  })

  it.each([
    ['{ "vec": "u8",\n }', 'schema at line 2, column 2: this is no JSON'],
    ['"u33"', "schema at $: there is no type 'u33'; there are bool, u8,"],
    ['"toString"', "schema at $: there is no type 'toString'"],
    ['7', 'schema at $: a type is a name or an object with one of vec, struct, tuple, enum, got 7'],
    ['null', 'schema at $: a type is a name or an object'],
    ['{}', 'got {}'],
    ['{ "vec": "u8", "tuple": [] }', 'schema at $: a type is a name or an object'],
    ['{ "struct": { "a": { "vec": "x" } } }', "schema at $.struct.a.vec: there is no type 'x'"],
    ['{ "struct": { "a b": 1 } }', 'schema at $.struct["a b"]: a type is a name'],
    ['{ "struct": ["u8"] }', 'schema at $.struct: it takes fields'],
    ['{ "vec": { "struct": { "7": "u8" } } }', "schema at $.vec: struct: '7' cannot be a name"],
    ['{ "struct": { "__proto__": "u8" } }', "'__proto__' cannot be a name"],
    ['{ "tuple": "u8" }', 'schema at $.tuple: a tuple is an array'],
    ['{ "tuple": ["u8", "y"] }', "schema at $.tuple[1]: there is no type 'y'"],
    ['{ "enum": [] }', 'schema at $: enum: needs at least one variant'],
    ['{ "enum": ["A", "A"] }', 'schema at $: enum: needs at least one variant and no name twice'],
    ['{ "enum": ["A", 1] }', 'schema at $.enum[1]: the name of a variant is a string'],
    ['{ "enum": "A" }', 'schema at $.enum: it takes names'],
    [`${'{"vec":'.repeat(70)}"u8"${'}'.repeat(70)}`, 'types may be nested 64 deep'],
  ])('names the place of a mistake: %s', (text, message) => {
    const error = expect.objectContaining({ code: 'invalid-schema', message: expect.stringContaining(message) })
    expect(() => parseDeliSchema(text)).toThrow(error)
  })
})

describe('a value of a described type', () => {
  it.each([
    ['"u64"', '18446744073709551615n', '"18446744073709551615"'],
    ['"i64"', '-5n', '"-5"'],
    ['"f64"', 'NaN', '"NaN"'],
    ['"f32"', '-Infinity', '"-Infinity"'],
    ['{ "vec": "u8" }', 'bytes', '"00ff"'],
    ['{ "vec": "i64" }', 'vector', '["1","2"]'],
    ['{ "struct": { "a": "u64", "b": { "vec": "u8" } } }', 'struct', '{"a":"1","b":"07"}'],
    ['{ "tuple": ["unit", "u64", "bool"] }', 'tuple', '[null,"3",true]'],
    ['{ "enum": ["Red", "Blue"] }', 'name', '"Blue"'],
    ['{ "enum": { "Big": "u64", "None": "unit" } }', 'variant', '{"kind":"Big","value":"9"}'],
    ['{ "enum": { "Big": "u64", "None": "unit" } }', 'variant without data', '{"kind":"None"}'],
  ])('of %s (%s) is written and read back as %s', (type, _what, json) => {
    const { schema, fromJson } = parseDeliSchema(type)
    const format = jsonFormat(new DeliCodec(schema), fromJson)
    expect(format.print(format.parse(json, 1))).toBe(json)
  })

  it('takes whole numbers for 64 bits and arrays for bytes too', () => {
    const { schema, fromJson } = parseDeliSchema('{ "struct": { "a": "u64", "b": { "vec": "u8" } } }')
    const format = jsonFormat(new DeliCodec(schema), fromJson)
    expect(format.print(format.parse('{"a": 12, "b": [1, 255]}', 1))).toBe('{"a":"12","b":"01ff"}')
  })

  it.each([
    ['"u64"', '1.5', 'line 3: deli: value: u64 takes bigints'],
    ['"u64"', '"1e3"', "got '1e3'"],
    ['{ "vec": "u8" }', '"0g"', 'Vec<u8> takes'],
    ['{ "vec": "u8" }', '[256]', 'Vec<u8> takes'],
    ['{ "struct": { "a": { "vec": "u8" } } }', '{"a": "0"}', 'line 3: deli: value.a: Vec<u8> takes'],
    ['{ "struct": { "a": "u8" } }', '[]', 'deli: value.a: u8 takes'],
    ['{ "tuple": ["u8", "u8"] }', '[1]', 'takes an array of 2'],
    ['{ "enum": { "A": "u8" } }', '{"kind": "B"}', "takes one of its variants, got 'B'"],
  ])('of %s cannot be %s, and the codec says why', (type, json, text) => {
    const { schema, fromJson } = parseDeliSchema(type)
    expect(() => jsonFormat(new DeliCodec(schema), fromJson).parse(json, 3)).toThrow(text)
  })
})
