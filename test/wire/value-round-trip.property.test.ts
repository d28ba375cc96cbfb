import { deepStrictEqual } from 'node:assert'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ValueCodec } from '#src/wire/value-codec'
import { wireRegion } from '#src/wire/wire-region'
import { sendableValues } from './support/values.ts'

const messageBytesMax = 1 << 16
const region = wireRegion(new SharedArrayBuffer(messageBytesMax))
const sender = new ValueCodec({ messageBytesMax })
const receiver = new ValueCodec({ messageBytesMax })

test('every sendable value comes back equal', () => {
  fc.assert(
    fc.property(sendableValues, (value) => {
      deepStrictEqual(receiver.copyOf(value), value)
    }),
    { numRuns: 1_000 },
  )
})

test('argument lists of any length come back equal, at any aligned place in shared memory', () => {
  const lists = fc.array(sendableValues, { maxLength: 40 })
  fc.assert(
    fc.property(lists, fc.integer({ min: 0, max: 500 }), (list, place) => {
      const offset = place * 8
      const [a, b, ...rest] = list
      const length = sender.encode(list.length, a, b, rest, region, offset, messageBytesMax - offset)
      fc.pre(length !== -1)
      const count = receiver.decode(region, offset, length, sender.encoding)
      const got = [receiver.a, receiver.b, ...(receiver.rest ?? [])].slice(0, count)
      deepStrictEqual(got, list)
    }),
    { numRuns: 400 },
  )
})

test('a message takes exactly the bytes it says: with one less it answers -1, and touches nothing outside', () => {
  const whole = new Uint8Array(region.bytes.buffer)
  fc.assert(
    fc.property(fc.array(sendableValues, { minLength: 1, maxLength: 3 }), (list) => {
      const [a, b, ...rest] = list
      const length = sender.encode(list.length, a, b, rest, region, 8, messageBytesMax - 8)
      fc.pre(length > 0)
      for (const capacity of [length, length - 1, length >> 1, 4, 0]) {
        whole.fill(0xaa)
        const used = sender.encode(list.length, a, b, rest, region, 8, capacity)
        expect(used).toBe(capacity === length ? length : -1)
        expect(whole.subarray(0, 8).every((byte) => byte === 0xaa)).toBe(true)
        expect(whole.subarray(8 + capacity, 8 + length + 64).every((byte) => byte === 0xaa)).toBe(true)
      }
    }),
    { numRuns: 300 },
  )
})

test('what arrives shares no memory with the bytes it came from', () => {
  fc.assert(
    fc.property(sendableValues, (value) => {
      const length = sender.encode(1, value, undefined, undefined, region, 0, messageBytesMax)
      fc.pre(length !== -1)
      receiver.decode(region, 0, length, sender.encoding)
      region.bytes.fill(0x5a)
      deepStrictEqual(receiver.a, value)
    }),
    { numRuns: 300 },
  )
})
