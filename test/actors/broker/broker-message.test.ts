import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BrokerCodec, type BrokerMessage } from '#actors/broker/broker-message'
import { describeCodecContract } from '../../contract/codec.contract.ts'
import vectors from './vectors/broker-messages.json' with { type: 'json' }

const topic = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
const text = fc.string({ unit: 'grapheme' })
const error = fc.record({ code: fc.oneof(fc.constant('unknown-topic'), text), text })
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

const control: fc.Arbitrary<BrokerMessage> = fc.oneof(
  fc.record({ kind: fc.constantFrom('subscribe', 'subscribe-ack', 'unsubscribe', 'unsubscribe-ack'), topic }),
  fc.record({ kind: fc.constantFrom('subscribe-ack', 'publish-rejected'), topic, error }),
)

describeCodecContract({
  name: 'BrokerCodec, for what has no data,',
  makeCodec: () => new BrokerCodec(),
  values: control,
  unencodable: { kind: 'subscribe', topic: '' },
  refusesTrailing: true,
})

describeCodecContract({
  name: 'BrokerCodec, for data, which goes to the end,',
  makeCodec: () => new BrokerCodec(),
  values: fc.record({ kind: fc.constantFrom('publish', 'deliver'), topic, data: fc.uint8Array() }),
  unencodable: { kind: 'publish', topic: 'a', data: 'text' },
  refusesTrailing: false,
  takesAnything: true,
})

const codec = new BrokerCodec()
const messageOf = (vector: { data?: string }) =>
  ({ ...vector, ...(vector.data !== undefined && { data: Uint8Array.from(Buffer.from(vector.data, 'hex')) }) }) as never

describe('BrokerCodec', () => {
  it.each(vectors.messages)('writes and reads $message.kind as the table of bytes says: $hex', (vector) => {
    expect(hex(codec.encode(messageOf(vector.message)))).toBe(vector.hex)
    expect(codec.decode(Buffer.from(vector.hex, 'hex'))).toEqual(messageOf(vector.message))
  })

  it.each(vectors.malformed)('refuses $why', (vector) => {
    expect(() => codec.decode(Buffer.from(vector.hex, 'hex'))).toThrow(
      expect.objectContaining({ name: 'ProtocolError', code: vector.code, message: vector.text }),
    )
  })

  it('decodes data to a view of the message, not a copy', () => {
    const bytes = codec.encode({ kind: 'publish', topic: 'a', data: Uint8Array.of(1, 2) })
    const message = codec.decode(bytes) as { data: Uint8Array }
    bytes[5] = 9
    expect(message.data).toEqual(Uint8Array.of(1, 9))
  })

  it('takes a topic of 1,024 bytes', () => {
    const message = { kind: 'subscribe', topic: 'é'.repeat(512) } as const
    expect(codec.decode(codec.encode(message))).toEqual(message)
  })

  it.each([
    [{ kind: 'subscribe', topic: 'é'.repeat(513) }, 'broker: topic must have 1 to 1024 bytes, got 1026'],
    [{ kind: 'subscribe', topic: '\ud800' }, 'broker: topic must be text without lone surrogates'],
    [{ kind: 'subscribe', topic: 7 }, 'broker: topic must be a string, got number'],
    [{ kind: 'constructor', topic: 'a' }, 'broker: kind must be one of publish, deliver, subscribe, subscribe-ack'],
    [null, 'broker: kind must be one of publish'],
    [
      { kind: 'publish-rejected', topic: 'a' },
      'broker: error.code must be text without lone surrogates, got undefined',
    ],
    [
      { kind: 'subscribe-ack', topic: 'a', error: { code: 'x', text: '\udc00' } },
      'broker: error.text must be text without lone surrogates, got string',
    ],
    [
      { kind: 'subscribe-ack', topic: 'a', error: { code: 'x'.repeat(65_536), text: '' } },
      'broker: error.code must have at most 65535 bytes, got 65536',
    ],
  ])('refuses to encode %j', (message, text) => {
    for (const attempt of [() => codec.sizeOf(message as never), () => codec.encode(message as never)]) {
      expect(attempt).toThrow(expect.objectContaining({ code: 'invalid-value' }))
      expect(attempt).toThrow(text)
    }
  })
})
