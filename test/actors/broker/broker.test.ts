import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ActorRef, System } from 'troupe'
import {
  BrokerCodec,
  type BrokerMessage,
  type BrokerProtocol,
  connectBroker,
  encodeFrame,
  LengthPrefixFraming,
  type ServeBrokerOptions,
  serveBroker,
  type TopicOptions,
} from 'troupe/actors'
import { afterAll, describe, expect, it } from 'vitest'
import { Echoer, Inbox } from '#fixtures/broker/broker-peers.actor'
import { eventually } from '../../support/eventually.ts'
import { RawPeer } from '../../support/raw-peer.ts'
import { sharedSystem } from '../../support/shared-system.ts'

const directory = mkdtempSync(join(tmpdir(), 'troupe-broker-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const codec = new BrokerCodec()
const anyPort = 'tcp://127.0.0.1:0'
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text))

/** A client by hand. */
class RawClient {
  readonly peer: RawPeer
  readonly #framing = new LengthPrefixFraming()
  readonly messages: BrokerMessage[] = []

  private constructor(peer: RawPeer) {
    this.peer = peer
    peer.socket.on('data', (chunk: Buffer) =>
      this.#framing.push(chunk, (message) => this.messages.push(codec.decode(new Uint8Array(message)))),
    )
  }

  static async connect(url: string): Promise<RawClient> {
    return new RawClient(await RawPeer.connect(url))
  }

  say(message: BrokerMessage): boolean {
    return this.peer.socket.write(encodeFrame(new LengthPrefixFraming(), codec.encode(message)))
  }

  publish(topic: string, text: string): boolean {
    return this.say({ kind: 'publish', topic, data: bytes(text) })
  }

  async subscribe(topic: string): Promise<void> {
    this.say({ kind: 'subscribe', topic })
    await eventually(() => expect(this.messages).toContainEqual({ kind: 'subscribe-ack', topic }))
  }

  get texts(): string[] {
    return this.messages.flatMap((message) =>
      message.kind === 'deliver' ? [`${message.topic}:${Buffer.from(message.data).toString()}`] : [],
    )
  }
}

async function broker(system: System, topics: TopicOptions[], options: ServeBrokerOptions = {}) {
  const ref = serveBroker(system, anyPort, { topics, ...options })
  const [url = ''] = await ref.ask.endpoints()
  return { ref, url }
}

function numbers(topic: string, count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, n) => `${topic}:${from + n}`)
}

async function topicOf(ref: ActorRef<BrokerProtocol>, topic: string) {
  const found = await ref.ask.topicStatistics(topic)
  if (found === undefined) throw new Error(`no topic ${topic}`)
  return found
}

