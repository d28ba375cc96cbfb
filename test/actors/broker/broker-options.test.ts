import { describe, expect, it } from 'vitest'
import { type BrokerOptions, resolveBrokerOptions, topicDefaults } from '#actors/broker/broker-options'

describe('resolveBrokerOptions', () => {
  it('fills in the defaults', () => {
    expect(resolveBrokerOptions()).toEqual({
      topics: [],
      onDemand: false,
      topicsMax: 10_000,
      connectionsMax: 1_000,
      subscriptionsPerConnectionMax: 1_000,
    })
    expect(resolveBrokerOptions({ topics: [{ name: 'a' }], onDemand: {} })).toMatchObject({
      topics: [{ name: 'a', ...topicDefaults }],
      onDemand: topicDefaults,
    })
  })

  it('takes what is given, and `undefined` for left out', () => {
    const options: BrokerOptions = {
      topics: [
        { name: 'market_data', bufferMessagesMax: 1_000_000 },
        { name: 'execution', routing: 'queue', bufferMessagesMax: 50_000, bufferBytesMax: 0, messageBytesMax: 16_384 },
      ],
      onDemand: { routing: 'queue' },
      topicsMax: 2,
      connectionsMax: 1,
      subscriptionsPerConnectionMax: undefined as never,
    }
    expect(resolveBrokerOptions(options)).toEqual({
      topics: [
        { ...topicDefaults, name: 'market_data', bufferMessagesMax: 1_000_000 },
        {
          name: 'execution',
          routing: 'queue',
          bufferMessagesMax: 50_000,
          bufferBytesMax: 0,
          messageBytesMax: 16_384,
          whenFull: 'drop-oldest',
          slowSubscriber: 'drop',
        },
      ],
      onDemand: { ...topicDefaults, routing: 'queue' },
      topicsMax: 2,
      connectionsMax: 1,
      subscriptionsPerConnectionMax: 1_000,
    })
  })

  it('answers what cannot be changed', () => {
    const resolved = resolveBrokerOptions({ topics: [{ name: 'a' }], onDemand: {} })
    for (const part of [resolved, resolved.topics, resolved.topics[0], resolved.onDemand]) {
      expect(Object.isFrozen(part)).toBe(true)
    }
  })

  it.each([
    [7, 'broker must be an object, got 7'],
    [{ connectionsMax: 0 }, 'broker: connectionsMax must be a whole number from 1 to 1000000, got 0'],
    [{ topicsMax: 1.5 }, 'broker: topicsMax must be a whole number from 1 to 1000000, got 1.5'],
    [
      { subscriptionsPerConnectionMax: '9' },
      "broker: subscriptionsPerConnectionMax must be a whole number from 1 to 1000000, got '9'",
    ],
    [{ topics: 'a' }, "broker: topics must be an array of at most 10000 topics, got 'a'"],
    [
      { topics: [{ name: 'a' }, { name: 'b' }], topicsMax: 1 },
      'broker: topics must be an array of at most 1 topics, got 2',
    ],
    [{ topics: null }, 'broker: topics must be an array of at most 10000 topics, got null'],
    [{ connectionsMax: null }, 'broker: connectionsMax must be a whole number from 1 to 1000000, got null'],
    [{ onDemand: null }, 'broker: onDemand must be an object or false, got null'],
    [{ topics: ['a'] }, "broker: topics[0] must be an object, got 'a'"],
    [{ topics: [{}] }, 'broker: topics[0]: name must be well-formed text of 1 to 1024 bytes, got undefined'],
    [{ topics: [{ name: '' }] }, "broker: topics[0]: name must be well-formed text of 1 to 1024 bytes, got ''"],
    [
      { topics: [{ name: 'a' }, { name: 'b', routing: 'multicast' }] },
      "broker: topics[1]: routing must be one of fanout, queue, got 'multicast'",
    ],
    [
      { topics: [{ name: 'a', messageBytesMax: -1 }] },
      'broker: topics[0]: messageBytesMax must be a whole number from 0 to 4294967295 bytes, got -1',
    ],
    [
      { onDemand: { bufferMessagesMax: 1e9 } },
      'broker: onDemand: bufferMessagesMax must be a whole number from 0 to 10000000, got 1000000000',
    ],
    [{ onDemand: true }, 'broker: onDemand must be an object or false, got true'],
    [
      { topics: [{ name: 'a' }, { name: 'b' }, { name: 'a' }] },
      "broker: topics[2].name must be unique, and is that of topics[0] too, got 'a'",
    ],
  ])('refuses %j', (options, message) => {
    expect(() => resolveBrokerOptions(options as never)).toThrow(
      expect.objectContaining({ name: 'UsageError', code: 'invalid-option', message }),
    )
  })

  it.each([
    [
      { maxConnections: 1 },
      "broker: unknown option 'maxConnections'; known options: " +
        'connectionsMax, onDemand, subscriptionsPerConnectionMax, topics, topicsMax',
    ],
    [
      { topics: [{ name: 'a', buffer_size: 1 }] },
      "broker: topics[0]: unknown option 'buffer_size'; known options: " +
        'bufferBytesMax, bufferMessagesMax, messageBytesMax, name, routing, slowSubscriber, whenFull',
    ],
    [
      { onDemand: { name: 'a' } },
      "broker: onDemand: unknown option 'name'; known options: " +
        'bufferBytesMax, bufferMessagesMax, messageBytesMax, routing, slowSubscriber, whenFull',
    ],
  ])('refuses what it does not know: %j', (options, message) => {
    expect(() => resolveBrokerOptions(options as never)).toThrow(
      expect.objectContaining({ name: 'UsageError', code: 'unknown-option', message }),
    )
  })
})
