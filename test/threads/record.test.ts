import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as record from '#src/threads/record'
import { readCorrelation, readTerms, termsBytes, writeTerms } from '#src/threads/record-terms'
import { wireRegion } from '#src/wire/wire-region'

const kinds = { TELL: 1, MESSAGE: 2, ANSWER: 3, REFUSAL: 4, ITEM: 5, SIGNAL: 6, FRAME: 7 }
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

describe('the word of a record', () => {
  test('holds kind, encoding and handler', () => {
    const handlers = fc.integer({ min: 0, max: 4_095 })
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(kinds)),
        fc.integer({ min: 0, max: 255 }),
        handlers,
        (kind, encoding, handler) => {
          const [word] = Int32Array.of(record.headerWord(kind, encoding, handler)) as unknown as [number]
          expect([record.kindOf(word), record.encodingOf(word), record.handlerOf(word)]).toEqual([
            kind,
            encoding,
            handler,
          ])
        },
      ),
    )
  })

  test('has the numbers that the reference page lists', () => {
    const { TELL, MESSAGE, ANSWER, REFUSAL, ITEM, SIGNAL, FRAME } = record
    expect({ TELL, MESSAGE, ANSWER, REFUSAL, ITEM, SIGNAL, FRAME }).toEqual(kinds)
    expect(record.headerWord(record.MESSAGE, 0x22, 7)).toBe(0x222007)
  })
})

describe('terms', () => {
  const numbers = fc.double({ noNaN: true })
  const terms = fc.record({
    correlation: fc.integer(),
    credit: fc.nat(),
    deadlineMs: numbers,
    expiresAtMs: numbers,
    chain: fc.array(fc.nat(), { maxLength: 16 }),
    key: fc.constant(undefined),
  })

  test('come back equal, take a multiple of 8 bytes and touch no others', () => {
    const region = wireRegion(new SharedArrayBuffer(256))
    fc.assert(
      fc.property(terms, fc.integer({ min: 1, max: 10 }), (given, place) => {
        region.bytes.fill(0xaa)
        const offset = place * 8
        const bytes = termsBytes(given)
        expect(bytes % 8).toBe(0)
        writeTerms(region, offset, given)
        expect([region.bytes[offset - 1], region.bytes[offset + bytes]]).toEqual([0xaa, 0xaa])
        expect(readTerms(region, offset)).toEqual({ ...given, hasKey: false })
        expect(readCorrelation(region, offset)).toBe(given.correlation)
      }),
    )
  })

  test('have these bytes', () => {
    const region = wireRegion(new ArrayBuffer(48))
    const given = { correlation: 9, credit: 64, deadlineMs: 5_000, expiresAtMs: Infinity, chain: [4, 5, 6], key: 'k' }
    writeTerms(region, 0, given)
    expect(hex(region.bytes)).toBe(
      '0900000040000000' +
        '000000000088b340' +
        '000000000000f07f' +
        '0300000001000000' +
        '0400000005000000' +
        '0600000000000000',
    )
  })
})
