import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  brokerDataOffset,
  brokerHeaderBytes,
  brokerMessageKind,
  brokerTopic,
  turnIntoDeliver,
  writeDeliverHeader,
  writePublishHeader,
} from '#actors/broker/broker-header'
import { BrokerCodec } from '#actors/broker/broker-message'
import { encodeTopic } from '#actors/broker/topic-name'

const codec = new BrokerCodec()

describe('the header of a broker’s message', () => {
  it.each([
    ['publish', writePublishHeader],
    ['deliver', writeDeliverHeader],
  ] as const)('of a %s, with the data behind it, is what the codec writes', (kind, write) => {
    const names = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 80 })
    fc.assert(
      fc.property(names, fc.uint8Array(), fc.nat(5), (topic, data, offset) => {
        const name = encodeTopic(topic)
        const target = new Uint8Array(offset + brokerHeaderBytes(name) + data.length)
        const at = write(target, offset, name)
        target.set(data, at)
        const message = target.subarray(offset)
        expect(message).toEqual(codec.encode({ kind, topic, data }))
        expect(brokerMessageKind(message)).toBe(kind)
        expect(brokerTopic(message)).toBe(topic)
        expect(brokerDataOffset(message)).toBe(at - offset)
      }),
    )
  })

  it('of a publish becomes that of a deliver by its first byte', () => {
    const message = codec.encode({ kind: 'publish', topic: 'signals', data: Uint8Array.of(1, 2) })
    turnIntoDeliver(message)
    expect(message).toEqual(codec.encode({ kind: 'deliver', topic: 'signals', data: Uint8Array.of(1, 2) }))
  })

  it('of another message does not become one', () => {
    const message = codec.encode({ kind: 'subscribe', topic: 'signals' })
    expect(() => turnIntoDeliver(message)).toThrow('broker: only a publish becomes a deliver, got type 3')
    expect(() => turnIntoDeliver(new Uint8Array(0))).toThrow(expect.objectContaining({ code: 'invalid-value' }))
  })

  it('is not written where it has no room', () => {
    const name = encodeTopic('abc')
    expect(writeDeliverHeader(new Uint8Array(7), 1, name)).toBe(7)
    const target = new Uint8Array(7)
    expect(() => writeDeliverHeader(target, 2, name)).toThrow(
      expect.objectContaining({ name: 'CapacityError', code: 'buffer-overflow' }),
    )
    expect(target).toEqual(new Uint8Array(7))
    expect(() => writeDeliverHeader(target, 8, name)).toThrow(expect.objectContaining({ code: 'invalid-offset' }))
  })

  it.each([0, 1_025])('is not written for a topic of %d bytes', (length) => {
    expect(() => writePublishHeader(new Uint8Array(2_000), 0, new Uint8Array(length))).toThrow(
      `broker: topic must have 1 to 1024 bytes, got ${length}`,
    )
  })
})
