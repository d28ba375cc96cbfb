import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BrokerOptions, resolveBrokerOptions } from '#actors/broker/broker-options'
import { TopicTable } from '#actors/broker/topic-table'

/** A table of messages that are texts; `full` are the subscribers without room. */
function makeTable(options: BrokerOptions) {
  const full = new Set<number>()
  const dropped: string[] = []
  const table = new TopicTable<string>(resolveBrokerOptions(options), {
    hasRoom: (subscriber) => !full.has(subscriber),
    drop: (message) => dropped.push(message),
  })
  const publish = (topic: string, message = 'x', bytes = 10) => {
    const { outcome, subscribers } = table.route(topic, message, bytes)
    return outcome === 'deliver' ? [...subscribers] : outcome
  }
  const takeBuffered = (subscriber: number) => {
    const taken: string[] = []
    table.deliverBuffered(subscriber, (message, topic) => taken.push(`${topic}:${message}`))
    return taken
  }
  return { table, full, dropped, publish, takeBuffered }
}

const fanout = { topics: [{ name: 'f', messageBytesMax: 100 }] } satisfies BrokerOptions
const queue = {
  topics: [
    { name: 'q', routing: 'queue', bufferMessagesMax: 3, bufferBytesMax: 100, messageBytesMax: 200 },
    { name: 'r', routing: 'queue' },
  ],
} satisfies BrokerOptions

describe('a fan-out topic', () => {
  it('goes to all its subscribers and to no other', () => {
    const { table, publish } = makeTable({ topics: [{ name: 'f' }, { name: 'g' }] })
    for (const subscriber of [1, 2, 3]) table.subscribe('f', subscriber)
    table.subscribe('g', 4)
    expect(publish('f')).toEqual([1, 2, 3])
    expect(table.statisticsOf('f')).toMatchObject({ subscribers: 3, published: 1, delivered: 3 })
  })

  it('goes to the slow ones too: what becomes of it there is not decided here', () => {
    const { table, full, publish } = makeTable(fanout)
    table.subscribe('f', 1)
    full.add(1)
    expect(publish('f')).toEqual([1])
  })

  it('counts what nobody is subscribed to as undelivered, and keeps none of it', () => {
    const { table, publish, takeBuffered } = makeTable(fanout)
    expect(publish('f')).toBe('undelivered')
    table.subscribe('f', 1)
    expect(takeBuffered(1)).toEqual([])
    expect(table.statisticsOf('f')).toMatchObject({ published: 1, delivered: 0, undelivered: 1 })
  })

  it('goes once to one that subscribed twice', () => {
    const { table, publish } = makeTable(fanout)
    expect([table.subscribe('f', 1), table.subscribe('f', 1)]).toEqual([undefined, undefined])
    expect(publish('f')).toEqual([1])
  })

  it('answers the same array each time', () => {
    const { table } = makeTable(fanout)
    table.subscribe('f', 1)
    expect(table.route('f', 'a', 1)).toBe(table.route('f', 'b', 1))
  })
})

