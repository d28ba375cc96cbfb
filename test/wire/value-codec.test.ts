import { expect, test } from 'vitest'
import { ValueCodec } from '#src/wire/value-codec'
import { wireRegion } from '#src/wire/wire-region'

test('an argument list comes back from the place where it was written', () => {
  const codec = new ValueCodec({ messageBytesMax: 4_096 })
  const region = wireRegion(new SharedArrayBuffer(4_096))
  const length = codec.encode(3, { op: 'inc', at: 1.5 }, undefined, ['third'], region, 64, 1_024)
  expect(new ValueCodec({ messageBytesMax: 4_096 }).decode(region, 64, length, codec.encoding)).toBe(3)
  expect(codec.decode(region, 64, length, codec.encoding)).toBe(3)
  expect([codec.a, codec.b, codec.rest]).toEqual([{ op: 'inc', at: 1.5 }, undefined, ['third']])
})
