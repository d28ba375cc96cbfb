import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as record from '#src/wire/record'
import { isCorrelated, laneOfKind, RECORD_KINDS, recordKindName } from '#src/wire/record-kinds'
import { CHAIN_MAX, DELIVERY_MAX, EXTENSION_BYTES } from '#src/wire/record-layout'
import { wireRegion } from '#src/wire/wire-region'

const kinds = Object.entries(RECORD_KINDS)

test('a word holds kind, encoding and handler', () => {
  const bytes = fc.integer({ min: 0, max: 255 })
  fc.assert(
    fc.property(
      fc.constantFrom(...kinds),
      bytes,
      fc.integer({ min: 0, max: 0xffff }),
      ([, kind], encoding, handler) => {
        for (const pack of [record.packWord, record.packExtendedWord]) {
          const [word] = Int32Array.of(pack(kind, encoding, handler))
          expect(record.kindOf(word!)).toBe(kind)
          expect(record.encodingOf(word!)).toBe(encoding)
          expect(record.handlerOf(word!)).toBe(handler)
          expect(record.isExtended(word!)).toBe(pack === record.packExtendedWord)
        }
      },
    ),
  )
})

describe('kinds of records', () => {
  test('are numbers of 7 bits, each used once, with their names', () => {
    expect(new Set(Object.values(RECORD_KINDS)).size).toBe(kinds.length)
    for (const [name, kind] of kinds) {
      expect(kind > 0 && kind < 128).toBe(true)
      expect(recordKindName(kind)).toBe(name)
    }
    expect([recordKindName(0), recordKindName(127), recordKindName(500)]).toEqual([undefined, undefined, undefined])
  })

  test('that users send at will take the lane of users, all others the reserved one', () => {
    const user = kinds.filter(([, kind]) => laneOfKind(kind) === 'user').map(([name]) => name)
    expect(user).toEqual(['tell', 'ask', 'largeTell', 'largeAsk', 'broadcast', 'streamOpen', 'publish'])
  })

  test('that belong to an ask or a stream carry its correlation', () => {
    const names = kinds.filter(([, kind]) => isCorrelated(kind)).map(([name]) => name)
    expect(names).toEqual(
      ['reply', 'replyError', 'cancel', 'largeReply'].concat([
        'streamCredit',
        'streamItem',
        'streamEnd',
        'streamError',
        'streamCancel',
      ]),
    )
  })
})

describe('an extension', () => {
  const extensions = fc.record({
    deadlineMs: fc.double({ noNaN: true }),
    expiresAtMs: fc.double({ noNaN: true }),
    correlation: fc.integer(),
    askerSeat: fc.integer({ min: -1, max: 255 }),
    askerSlot: fc.integer({ min: -1 }),
    delivery: fc.integer({ min: 0, max: DELIVERY_MAX }),
    flags: fc.integer({ min: 0, max: 255 }),
  })
  const chains = fc.array(fc.integer(), { maxLength: CHAIN_MAX })

  test('comes back equal, takes a multiple of 8 bytes and touches no other', () => {
    const region = wireRegion(new SharedArrayBuffer(256))
    fc.assert(
      fc.property(extensions, chains, fc.integer({ min: 0, max: 10 }), (extension, chain, place) => {
        region.bytes.fill(0xaa)
        const offset = place * 8
        const length = record.writeExtension(region, offset, extension, chain)
        expect(length).toBe(record.extensionBytes(chain.length))
        expect(length % 8).toBe(0)
        expect(region.bytes[offset - 1] ?? 0xaa).toBe(0xaa)
        expect(region.bytes[offset + length]).toBe(0xaa)
        if (chain.length % 2 === 1) expect(region.words[(offset + length - 4) >> 2]).toBe(0)
        const back = record.emptyExtension()
        expect(record.readExtension(region, offset, length, back)).toBe(length)
        expect(back).toEqual(extension)
        expect(record.readChain(region, offset)).toEqual(chain)
      }),
    )
  })

  test('that lies beyond its record, or has too long a chain, is not read', () => {
    const region = wireRegion(new ArrayBuffer(256))
    const length = record.writeExtension(region, 0, record.emptyExtension(), [1, 2, 3])
    const into = record.emptyExtension()
    expect(record.readExtension(region, 0, EXTENSION_BYTES - 8, into)).toBe(-1)
    expect(record.readExtension(region, 0, length - 8, into)).toBe(-1)
    region.bytes[30] = CHAIN_MAX + 1
    expect(record.readExtension(region, 0, 256, into)).toBe(-1)
  })

  test('counts deliveries up to a limit and keeps that', () => {
    const region = wireRegion(new ArrayBuffer(64))
    record.writeExtension(region, 0, { ...record.emptyExtension(), delivery: 1_000_000 }, [])
    const into = record.emptyExtension()
    record.readExtension(region, 0, 64, into)
    expect(into.delivery).toBe(DELIVERY_MAX)
  })

  test('refuses a chain longer than a chain may be', () => {
    const chain = Array.from({ length: CHAIN_MAX + 1 }, (_, i) => i)
    const region = wireRegion(new ArrayBuffer(256))
    expect(() => record.writeExtension(region, 0, record.emptyExtension(), chain)).toThrow('16 actors at most')
  })
})