describe('a queue topic', () => {
  it('goes to one subscriber after the other', () => {
    const { table, publish } = makeTable(queue)
    for (const subscriber of [1, 2, 3]) table.subscribe('q', subscriber)
    expect([1, 2, 3, 4].map(() => publish('q'))).toEqual([[1], [2], [3], [1]])
  })

  it('passes over those without room', () => {
    const { table, full, publish } = makeTable(queue)
    for (const subscriber of [1, 2, 3]) table.subscribe('q', subscriber)
    full.add(2)
    expect([1, 2, 3].map(() => publish('q'))).toEqual([[1], [3], [1]])
  })

  it('goes on in turn when a subscriber has left', () => {
    const { table, publish } = makeTable(queue)
    for (const subscriber of [1, 2, 3]) table.subscribe('q', subscriber)
    publish('q')
    table.unsubscribe('q', 3)
    expect([1, 2, 3].map(() => publish('q'))).toEqual([[2], [1], [2]])
  })

  it('waits for its first subscriber and then goes there in order', () => {
    const { table, publish, takeBuffered } = makeTable(queue)
    expect([publish('q', 'a'), publish('q', 'b')]).toEqual(['buffered', 'buffered'])
    expect(table.statisticsOf('q')).toMatchObject({ bufferedMessages: 2, bufferedBytes: 20, delivered: 0 })
    table.subscribe('q', 1)
    expect(takeBuffered(1)).toEqual(['q:a', 'q:b'])
    expect(publish('q')).toEqual([1])
    expect(table.statisticsOf('q')).toMatchObject({ bufferedMessages: 0, bufferedBytes: 0, delivered: 3 })
  })

  it('waits while nobody has room, and stays in order when somebody has again', () => {
    const { table, full, publish, takeBuffered } = makeTable(queue)
    table.subscribe('q', 1)
    full.add(1)
    expect(publish('q', 'a')).toBe('buffered')
    expect(takeBuffered(1)).toEqual([])
    full.delete(1)
    expect(publish('q', 'b')).toBe('buffered')
    expect(takeBuffered(1)).toEqual(['q:a', 'q:b'])
  })

  it('drops the oldest beyond its limits, and counts that', () => {
    const { table, dropped, publish, takeBuffered } = makeTable(queue)
    for (const message of ['a', 'b', 'c', 'd']) publish('q', message)
    expect(dropped).toEqual(['a'])
    expect(publish('q', 'e', 85)).toBe('buffered')
    expect(dropped).toEqual(['a', 'b', 'c'])
    expect(table.statisticsOf('q')).toMatchObject({ published: 5, dropped: 3, bufferedMessages: 2, bufferedBytes: 95 })
    table.subscribe('q', 1)
    expect(takeBuffered(1)).toEqual(['q:d', 'q:e'])
  })

  it('drops a message that is too large to wait, and keeps those that do', () => {
    const { table, dropped, publish } = makeTable(queue)
    publish('q', 'a')
    expect(publish('q', 'b', 101)).toBe('dropped')
    expect(dropped).toEqual([])
    expect(table.statisticsOf('q')).toMatchObject({ published: 2, dropped: 1, bufferedMessages: 1 })
  })

  it('shares the room of a subscriber with its other queues', () => {
    const { table, full, publish } = makeTable(queue)
    for (const message of ['1', '2']) for (const topic of ['q', 'r']) publish(topic, message)
    for (const topic of ['q', 'r']) table.subscribe(topic, 1)
    const taken: string[] = []
    for (let call = 0; call < 4; call++) {
      full.delete(1)
      table.deliverBuffered(1, (message, topic) => {
        taken.push(`${topic}:${message}`)
        full.add(1)
      })
    }
    expect(taken).toEqual(['q:1', 'r:1', 'q:2', 'r:2'])
  })
})

