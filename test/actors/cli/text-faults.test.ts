import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonFaultAt, utf8FaultAt } from '#actors/cli/text-faults'

describe('the place of a fault in JSON', () => {
  it.each([
    ['', 0],
    ['{"a": 1,}', 8],
    ['{"a" 1}', 5],
    ['{a: 1}', 1],
    ['[1, 2', 5],
    ['[1 2]', 3],
    ['[1, ]', 4],
    ['{}}', 2],
    ['01', 1],
    ['1.', 1],
    ['nul', 0],
    ['"a\\x"', 2],
    ['"open', 5],
    ['"line\nend"', 5],
    ['[}', 1],
  ])('of %j is %i', (text, index) => {
    expect(jsonFaultAt(text)).toBe(index)
  })

  it('is nowhere in what the engine takes, and somewhere in what it does not', () => {
    const signs = Array.from('{}[],:" \\')
    const tokens = fc.array(fc.constantFrom(...signs, '"a"', '"\\n"', '-1.5e3', '0', 'true', 'null', '"k":'))
    const damaged = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '}', '"', '0'))
      .map(([json, at, put]) => json.slice(0, at % (json.length + 1)) + put + json.slice((at % (json.length + 1)) + 1))
    const texts = fc.oneof(
      fc.json(),
      tokens.map((parts) => parts.join('')),
      damaged,
      fc.string(),
    )
    fc.assert(
      fc.property(texts, (text) => {
        expect(jsonFaultAt(text) === undefined).toBe(isJson(text))
      }),
      { numRuns: 2_000 },
    )
  })

  it('is found whatever the depth', () => {
    expect(jsonFaultAt('['.repeat(200_000))).toBe(200_000)
  })
})

describe('the place of a fault in UTF-8', () => {
  it('is the first byte that cannot stand there', () => {
    expect(utf8FaultAt(Uint8Array.of(0x61, 0xff))).toBe(1)
    expect(utf8FaultAt(Buffer.from('é\ufffdü\u{1f600}'))).toBeUndefined()
    expect(utf8FaultAt(Buffer.concat([Buffer.from('é\ufffd'), Buffer.of(0xe2, 0x82)]))).toBe(5)
  })

  it('is nowhere in whatever was encoded, and before the rest where a byte is put in that UTF-8 never has', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 20 }),
        fc.string({ unit: 'binary', maxLength: 20 }),
        (before, after) => {
          const valid = Buffer.from(before)
          expect(utf8FaultAt(valid)).toBeUndefined()
          expect(utf8FaultAt(Buffer.concat([valid, Buffer.of(0xff), Buffer.from(after)]))).toBe(valid.length)
        },
      ),
    )
  })
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
