import { expect, test } from 'vitest'
import { CapacityError } from '#src/base/errors'
import type { ForeignReader, ForeignValues, ForeignWriter } from '#src/wire/foreign-values'
import { ValueCodec } from '#src/wire/value-codec'
import { wireRegion } from '#src/wire/wire-region'

class Ref {
  readonly slot: number
  readonly definition: string
  readonly extra: unknown
  constructor(slot: number, definition: string, extra?: unknown) {
    this.slot = slot
    this.definition = definition
    this.extra = extra
  }
}

class Refs implements ForeignValues {
  listed: Ref[] = []
  begin(): void {
    this.listed = []
  }
  isForeign(value: object): boolean {
    return value instanceof Ref
  }
  encode(value: Ref, writer: ForeignWriter): void {
    this.listed.push(value)
    writer.byte(1)
    writer.int32(value.slot)
    writer.float64(value.slot + 0.5)
    writer.name(value.definition)
    writer.text(value.definition)
    writer.value(value.extra)
  }
  decode(reader: ForeignReader): Ref {
    expect(reader.byte()).toBe(1)
    const slot = reader.int32()
    expect(reader.float64()).toBe(slot + 0.5)
    const name = reader.name()
    expect(reader.text()).toBe(name)
    return new Ref(slot, name, reader.value())
  }
}

test('a foreign value is written and made by the adapter, wherever it stands', () => {
  const codec = new ValueCodec({ messageBytesMax: 4_096, foreign: new Refs() })
  const ref = new Ref(-7, 'file:///actors/counter.js#Counter', { nested: [new Ref(2, 'x')] })
  expect(codec.copyOf({ to: ref, map: new Map([[ref, 1]]) })).toStrictEqual({ to: ref, map: new Map([[ref, 1]]) })
})

test('a foreign value that a message holds twice is written once and stays one', () => {
  const foreign = new Refs()
  const codec = new ValueCodec({ messageBytesMax: 4_096, foreign })
  const ref = new Ref(1, 'a')
  const [first, second] = codec.copyOf([ref, ref]) as Ref[]
  expect(first).toBe(second)
  expect(foreign.listed).toEqual([ref])
})

test('what an adapter listed is what the last attempt to encode wrote', () => {
  const foreign = new Refs()
  const codec = new ValueCodec({ messageBytesMax: 1 << 16, foreign })
  const refs = Array.from({ length: 500 }, (_, i) => new Ref(i, 'a'))
  codec.encodeOwned(1, refs, undefined, undefined)
  expect(foreign.listed).toEqual(refs)
  const region = wireRegion(new ArrayBuffer(64))
  expect(codec.encode(1, refs, undefined, undefined, region, 0, 64)).toBe(-1)
  codec.encode(1, [refs[3]], undefined, undefined, region, 0, 64)
  expect(foreign.listed).toEqual([refs[3]])
})

test('a name costs its bytes once a message', () => {
  const codec = new ValueCodec({
    messageBytesMax: 1 << 16,
    foreign: new (class extends Refs {
      override encode(value: Ref, writer: ForeignWriter): void {
        writer.name(value.definition)
      }
    })(),
  })
  const definition = 'file:///some/long/place/of/an/actor/module.js#Actor'
  const size = (count: number): number =>
    codec.sizeOf(
      1,
      Array.from({ length: count }, (_, i) => new Ref(i, definition)),
      undefined,
      undefined,
    )
  expect(size(11) - size(1)).toBeLessThanOrEqual(10 * 3)
})

test('names without number come through, known or not', () => {
  const codec = new ValueCodec({ messageBytesMax: 1 << 20, foreign: new Refs() })
  for (let i = 0; i < 3_000; i++) expect((codec.copyOf(new Ref(i, `name${i}`)) as Ref).definition).toBe(`name${i}`)
  const long = 'n'.repeat(5_000)
  expect((codec.copyOf(new Ref(1, long)) as Ref).definition).toBe(long)
})

test.each([
  [
    'of its own kind reaches the sender as it is',
    new CapacityError('arena-full', 'no slot is free'),
    'no slot is free',
  ],
  [
    'of any other kind is its cause',
    new RangeError('not yours'),
    'the message: reading it threw: RangeError: not yours',
  ],
])('an error that the adapter throws %s', (_, thrown, message) => {
  const foreign = new Refs()
  foreign.encode = () => {
    throw thrown
  }
  const codec = new ValueCodec({ messageBytesMax: 4_096, foreign })
  const name = thrown instanceof CapacityError ? 'CapacityError' : 'UsageError'
  expect(() => codec.copyOf(new Ref(1, 'a'))).toThrow(expect.objectContaining({ name, message }))
})

test('an error that the adapter throws while it reads is bad-encoding, with its cause', () => {
  const foreign = new Refs()
  const cause = new TypeError('no such actor')
  foreign.decode = () => {
    throw cause
  }
  const codec = new ValueCodec({ messageBytesMax: 4_096, foreign })
  expect(() => codec.copyOf(new Ref(1, 'a'))).toThrow(expect.objectContaining({ code: 'bad-encoding', cause }))
})
