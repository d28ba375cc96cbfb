import { describe, expect, it } from 'vitest'
import { framingNames, parseFramingOption, parseMaxBytesOption } from '#actors/cli/framing-option'
import { makeFraming } from '#actors/connection/framing-spec'

describe('--framing', () => {
  it.each([
    ['u32le', undefined, { kind: 'length-prefix', prefix: 'u32le' }],
    ['u16be', 9, { kind: 'length-prefix', prefix: 'u16be', messageBytesMax: 9 }],
    ['varint', 9, { kind: 'varint', messageBytesMax: 9 }],
    ['tlv', 9, { kind: 'tlv', payloadBytesMax: 9 }],
    ['packet', undefined, { kind: 'packet' }],
    ['line', 9, { kind: 'line', messageBytesMax: 9 }],
    ['none', undefined, { kind: 'none', messageBytesMax: 67_108_864 }],
    ['none', 9, { kind: 'none', messageBytesMax: 9 }],
  ])('%s with --max-bytes %s is a plain value', (name, max, choice) => {
    expect(parseFramingOption(name, max)).toEqual(choice)
  })

  it.each(framingNames.filter((name) => name !== 'none'))('%s can be made', (name) => {
    const choice = parseFramingOption(name, 100)
    expect(choice.kind !== 'none' && makeFraming(choice).heldBytes).toBe(0)
  })

  it('names what there is for what there is not', () => {
    const known = 'u32le, u32be, u16le, u16be, varint, tlv, packet, line, none'
    expect(() => parseFramingOption('u8')).toThrow(`--framing must be one of ${known}, got 'u8'`)
  })
})

describe('--max-bytes', () => {
  it.each([
    ['0', 0],
    ['65536', 65_536],
    ['64KiB', 65_536],
    ['1MiB', 1_048_576],
    ['4294967295', 0xffff_ffff],
  ])('%s is %i bytes', (text, bytes) => {
    expect(parseMaxBytesOption(text)).toBe(bytes)
  })

  it.each(['', '-1', '1.5', '1kB', '4GiB', '4294967296', 'many'])('refuses %j', (text) => {
    expect(() => parseMaxBytesOption(text)).toThrow(`KiB, MiB or GiB, got '${text}'`)
  })
})
