import { describe, expect, test } from 'vitest'
import { COUNT_MANY, ENCODING_NUMBERS, ENCODING_VALUES, ValueCodec } from '#src/wire/value-codec'
import { type WireRegion, wireRegion } from '#src/wire/wire-region'

const messageBytesMax = 4_096
const makeCodec = (): ValueCodec => new ValueCodec({ messageBytesMax })
const makeRegion = (): WireRegion => wireRegion(new SharedArrayBuffer(8_192))
const failure = (action: () => unknown): unknown => {
  try {
    action()
  } catch (error) {
    return error
  }
  return undefined
}

describe('argument lists', () => {
  test('take no byte without arguments', () => {
    const codec = makeCodec()
    expect(codec.encode(0, undefined, undefined, undefined, makeRegion(), 0, 0)).toBe(0)
    expect(codec.decode(makeRegion(), 0, 0, codec.encoding)).toBe(0)
  })

  test.each([
    ['one number', [1.5], ENCODING_NUMBERS | 1, 8],
    ['two numbers', [-0, Number.NaN], ENCODING_NUMBERS | 2, 16],
    ['three numbers', [1, 2, 3], ENCODING_VALUES | 3, 7],
    ['a number and something else', [1, 'x'], ENCODING_VALUES | 2, 7],
    ['undefined', [undefined], ENCODING_VALUES | 1, 5],
  ])('of %s come back equal, in their own encoding', (_, list, encoding, length) => {
    const codec = makeCodec()
    const region = makeRegion()
    const [a, b, ...rest] = list as unknown[]
    expect(codec.encode(list.length, a, b, rest, region, 16, 64)).toBe(length)
    expect(codec.encoding).toBe(encoding)
    expect(codec.decode(region, 16, length, encoding)).toBe(list.length)
    expect([codec.a, codec.b, ...(codec.rest ?? [])].slice(0, list.length)).toStrictEqual(list)
  })

  test.each([30, 31, 32, 100])('of %i arguments come back whole', (count) => {
    const codec = makeCodec()
    const region = makeRegion()
    const rest = Array.from({ length: count - 2 }, (_, i) => i + 2)
    const length = codec.encode(count, 'a', 'b', rest, region, 0, messageBytesMax)
    expect(codec.encoding).toBe(Math.min(count, COUNT_MANY))
    expect(codec.decode(region, 0, length, codec.encoding)).toBe(count)
    expect([codec.a, codec.b, ...(codec.rest ?? [])]).toEqual(['a', 'b', ...rest])
  })

  test('that were decoded are forgotten by release and by the next message', () => {
    const codec = makeCodec()
    const region = makeRegion()
    const length = codec.encode(3, {}, {}, [{}], region, 0, 64)
    const { encoding } = codec
    codec.decode(region, 0, length, encoding)
    codec.release()
    expect([codec.a, codec.b, codec.rest]).toEqual([undefined, undefined, undefined])
    codec.decode(region, 0, length, encoding)
    codec.decode(region, 0, 0, 0)
    expect([codec.a, codec.b, codec.rest]).toEqual([undefined, undefined, undefined])
  })

  test.each([
    ['numbers in too few bytes', 8, ENCODING_NUMBERS | 2],
    ['no numbers', 0, ENCODING_NUMBERS],
    ['three numbers', 24, ENCODING_NUMBERS | 3],
    ['bytes without arguments', 8, ENCODING_VALUES],
    ['a mode that does not exist', 8, 0x41],
  ])('cannot be %s', (_, length, encoding) => {
    const error = failure(() => makeCodec().decode(makeRegion(), 0, length, encoding))
    expect(error).toMatchObject({ name: 'ProtocolError', code: 'bad-encoding' })
  })
})

describe('limits', () => {
  test('a message that does not fit the space answers -1, also when it is numbers', () => {
    const codec = makeCodec()
    expect(codec.encode(2, 1, 2, undefined, makeRegion(), 0, 15)).toBe(-1)
    expect(codec.encode(1, 'x'.repeat(100), undefined, undefined, makeRegion(), 0, 100)).toBe(-1)
    expect(codec.encode(1, new Uint8Array(100), undefined, undefined, makeRegion(), 0, 100)).toBe(-1)
  })

  test('a message over messageBytesMax is refused, naming its length and the limit', () => {
    const codec = makeCodec()
    const error = failure(() => codec.encode(1, 'x'.repeat(5_000), 1, undefined, makeRegion(), 0, 8_000))
    const message = 'a message may have 4096 bytes, this one has 5007'
    expect(error).toMatchObject({ name: 'CapacityError', code: 'message-too-large', message })
    expect(failure(() => codec.copyOf(new Uint8Array(5_000)))).toMatchObject({ code: 'message-too-large' })
    expect(failure(() => codec.encodeOwned(1, 'x'.repeat(5_000), 1, undefined))).toMatchObject({
      name: 'CapacityError',
    })
  })

  test('a message as long as messageBytesMax is taken', () => {
    const codec = makeCodec()
    const text = 'x'.repeat(messageBytesMax - 4 - 1 - 2)
    expect(codec.encode(1, text, undefined, undefined, makeRegion(), 0, 8_192)).toBe(messageBytesMax)
    expect(codec.copyOf(text)).toBe(text)
  })

  test('a message far too large to be measured is refused too', () => {
    const error = failure(() => makeCodec().copyOf(new Uint8Array(1 << 24)))
    expect(error).toMatchObject({ code: 'message-too-large', message: expect.stringContaining('more than 16777216') })
  })
})

