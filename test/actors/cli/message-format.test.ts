import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HexReader } from '#actors/cli/hex-text'
import { jsonText } from '#actors/cli/json-text'
import { hexFormat, jsonFormat, textFormat } from '#actors/cli/message-format'
import { JsonCodec } from '#actors/codec/json-codec'
import { MessagePackCodec } from '#actors/codec/message-pack-codec'

describe('messages as text', () => {
  it('are the line in UTF-8', () => {
    expect([...textFormat.parse('é!', 1)]).toEqual([0xc3, 0xa9, 0x21])
    expect(textFormat.print(Buffer.from('é!\\n'))).toBe('é!\\n')
  })

  it('stay on their line and do nothing to a terminal', () => {
    const bytes = Buffer.from('a\nb\u001b[2J\u009b\u202ec\u2028')
    expect(textFormat.print(bytes)).toBe('a\\u000ab\\u001b[2J\\u009b\\u202ec\\u2028')
    expect(textFormat.print(Uint8Array.of(0x61, 0xff))).toBe('a\ufffd')
  })
})

describe('messages as hexadecimal digits', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(hexFormat.parse(hexFormat.print(bytes), 1)).toEqual(bytes)
      }),
    )
  })

  it('take white space and both cases', () => {
    expect([...hexFormat.parse(' 0A fF\t0 1 ', 1)]).toEqual([10, 255, 1])
  })

  it.each([
    ['0g', "line 4, column 2: 'g' is no hexadecimal digit"],
    ['00 é', "line 4, column 4: '\\xc3' is no hexadecimal digit"],
    ['000', 'line 4, column 4: the last byte has only one digit'],
  ])('name line and column of what is wrong in %j', (line, message) => {
    expect(() => hexFormat.parse(line, 4)).toThrow(expect.objectContaining({ code: 'invalid-hex', message }))
  })

  it('may be cut anywhere', () => {
    const reader = new HexReader()
    const parts = ['0', '1', '', '\n2', '3 4', '5'].map((part) => [...reader.push(Buffer.from(part))])
    expect(parts.flat()).toEqual([0x01, 0x23, 0x45])
    expect(() => reader.end()).not.toThrow()
  })

  it('give what was complete before a fault', () => {
    const reader = new HexReader()
    expect([...reader.push(Buffer.from('01\n02x03'))]).toEqual([1, 2])
    expect(() => reader.push(Buffer.from('04'))).toThrow("line 2, column 3: 'x' is no hexadecimal digit")
    expect(() => reader.end()).toThrow('line 2, column 3')
  })
})

describe('messages as JSON', () => {
  it.each([new JsonCodec(), new MessagePackCodec()])('go through the codec $name both ways', (codec) => {
    const format = jsonFormat(codec)
    expect(format.print(format.parse(' {"a": [1, "é", null]} ', 1))).toBe('{"a":[1,"é",null]}')
  })

  it('name line and column of what is no JSON', () => {
    const message = 'line 7, column 5: this is no JSON value'
    const refused = expect.objectContaining({ code: 'invalid-line', message })
    expect(() => jsonFormat(new JsonCodec()).parse('[1, }', 7)).toThrow(refused)
  })

  it('write what JSON has no form for', () => {
    const value = { big: 2n ** 64n, bytes: Uint8Array.of(1, 255), nan: Number.NaN, none: undefined, at: new Date(0) }
    expect(jsonText(value)).toBe(
      '{"big":"18446744073709551616","bytes":"01ff","nan":"NaN","none":null,"at":"1970-01-01T00:00:00.000Z"}',
    )
    expect(jsonText(undefined)).toBe('null')
  })

  it('are one line of JSON whatever the text has in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (text) => {
        const line = jsonText(text)
        expect(JSON.parse(line)).toBe(text)
        expect(line).not.toMatch(/[\p{Cc}\u2028\u2029\u202e]/u)
      }),
    )
  })
})
