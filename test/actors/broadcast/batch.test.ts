import fc from 'fast-check'
import { JsonCodec, LengthPrefixFraming, LineFraming, VarintFraming } from 'troupe/actors'
import { describe, expect, it } from 'vitest'
import { Batch } from '#actors/broadcast/batch'

const framings = {
  'length-prefix': () => new LengthPrefixFraming(),
  varint: () => new VarintFraming(),
  line: () => new LineFraming(),
}

describe.each(Object.entries(framings))('a batch with framing %s', (_name, makeFraming) => {
  it('is cut into the values that went in', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 300 }), { minLength: 1 }), (texts) => {
        const batch = new Batch(new JsonCodec<string>(), makeFraming())
        for (const text of texts) batch.add(text)
        const { bytes, messages, ends } = batch.take()!
        const cut: string[] = []
        makeFraming().push(bytes, (message) => cut.push(new JsonCodec<string>().decode(message)))
        expect(cut).toEqual(texts)
        expect(messages).toBe(texts.length)
        expect(ends.at(-1)).toBe(bytes.length)
        expect(batch.take()).toBeUndefined()
      }),
    )
  })

  it('takes values of any length', () => {
    const batch = new Batch(new JsonCodec<string>(), makeFraming())
    const texts = [10, 500_000, 1, 3_000_000].map((length) => 'x'.repeat(length))
    for (const text of texts) batch.add(text)
    const cut: string[] = []
    makeFraming().push(batch.take()!.bytes, (message) => cut.push(new JsonCodec<string>().decode(message)))
    expect(cut).toEqual(texts)
  })
})

describe('a batch', () => {
  it('is as it was before a value that is refused', () => {
    const batch = new Batch(new JsonCodec(), new LengthPrefixFraming({ messageBytesMax: 5 }))
    batch.add(1)
    expect(() => batch.add('too long')).toThrow('a message of 10 bytes is too large to send, limit 5')
    expect(() => batch.add(undefined)).toThrow('json: value must be something that JSON knows')
    batch.add(2)
    expect([...batch.take()!.bytes]).toEqual([1, 0, 0, 0, 49, 1, 0, 0, 0, 50])
  })
})
