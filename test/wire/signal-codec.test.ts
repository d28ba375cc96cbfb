import { expect, test } from 'vitest'
import { UsageError } from '#src/base/errors'
import { SignalCodec } from '#src/wire/signal-codec'
import { ValueCodec } from '#src/wire/value-codec'
import { wireRegion } from '#src/wire/wire-region'

const values = new ValueCodec({ messageBytesMax: 4_096 })
const codec = new SignalCodec(values)
const region = wireRegion(new SharedArrayBuffer(8_192))
const copyOf = (signal: { readonly kind: string }): unknown => {
  const length = codec.encode(signal, region, 64, 8_000)
  return codec.decode(region, 64, length)
}

test('a signal comes back equal, from a ring and from bytes of its own', () => {
  const signal = { kind: 'spawn', slot: 5, args: new Uint8Array([1, 2, 3]), options: { restart: 'transient' } }
  expect(copyOf(signal)).toStrictEqual(signal)
  expect(codec.decodeOwned(codec.encodeOwned(signal))).toStrictEqual(signal)
})

test('a signal that does not fit answers -1', () => {
  expect(codec.encode({ kind: 'down' }, region, 0, 8)).toBe(-1)
})

test('what was thrown gets through, whatever it was', () => {
  class Thrown {}
  const reason = (error: unknown): { kind: string; reason: unknown } => ({
    kind: 'down',
    reason: { kind: 'failure', error },
  })
  const error = new UsageError('some-code', 'text')
  expect(copyOf(reason(error))).toMatchObject(reason(error))
  expect(copyOf(reason(undefined))).toStrictEqual(reason(undefined))
  expect(copyOf(reason(new Thrown()))).toStrictEqual(reason('Thrown {}'))
  expect(copyOf(reason({ deep: [() => {}] }))).toStrictEqual(reason({ deep: ['[Function (anonymous)]'] }))
  expect(codec.decodeOwned(codec.encodeOwned(reason(new Thrown())))).toStrictEqual(reason('Thrown {}'))
})

test('what is too large is cut, but bytes and what stands beside them stay whole', () => {
  const large = new SignalCodec(new ValueCodec({ messageBytesMax: 1 << 16 }))
  const args = new Uint8Array(20_000).fill(3)
  const error = { text: 'x'.repeat(1 << 16) }
  const copy = large.decodeOwned(large.encodeOwned({ kind: 'down', args, error } as { kind: string }))
  expect(copy).toMatchObject({
    kind: 'down',
    args,
    error: { text: expect.stringMatching(/^x+… \(\d+ more characters\)$/) },
  })
  expect(() => codec.encodeOwned({ kind: 'spawn', args } as { kind: string })).toThrow('4096 bytes')
})

test.each([[null], ['text'], [[1]], [{ type: 'x' }], [{ kind: 1 }]])('%j is no signal', (value) => {
  const bytes = values.encodeOwned(1, value, undefined, undefined)
  expect(() => codec.decodeOwned(bytes)).toThrow(expect.objectContaining({ code: 'bad-encoding' }))
})