describe('TopicTable', () => {
  it('refuses a message above the limit of its topic with both numbers, and takes one at the limit', () => {
    const { table, publish } = makeTable(fanout)
    table.subscribe('f', 1)
    expect(publish('f', 'x', 100)).toEqual([1])
    expect(publish('f', 'x', 101)).toBe('refused')
    expect(table.refusal('f', 101)).toEqual({
      code: 'message-too-large',
      text: "a message of 101 bytes is too large for topic 'f', limit 100",
    })
    expect(table.statisticsOf('f')).toMatchObject({ published: 1, delivered: 1, refused: 1 })
  })

  it('refuses topics that are not there unless they may be made', () => {
    const { table, publish } = makeTable(fanout)
    const refusal = { code: 'unknown-topic', text: "there is no topic 'nope'" }
    expect(table.subscribe('nope', 1)).toEqual(refusal)
    expect(publish('nope')).toBe('refused')
    expect(table.refusal('nope', 10)).toEqual(refusal)
    expect(table.totals.refused).toBe(1)
    expect(table.topics).toBe(1)
  })

  it('makes topics on demand for subscribers, and forgets each with its last one', () => {
    const { table, publish } = makeTable({ ...fanout, onDemand: { messageBytesMax: 50 } })
    table.subscribe('new', 1)
    table.subscribe('new', 2)
    expect(publish('new')).toEqual([1, 2])
    expect(publish('new', 'x', 51)).toBe('refused')
    table.unsubscribe('new', 1)
    expect(table.topics).toBe(2)
    table.remove(2)
    expect(table.statisticsOf('new')).toBeUndefined()
    expect(table.totals).toEqual({ published: 1, delivered: 2, undelivered: 0, dropped: 0, refused: 1 })
  })

  it('makes no fan-out topic for what is published only, but counts it', () => {
    const { table, publish } = makeTable({ onDemand: { messageBytesMax: 50 } })
    expect(publish('new')).toBe('undelivered')
    expect(publish('new', 'x', 51)).toBe('refused')
    expect(table.refusal('new', 51).code).toBe('message-too-large')
    expect(table.topics).toBe(0)
    expect(table.totals).toMatchObject({ published: 1, undelivered: 1, refused: 1 })
  })

  it('makes a queue on demand for what is published, and keeps it while something waits', () => {
    const { table, publish, takeBuffered } = makeTable({ onDemand: { routing: 'queue' } })
    expect(publish('new', 'a')).toBe('buffered')
    table.subscribe('new', 1)
    expect(takeBuffered(1)).toEqual(['new:a'])
    table.remove(1)
    expect(table.topics).toBe(0)
  })

  it('keeps no queue made on demand for a message that it cannot keep', () => {
    const { table, publish } = makeTable({ onDemand: { routing: 'queue', bufferMessagesMax: 0 } })
    expect(publish('new')).toBe('dropped')
    expect(table.topics).toBe(0)
    expect(table.totals).toMatchObject({ published: 1, dropped: 1 })
  })

  it('makes no more topics than its limit, until one is forgotten', () => {
    const { table, publish } = makeTable({ onDemand: { routing: 'queue' }, topicsMax: 1 })
    table.subscribe('a', 1)
    const refusal = { code: 'too-many-topics', text: "no topic 'b', and there are 1 already, the limit" }
    expect(table.subscribe('b', 1)).toEqual(refusal)
    expect(publish('b')).toBe('refused')
    expect(table.refusal('b', 10)).toEqual(refusal)
    table.unsubscribe('a', 1)
    expect(table.subscribe('b', 1)).toBeUndefined()
  })

  it('refuses a subscriber more topics than its limit, and makes none for it', () => {
    const { table } = makeTable({ onDemand: {}, subscriptionsPerConnectionMax: 1 })
    table.subscribe('a', 1)
    expect(table.subscribe('b', 1)).toEqual({
      code: 'too-many-subscriptions',
      text: 'subscribed to 1 topics, limit 1',
    })
    expect(table.subscribe('a', 1)).toBeUndefined()
    expect(table.topics).toBe(1)
  })

  it('says whether an unsubscriber was subscribed', () => {
    const { table } = makeTable(fanout)
    table.subscribe('f', 1)
    expect(['f', 'f', 'nope'].map((topic) => table.unsubscribe(topic, 1))).toEqual([true, false, false])
    expect(table.unsubscribe('f', 2)).toBe(false)
  })

  it('lists the statistics of every topic', () => {
    const { table } = makeTable(queue)
    expect(table.statistics.map(({ name }) => name)).toEqual(['q', 'r'])
  })

  it('loses, doubles and invents no message, whoever comes, goes or has no room', () => {
    const names = fc.constantFrom('f', 'q', 'new', 'other')
    const step = fc.record({
      act: fc.constantFrom('subscribe', 'unsubscribe', 'remove', 'publish', 'publish', 'publish', 'full', 'room'),
      topic: names,
      subscriber: fc.nat(4),
      bytes: fc.nat(120),
    })
    const settings = fc.record({ routing: fc.constantFrom('fanout', 'queue'), isOnDemand: fc.boolean() })
    fc.assert(
      fc.property(settings, fc.array(step, { maxLength: 200 }), ({ routing, isOnDemand }, steps) => {
        const limits = { bufferMessagesMax: 4, bufferBytesMax: 200, messageBytesMax: 100 }
        const { table, full, dropped, publish } = makeTable({
          topics: [
            { name: 'f', ...limits },
            { name: 'q', routing: 'queue', ...limits },
          ],
          onDemand: isOnDemand && { routing: routing as 'fanout', ...limits },
          topicsMax: 3,
          subscriptionsPerConnectionMax: 2,
        })
        const subscribed = new Map<string, Set<number>>(
          ['f', 'q', 'new', 'other'].map((name) => [name, new Set<number>()]),
        )
        const lastSeen = new Map<string, number>()
        const totals = { published: 0, delivered: 0, undelivered: 0, dropped: 0, refused: 0 }
        const handOut = (subscriber: number) =>
          table.deliverBuffered(subscriber, (message, topic) => {
            expect(full.has(subscriber)).toBe(false)
            expect(subscribed.get(topic)).toContain(subscriber)
            seeQueued(topic, Number(message))
            totals.delivered++
          })
        const seeQueued = (topic: string, message: number) => {
          expect(message).toBeGreaterThan(lastSeen.get(topic) ?? -1)
          lastSeen.set(topic, message)
        }
        for (const [message, { act, topic, subscriber, bytes }] of steps.entries()) {
          const those = subscribed.get(topic)!
          const isQueue = topic === 'q' || (topic !== 'f' && routing === 'queue')
          if (act === 'subscribe') {
            if (table.subscribe(topic, subscriber) === undefined) those.add(subscriber)
            handOut(subscriber)
          } else if (act === 'unsubscribe') {
            expect(table.unsubscribe(topic, subscriber)).toBe(those.delete(subscriber))
          } else if (act === 'remove') {
            table.remove(subscriber)
            for (const set of subscribed.values()) set.delete(subscriber)
          } else if (act === 'full') full.add(subscriber)
          else if (act === 'room') {
            full.delete(subscriber)
            handOut(subscriber)
          } else {
            const before = dropped.length
            const route = publish(topic, String(message), bytes)
            totals.dropped += dropped.length - before
            if (route === 'refused') totals.refused++
            else totals.published++
            if (route === 'refused') expect(table.refusal(topic, bytes).text).toContain(`'${topic}'`)
            if (route === 'undelivered') totals.undelivered++
            if (route === 'dropped') totals.dropped++
            if (Array.isArray(route)) {
              totals.delivered += route.length
              if (isQueue) {
                expect(route).toHaveLength(1)
                expect(those).toContain(route[0])
                expect(full.has(route[0]!)).toBe(false)
                seeQueued(topic, message)
              } else expect(new Set(route)).toEqual(those)
            }
            if (bytes > limits.messageBytesMax) expect(route).toBe('refused')
          }
          expect(table.totals).toEqual(totals)
          for (const { name, subscribers, ...counts } of table.statistics) {
            expect(subscribers).toBe(subscribed.get(name)!.size)
            expect(counts.bufferedMessages).toBeLessThanOrEqual(4)
            expect(counts.bufferedBytes).toBeLessThanOrEqual(200)
            if (name === 'q') {
              expect(counts.published).toBe(counts.delivered + counts.dropped + counts.bufferedMessages)
            }
          }
          expect(table.topics).toBeLessThanOrEqual(3)
        }
      }),
      { numRuns: 300 },
    )
  })
})