describe('bytes of their own', () => {
  test('carry an argument list, to be decoded by any codec, from anywhere', () => {
    const codec = makeCodec()
    const owned = codec.encodeOwned(3, { id: 7 }, [1n], ['third'])
    const elsewhere = new Uint8Array(owned.length + 3).subarray(3)
    elsewhere.set(owned)
    const other = makeCodec()
    expect(other.decodeOwned(elsewhere, codec.encoding)).toBe(3)
    expect([other.a, other.b, other.rest]).toEqual([{ id: 7 }, [1n], ['third']])
  })

  test('may be larger than the scratch memory that makes them', () => {
    const codec = new ValueCodec({ messageBytesMax: 1 << 23 })
    const bytes = new Uint8Array(3 << 20).fill(7)
    const owned = codec.encodeOwned(1, bytes, undefined, undefined)
    expect(codec.decodeOwned(owned, codec.encoding)).toBe(1)
    expect(Buffer.compare(codec.a as Uint8Array, bytes)).toBe(0)
    expect(codec.sizeOf(1, bytes, undefined, undefined)).toBe(owned.length)
    expect(codec.copyOf('small again')).toBe('small again')
  })

  test('are measured by sizeOf', () => {
    const codec = makeCodec()
    expect(codec.sizeOf(1, 5, undefined, undefined)).toBe(8)
    expect(codec.sizeOf(2, 'abc', null, undefined)).toBe(codec.encodeOwned(2, 'abc', null, undefined).length)
  })
})

test('any codec reads any record of a ring, though it has seen none of those before', () => {
  const region = makeRegion()
  const sender = makeCodec()
  const messages = Array.from({ length: 60 }, (_, i) => ({ op: 'inc', seq: i, [`key${i % 3}`]: { nested: [i] } }))
  const records: { offset: number; length: number }[] = []
  let offset = 0
  for (const message of messages) {
    const length = sender.encode(1, message, undefined, undefined, region, offset, 8_192 - offset)
    records.push({ offset, length })
    offset += (length + 7) & -8
  }
  for (const [index, record] of records.entries()) {
    const successor = makeCodec()
    successor.decode(region, record.offset, record.length, ENCODING_VALUES | 1)
    expect(successor.a).toEqual(messages[index])
  }
})

test('a getter that sends with the same codec is refused, and the codec works on', () => {
  const codec = makeCodec()
  const reentrant = {
    get trap() {
      return codec.copyOf({})
    },
  }
  expect(failure(() => codec.copyOf(reentrant))).toMatchObject({ code: 'not-sendable' })
  expect(codec.copyOf({ ok: true })).toEqual({ ok: true })
})

test('values of one message stay one object where they were one, cycles included', () => {
  const shared = { s: 1 }
  const list: unknown[] = [shared, shared, new Map([['k', shared]]), new Set([shared])]
  list.push(list)
  const copy = makeCodec().copyOf(list) as unknown[]
  expect(copy[1]).toBe(copy[0])
  expect((copy[2] as Map<string, unknown>).get('k')).toBe(copy[0])
  expect((copy[3] as Set<unknown>).has(copy[0])).toBe(true)
  expect(copy[4]).toBe(copy)
})

test('identity holds across arguments and among hundreds of objects of every kind', () => {
  const objects: object[] = []
  for (let i = 0; i < 50; i++) {
    objects.push({ i }, [i], new Map([[i, i]]), new Set([i]), new Date(i), /x/g, new Uint8Array(2))
    objects.push(Buffer.from('b'), new ArrayBuffer(2), new Error('e'), Object.create(null))
  }
  const codec = new ValueCodec({ messageBytesMax: 1 << 20 })
  const region = wireRegion(new ArrayBuffer(1 << 20))
  const length = codec.encode(2, objects, objects.toReversed(), undefined, region, 0, 1 << 20)
  codec.decode(region, 0, length, codec.encoding)
  const [first, second] = [codec.a as object[], codec.b as object[]]
  expect(first.length).toBe(objects.length)
  expect(second.toReversed().every((object, index) => object === first[index])).toBe(true)
  expect(new Set(first).size).toBe(objects.length)
})

test('nothing of a message is kept once it was encoded', async () => {
  const codec = makeCodec()
  const collected: string[] = []
  const registry = new FinalizationRegistry<string>((name) => collected.push(name))
  const send = (name: string): void => {
    const message = { name, inner: { list: Array.from({ length: 100 }, () => ({})) } }
    registry.register(message, name)
    codec.copyOf(message)
  }
  send('first')
  const { setFlagsFromString } = await import('node:v8')
  const { runInNewContext } = await import('node:vm')
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  for (let i = 0; i < 50 && collected.length === 0; i++) {
    collect()
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(collected).toEqual(['first'])
})