describe.each([0, 1])('a broker with %i threads', (threads) => {
  const system = sharedSystem({ threads })

  it('brings a message to every subscriber of a fan-out, in order, and counts it', async () => {
    const { ref, url } = await broker(system(), [{ name: 'news' }, { name: 'other' }])
    const inboxes = [1, 2, 3].map(() => system().spawn(Inbox, []))
    for (const inbox of inboxes) {
      const client = connectBroker(system(), url)
      expect(await client.ask.subscribe('news', inbox)).toBeUndefined()
    }
    const publisher = connectBroker(system(), url)
    for (let n = 0; n < 100; n++) publisher.tell.publish('news', bytes(String(n)))
    await publisher.ask.publish('other', bytes('nobody'))
    for (const inbox of inboxes) {
      await eventually(async () => expect(await inbox.ask.texts()).toEqual(numbers('news', 100)))
    }
    expect(await topicOf(ref, 'news')).toMatchObject({ subscribers: 3, published: 100, delivered: 300, dropped: 0 })
    await eventually(async () => expect(await topicOf(ref, 'other')).toMatchObject({ published: 1, undelivered: 1 }))
    expect((await ref.ask.statistics()).connections).toBe(4)
  })

  it('spreads a queue over its subscribers', async () => {
    const { ref, url } = await broker(system(), [{ name: 'jobs', routing: 'queue' }])
    const [one, two, publisher] = await Promise.all([1, 2, 3].map(() => RawClient.connect(url)))
    await one?.subscribe('jobs')
    await two?.subscribe('jobs')
    for (let n = 0; n < 10; n++) publisher?.publish('jobs', String(n))
    await eventually(() => {
      expect(one?.texts).toEqual(['jobs:0', 'jobs:2', 'jobs:4', 'jobs:6', 'jobs:8'])
      expect(two?.texts).toEqual(['jobs:1', 'jobs:3', 'jobs:5', 'jobs:7', 'jobs:9'])
    })
    expect(await topicOf(ref, 'jobs')).toMatchObject({ published: 10, delivered: 10, bufferedMessages: 0 })
  })

  it('keeps the messages of a queue for the first who comes', async () => {
    const { ref, url } = await broker(system(), [{ name: 'jobs', routing: 'queue', bufferMessagesMax: 50 }])
    const publisher = connectBroker(system(), url)
    for (let n = 0; n < 60; n++) publisher.tell.publish('jobs', bytes(String(n)))
    await eventually(async () => expect(await topicOf(ref, 'jobs')).toMatchObject({ published: 60 }))
    expect(await topicOf(ref, 'jobs')).toMatchObject({ bufferedMessages: 50, dropped: 10 })
    const inbox = system().spawn(Inbox, [])
    await connectBroker(system(), url).ask.subscribe('jobs', inbox)
    await eventually(async () => expect(await inbox.ask.texts()).toEqual(numbers('jobs', 50, 10)))
  })

  it('keeps publishers waiting while a queue is full that blocks, and loses nothing', async () => {
    const topics: TopicOptions[] = [{ name: 'jobs', routing: 'queue', bufferMessagesMax: 10, whenFull: 'block' }]
    const { ref, url } = await broker(system(), topics)
    const publisher = await RawClient.connect(url)
    for (let n = 0; n < 100; n++) publisher.publish('jobs', String(n))
    await eventually(async () => expect((await topicOf(ref, 'jobs')).bufferedMessages).toBe(10))
    const given = await RawClient.connect(url)
    given.publish('jobs', 'given up')
    given.peer.socket.resetAndDestroy()
    const inbox = system().spawn(Inbox, [])
    await connectBroker(system(), url).ask.subscribe('jobs', inbox)
    await eventually(async () => {
      const texts = (await inbox.ask.texts()).filter((text) => text !== 'jobs:given up')
      expect(texts).toEqual(numbers('jobs', 100))
    })
    expect(await topicOf(ref, 'jobs')).toMatchObject({ dropped: 0, bufferedMessages: 0 })
    publisher.peer.socket.destroy()
    await eventually(async () => expect((await ref.ask.statistics()).connections).toBe(1))
  })

  it('delivers nothing after an unsubscribe was confirmed', async () => {
    const { ref, url } = await broker(system(), [{ name: 'news' }])
    const inbox = system().spawn(Inbox, [])
    const client = connectBroker(system(), url)
    await client.ask.subscribe('news', inbox)
    await client.ask.publish('news', bytes('heard'))
    await eventually(async () => expect(await inbox.ask.texts()).toEqual(['news:heard']))
    await client.ask.unsubscribe('news')
    await client.ask.publish('news', bytes('missed'))
    await eventually(async () => expect(await topicOf(ref, 'news')).toMatchObject({ published: 2, undelivered: 1 }))
    expect(await inbox.ask.texts()).toEqual(['news:heard'])
    expect((await client.ask.statistics()).strayMessages).toBe(0)
  })

  it('forgets a subscriber that dies', async () => {
    const { ref, url } = await broker(system(), [{ name: 'news' }, { name: 'jobs', routing: 'queue' }])
    const [dying, living] = await Promise.all([RawClient.connect(url), RawClient.connect(url)])
    for (const topic of ['news', 'jobs']) await dying?.subscribe(topic)
    await living?.subscribe('jobs')
    dying?.peer.socket.resetAndDestroy()
    await eventually(async () => expect((await ref.ask.statistics()).connections).toBe(1))
    for (let n = 0; n < 4; n++) living?.publish('jobs', String(n))
    living?.publish('news', 'nobody')
    await eventually(() => expect(living?.texts).toEqual(numbers('jobs', 4)))
    expect(await topicOf(ref, 'news')).toMatchObject({ subscribers: 0, undelivered: 1 })
    living?.peer.socket.destroy()
  })

  it('refuses messages that are too large for their topic, topics that there are not, and subscriptions beyond the limit', async () => {
    const topics: TopicOptions[] = [{ name: 'small', messageBytesMax: 10 }, { name: 'b' }]
    const { ref, url } = await broker(system(), topics, { subscriptionsPerConnectionMax: 1 })
    const inbox = system().spawn(Inbox, [])
    const client = connectBroker(system(), url, { observer: inbox })
    expect(await client.ask.subscribe('small', inbox)).toBeUndefined()
    expect(await client.ask.subscribe('b', inbox)).toMatchObject({ code: 'too-many-subscriptions' })
    expect(await connectBroker(system(), url).ask.subscribe('none')).toEqual({
      code: 'unknown-topic',
      text: "there is no topic 'none'",
    })
    client.tell.publish('small', bytes('12345678901'))
    client.tell.publish('none', bytes('x'))
    client.tell.publish('small', bytes('1234567890'))
    await eventually(async () => {
      expect(await inbox.ask.refusals()).toEqual([
        { code: 'message-too-large', text: "a message of 11 bytes is too large for topic 'small', limit 10" },
        { code: 'unknown-topic', text: "there is no topic 'none'" },
      ])
      expect(await inbox.ask.texts()).toEqual(['small:1234567890'])
    })
    expect(await topicOf(ref, 'small')).toMatchObject({ published: 1, refused: 1 })
    expect(await client.ask.publish('', bytes('x'))).toMatchObject({ code: 'invalid-value' })
    expect((await client.ask.statistics()).rejectedMessages).toBe(2)
  })

  it.each([
    ['no type that there is', [9, 1, 0, 97], 'invalid-variant'],
    ['a topic that is cut short', [1, 9, 0, 97], 'unexpected-end'],
    ['an empty topic', [1, 0, 0, 97], 'invalid-topic'],
    ['bytes behind a subscribe', [3, 1, 0, 97, 0], 'trailing-bytes'],
    ['what only a broker says', [2, 1, 0, 97], 'unexpected-message'],
  ])('closes a connection that sends %s, with the reason, and no other', async (_what, malformed, code) => {
    const { ref, url } = await broker(system(), [{ name: 'a' }])
    const [good, bad] = await Promise.all([RawClient.connect(url), RawClient.connect(url)])
    await good?.subscribe('a')
    bad?.publish('a', 'before')
    bad?.peer.socket.write(encodeFrame(new LengthPrefixFraming(), Uint8Array.from(malformed)))
    bad?.publish('a', 'behind')
    await bad?.peer.closed
    await eventually(async () => expect((await ref.ask.listenerStatistics())[0]?.failedCounts).toEqual({ [code]: 1 }))
    good?.publish('a', 'after')
    await eventually(() => expect(good?.texts).toEqual(['a:before', 'a:after']))
    good?.peer.socket.destroy()
  })

  it('lets a slow subscriber miss messages of a fan-out, and nobody else', async () => {
    const { ref, url } = await broker(system(), [{ name: 'news' }], { link: { queueBytesMax: 1_000_000 } })
    const slow = await RawClient.connect(url)
    await slow.subscribe('news')
    slow.peer.socket.pause()
    const quick = await RawClient.connect(url)
    await quick.subscribe('news')
    const publisher = connectBroker(system(), url)
    const rest = '.'.repeat(10_000)
    for (let n = 0; n < 2_000; n++) await publisher.ask.publish('news', bytes(`${n}${rest}`))
    await eventually(() => expect(quick.texts.length).toBe(2_000))
    expect(quick.texts.map((text) => Number.parseInt(text.slice(5), 10))).toEqual(Array.from(Array(2_000).keys()))
    const { dropped, delivered, published } = await topicOf(ref, 'news')
    expect(dropped).toBeGreaterThan(0)
    expect({ published, both: dropped + delivered }).toEqual({ published: 2_000, both: 4_000 })
    slow.peer.socket.resume()
    await eventually(() => expect(slow.texts.length).toBe(2_000 - dropped))
    for (const { peer } of [slow, quick]) peer.socket.destroy()
  })

  it('disconnects a slow subscriber where that is the policy of the topic', async () => {
    const topics: TopicOptions[] = [{ name: 'news', slowSubscriber: 'disconnect' }]
    const { ref, url } = await broker(system(), topics, { link: { queueBytesMax: 100_000 } })
    const slow = await RawClient.connect(url)
    await slow.subscribe('news')
    slow.peer.socket.pause()
    const publisher = connectBroker(system(), url)
    for (let n = 0; n < 1_000; n++) await publisher.ask.publish('news', new Uint8Array(10_000))
    await eventually(async () => expect((await ref.ask.statistics()).disconnectedCount).toBe(1))
    expect((await ref.ask.listenerStatistics())[0]?.failedCounts).toEqual({ 'buffer-overflow': 1 })
    slow.peer.socket.destroy()
  })

  it('gives what a slow subscriber of a queue has no room for to the others, and goes on when it has', async () => {
    const topics: TopicOptions[] = [{ name: 'jobs', routing: 'queue' }]
    const { ref, url } = await broker(system(), topics, { link: { queueBytesMax: 100_000 } })
    const slow = await RawClient.connect(url)
    await slow.subscribe('jobs')
    slow.peer.socket.pause()
    const publisher = connectBroker(system(), url)
    for (let n = 0; n < 1_000; n++) await publisher.ask.publish('jobs', new Uint8Array(20_000))
    await eventually(async () => expect((await topicOf(ref, 'jobs')).published).toBe(1_000))
    expect((await topicOf(ref, 'jobs')).bufferedMessages).toBeGreaterThan(0)
    slow.peer.socket.resume()
    await eventually(() => expect(slow.texts.length).toBe(1_000))
    expect(await topicOf(ref, 'jobs')).toMatchObject({ delivered: 1_000, dropped: 0, bufferedMessages: 0 })
    slow.peer.socket.destroy()
  })

  it('is found again by its clients after a break, and they are subscribed as before', async () => {
    const { ref, url } = await broker(system(), [{ name: 'news' }])
    const inbox = system().spawn(Inbox, [])
    const client = connectBroker(system(), url, { backoff: { minMs: 5, maxMs: 20 } })
    await client.ask.subscribe('news', inbox)
    await ref.ask.shutdown()
    for (let n = 0; n < 3; n++) client.tell.publish('news', bytes(`meanwhile ${n}`))
    const again = serveBroker(system(), url, { topics: [{ name: 'news' }] })
    await again.ready()
    await eventually(async () => expect(await topicOf(again, 'news')).toMatchObject({ subscribers: 1 }))
    await client.ask.publish('news', bytes('after'))
    await eventually(async () => {
      const texts = ['meanwhile 0', 'meanwhile 1', 'meanwhile 2', 'after'].map((text) => `news:${text}`)
      expect(await inbox.ask.texts()).toEqual(texts)
    })
    expect((await client.ask.statistics()).connectedCount).toBe(2)
  })

  it('brings an echo back', async () => {
    const { url } = await broker(system(), [], { onDemand: {} })
    const server = connectBroker(system(), url)
    await server.ask.subscribe('questions', system().spawn(Echoer, [server, 'answers']))
    const inbox = system().spawn(Inbox, [])
    const client = connectBroker(system(), url)
    await client.ask.subscribe('answers', inbox)
    for (const text of ['', 'one', 'x'.repeat(60_000)]) await client.ask.publish('questions', bytes(text))
    await eventually(async () =>
      expect(await inbox.ask.texts()).toEqual(['answers:', 'answers:one', `answers:${'x'.repeat(60_000)}`]),
    )
  })

  it('is read as a stream, which unsubscribes at once when it is left', async () => {
    const { ref, url } = await broker(system(), [{ name: 'news' }])
    const [reader, publisher] = [connectBroker(system(), url), connectBroker(system(), url)]
    const stream = reader.stream.messages('news')
    const first = stream.next()
    await eventually(async () => expect(await topicOf(ref, 'news')).toMatchObject({ subscribers: 1 }))
    for (let n = 0; n < 3_000; n++) publisher.tell.publish('news', bytes(String(n)))
    expect(Buffer.from((await first).value ?? []).toString()).toBe('0')
    for (let n = 1; n < 3_000; n++) expect(Buffer.from((await stream.next()).value ?? []).toString()).toBe(String(n))
    const waiting = stream.next()
    await stream.return?.()
    expect((await waiting).done).toBe(true)
    await eventually(async () => expect(await topicOf(ref, 'news')).toMatchObject({ subscribers: 0 }))
    const refused = []
    for await (const message of reader.stream.messages('none')) refused.push(message)
    expect(refused).toEqual([])
  })

  it('listens on several endpoints of several kinds', async () => {
    const path = join(directory, `broker-${threads}.sock`)
    const ref = serveBroker(system(), [anyPort, `unix://${path}`, anyPort], { topics: [{ name: 'a' }] })
    const urls = await ref.ask.endpoints()
    expect(urls[1]).toBe(`unix://${path}`)
    const inbox = system().spawn(Inbox, [])
    const clients = urls.map((url) => connectBroker(system(), url))
    await clients[0]?.ask.subscribe('a', inbox)
    for (const client of clients) await client.ask.publish('a', bytes(String(clients.indexOf(client))))
    await eventually(async () => expect((await inbox.ask.texts()).toSorted()).toEqual(['a:0', 'a:1', 'a:2']))
    expect((await ref.ask.connections()).length).toBe(3)
  })

  it('closes what comes beyond its limit of connections', async () => {
    const { ref, url } = await broker(system(), [{ name: 'a' }], { connectionsMax: 1 })
    const inside = await RawClient.connect(url)
    await inside.subscribe('a')
    const outside = await RawClient.connect(url)
    await outside.peer.closed
    expect((await ref.ask.listenerStatistics())[0]?.refusedCounts['connections-max']).toBe(1)
    inside.peer.socket.destroy()
  })

  it('takes other topics and limits while it runs, or says why not', async () => {
    const { ref, url } = await broker(system(), [{ name: 'a', messageBytesMax: 1 }, { name: 'old' }])
    const client = await RawClient.connect(url)
    await client.subscribe('a')
    expect(await ref.ask.reload({ topics: [{ name: 'a', messageBytesMax: 5 }, { name: 'b' }] })).toBeUndefined()
    await client.subscribe('b')
    client.publish('a', '12345')
    await eventually(() => expect(client.texts).toEqual(['a:12345']))
    expect(await ref.ask.topicStatistics('old')).toBeUndefined()
    const refused = await ref.ask.reload({ topics: [{ name: 'a', routing: 'queue' }] })
    expect(refused).toMatchObject({
      code: 'invalid-option',
      message: "broker: the routing of topic 'a' must stay fanout, got queue",
    })
    expect(await ref.ask.reload({ topics: [{}] } as never)).toMatchObject({ code: 'invalid-option' })
    expect((await ref.ask.statistics()).topics.map(({ name }) => name)).toEqual(['a', 'b'])
    client.peer.socket.destroy()
  })

  it('brings out what its clients are to get before a shutdown closes them', async () => {
    const { ref, url } = await broker(system(), [{ name: 'a' }], { link: { queueBytesMax: 100_000_000 } })
    const [client, publisher] = await Promise.all([RawClient.connect(url), RawClient.connect(url)])
    await client?.subscribe('a')
    client?.peer.socket.pause()
    for (let n = 0; n < 1_000; n++) publisher?.publish('a', '.'.repeat(10_000))
    await eventually(async () => expect((await topicOf(ref, 'a')).published).toBe(1_000))
    const shutdown = ref.ask.shutdown(5_000)
    client?.peer.socket.resume()
    expect(await shutdown).toBe(0)
    expect(client?.texts.length).toBe(1_000)
    await expect(RawClient.connect(url)).rejects.toThrow('ECONNREFUSED')
  })

  it('is not ready, and says why, where an address is in use or an option is wrong', async () => {
    const { url } = await broker(system(), [])
    await expect(serveBroker(system(), [anyPort, url]).ready()).rejects.toThrow(`cannot listen on ${url}`)
    await expect(serveBroker(system(), anyPort, { topicsMax: 0 }).ready()).rejects.toThrow('topicsMax must be')
    await expect(serveBroker(system(), anyPort, { topcs: [] } as object).ready()).rejects.toThrow(
      "unknown option 'topcs'",
    )
    expect(() => serveBroker(system(), [])).toThrow('endpoints must be one or more')
  })
})
