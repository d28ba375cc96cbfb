import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { System } from 'troupe'
import { dial, type LinkOptions, listen } from 'troupe/actors'
import { describe, expect, it } from 'vitest'
import { Collector, Echo, Flooder, Ponderer, Talker } from '#fixtures/connection/echo.actor'
import { Hesitant } from '#fixtures/connection/hesitant.actor'
import { eventually } from '../../support/eventually.ts'
import { RawPeer, rawServer } from '../../support/raw-peer.ts'
import { sharedSystem } from '../../support/shared-system.ts'
import { withSystem } from '../../support/with-system.ts'

/** A listener whose connections tell a collector what they get and how they end. */
async function talkers(system: System, link: LinkOptions = {}) {
  const collector = system.spawn(Collector, [])
  const listener = listen(system, Talker, 'tcp://127.0.0.1:0', [collector], { link })
  await listener.ready()
  return { collector, listener, url: await listener.ask.endpoint() }
}

describe.each([0, 2])('connections with %i threads', (threads) => {
  const system = sharedSystem({ threads })
  const inSystem = (body: (system: System) => Promise<void>) => body(system())

  it('carry messages there and back', () =>
    inSystem(async (system) => {
      const listener = listen(system, Echo, 'tcp://127.0.0.1:0', [])
      await listener.ready()
      const collector = system.spawn(Collector, [])
      const talker = dial(system, Talker, await listener.ask.endpoint(), [collector])
      expect(await talker.ask.say('one')).toBe('accepted')
      expect(await talker.ask.say('two')).toBe('accepted')
      await eventually(async () => expect((await collector.ask.all()).texts).toEqual(['one', 'two']))
      expect(await listener.ask.connectionCount()).toBe(1)
      talker.tell.endLink()
      await eventually(async () => {
        const { openCount, endedCount, receivedMessages, sentMessages } = await listener.ask.statistics()
        expect({ openCount, endedCount, receivedMessages, sentMessages }).toEqual({
          openCount: 0,
          endedCount: 1,
          receivedMessages: 2,
          sentMessages: 2,
        })
      })
      await eventually(async () => expect((await collector.ask.all()).closes).toEqual([undefined]))
    }))

  it('deliver a message larger than any read whole', () =>
    inSystem(async (system) => {
      const { collector, url } = await talkers(system)
      const peer = await RawPeer.connect(url)
      peer.say('x'.repeat(3_000_000))
      await eventually(async () => expect((await collector.ask.all()).texts).toEqual(['3000000 bytes']))
      peer.socket.destroy()
    }))

  it('deliver messages that come byte by byte, and an empty one', () =>
    inSystem(async (system) => {
      const { collector, url } = await talkers(system)
      const peer = await RawPeer.connect(url, { noDelay: true })
      for (const byte of [3, 0, 0, 0, 97, 98, 99, 0, 0, 0, 0, 1, 0, 0, 0, 100]) {
        peer.socket.write(Uint8Array.of(byte))
        await new Promise((resolve) => setImmediate(resolve))
      }
      await eventually(async () => expect((await collector.ask.all()).texts).toEqual(['abc', '', 'd']))
      peer.socket.end()
      await peer.closed
    }))

  it('deliver what was whole before a header that promises too much, and close with the reason', () =>
    inSystem(async (system) => {
      const { collector, listener, url } = await talkers(system)
      const peer = await RawPeer.connect(url)
      peer.say('good')
      peer.socket.write(Uint8Array.of(1, 0, 0, 255, 7))
      await peer.closed
      await eventually(async () => {
        const { texts, closes } = await collector.ask.all()
        expect(texts).toEqual(['good'])
        expect(closes).toEqual([
          'message-too-large: message at stream position 8 promises 4278190081 bytes, limit 67108864',
        ])
      })
      await eventually(async () =>
        expect((await listener.ask.statistics()).failedCounts).toEqual({ 'message-too-large': 1 }),
      )
    }))

  it('say how much of a message had come when the peer ended in the middle of it', () =>
    inSystem(async (system) => {
      const { collector, url } = await talkers(system)
      const peer = await RawPeer.connect(url)
      peer.socket.end(Uint8Array.of(5, 0, 0, 0, 1, 2))
      await eventually(async () =>
        expect((await collector.ask.all()).closes).toEqual([
          'connection-closed: the peer ended in the middle of a message: 6 bytes of it had come',
        ]),
      )
    }))

  it('tell an end from a break', () =>
    inSystem(async (system) => {
      const { collector, listener, url } = await talkers(system)
      const ending = await RawPeer.connect(url)
      ending.socket.end()
      await ending.closed
      const breaking = await RawPeer.connect(url)
      await eventually(async () => expect(await listener.ask.connectionCount()).toBe(1))
      breaking.socket.resetAndDestroy()
      await eventually(async () => {
        const { closes } = await collector.ask.all()
        expect(closes).toHaveLength(2)
        expect(closes[0]).toBeUndefined()
        expect(closes[1]).toMatch(/^io: .*ECONNRESET/)
      })
    }))

  it('are removed when their handler fails, and the others go on', () =>
    inSystem(async (system) => {
      const { collector, listener, url } = await talkers(system)
      const [good, bad] = await Promise.all([RawPeer.connect(url), RawPeer.connect(url)])
      bad.say('stumble')
      await bad.closed
      good.say('still here')
      await eventually(async () => expect((await collector.ask.all()).texts).toEqual(['still here']))
      await eventually(async () => expect(await listener.ask.connectionCount()).toBe(1))
      good.socket.destroy()
    }))

  it('hand on one message at a time where handling takes time', () =>
    inSystem(async (system) => {
      const collector = system.spawn(Collector, [])
      const listener = listen(system, Ponderer, 'tcp://127.0.0.1:0', [collector])
      const peer = await RawPeer.connect(await listener.ask.endpoint())
      for (let n = 0; n < 20; n++) peer.say(String(n))
      const expected = Array.from({ length: 20 }, (_, n) => `${n} of 1`)
      await eventually(async () => expect((await collector.ask.all()).texts).toEqual(expected))
      peer.socket.destroy()
    }))

  it('keep what was read while their actor was busy, also when others of the thread read on', () =>
    inSystem(async (system) => {
      const listener = listen(system, Hesitant, 'tcp://127.0.0.1:0', [], { threads: 1 })
      const url = await listener.ask.endpoint()
      const texts = (name: string): string[] => Array.from({ length: 50 }, (_, n) => `${name}${n}`)
      const peers = await Promise.all(['a', 'b', 'c'].map(async (name) => ({ name, peer: await RawPeer.connect(url) })))
      for (let n = 0; n < 50; n++) {
        for (const { name, peer } of peers) peer.say(`${name}${n}`)
        await new Promise((resolve) => setImmediate(resolve))
      }
      for (const { name, peer } of peers) {
        await eventually(() => expect(peer.messages).toEqual(texts(name)))
        peer.socket.destroy()
      }
    }))

  it('close a peer that says nothing, and one that sends a byte now and then', () =>
    inSystem(async (system) => {
      const collector = system.spawn(Collector, [])
      const link = { idleTimeoutMs: 200, frameTimeoutMs: 200, writeTimeoutMs: 200 }
      const listener = listen(system, Talker, 'tcp://127.0.0.1:0', [collector], { link })
      const silent = await RawPeer.connect(await listener.ask.endpoint())
      await silent.closed
      await eventually(async () =>
        expect((await collector.ask.all()).closes).toEqual(['timeout: nothing was sent or received within 200 ms']),
      )
      const slow = await RawPeer.connect(await listener.ask.endpoint())
      slow.socket.write(Uint8Array.of(200, 0, 0, 0))
      const dripping = setInterval(() => slow.socket.write(Uint8Array.of(200)), 20)
      await slow.closed
      clearInterval(dripping)
      await eventually(async () => {
        const [, second] = (await collector.ask.all()).closes
        expect(second).toMatch(/^timeout: a message was not whole \(\d+ bytes of it had come\) within 200 ms$/)
      })
    }))

  it('close a peer that never reads', () =>
    inSystem(async (system) => {
      const collector = system.spawn(Collector, [])
      const { url, close } = await rawServer((peer) => peer.socket.pause())
      const flooder = dial(system, Flooder, url, [collector], {
        restart: 'temporary',
        link: { writeTimeoutMs: 200, queueBytesMax: 10_000_000 },
      })
      expect(await flooder.ask.flood(10_000, 10_000)).toBe('queue-full')
      await eventually(async () =>
        expect((await collector.ask.all()).closes).toEqual([
          'timeout: the peer took nothing of what was written within 200 ms',
        ]),
      )
      close()
    }))

  it('refuse what their queue has no room for, and say when there is room again', () =>
    inSystem(async (system) => {
      const collector = system.spawn(Collector, [])
      let peer: RawPeer | undefined
      const { url, close } = await rawServer((other) => {
        peer = other
        other.socket.pause()
      })
      const flooder = dial(system, Flooder, url, [collector], { link: { queueBytesMax: 1_000_000 } })
      expect(await flooder.ask.flood(100_000, 1_000)).toBe('queue-full')
      peer?.socket.resume()
      await eventually(async () => expect(await flooder.ask.drainedCount()).toBe(1))
      const { sentMessages, droppedMessages } = await flooder.ask.linkStatistics()
      await eventually(() => expect(peer?.messages.length).toBe(sentMessages))
      expect(droppedMessages).toBe(0)
      close()
    }))

  it('say that there is room again also where all that was queued left at once', () =>
    inSystem(async (system) => {
      const collector = system.spawn(Collector, [])
      const { url, close } = await rawServer(() => {})
      const flooder = dial(system, Flooder, url, [collector], { link: { queueBytesMax: 1_000 } })
      expect(await flooder.ask.flood(10, 600)).toBe('queue-full')
      await eventually(async () => expect(await flooder.ask.drainedCount()).toBe(1))
      expect(await flooder.ask.linkStatistics()).toMatchObject({ sentMessages: 1, queuedMessages: 0 })
      close()
    }))

  it('break a link whose queue is full, where that is its policy', () =>
    inSystem(async (system) => {
      const collector = system.spawn(Collector, [])
      const { url, close } = await rawServer((peer) => peer.socket.pause())
      const link = { overflow: 'disconnect', queueBytesMax: 1_000_000 } as const
      const flooder = dial(system, Flooder, url, [collector], { restart: 'temporary', link })
      expect(await flooder.ask.flood(100_000, 1_000)).toBe('closed')
      await eventually(async () =>
        expect((await collector.ask.all()).closes[0]).toMatch(
          /^buffer-overflow: the peer is too slow: \d+ messages of \d+ bytes wait to be sent, limits 65536 messages and 1000000 bytes$/,
        ),
      )
      close()
    }))

  it.each(['drop-newest', 'drop-oldest', 'conflate'] as const)('drop by %s what a slow peer cannot take', (overflow) =>
    inSystem(async (system) => {
      const collector = system.spawn(Collector, [])
      let peer: RawPeer | undefined
      const { url, close } = await rawServer((other) => {
        peer = other
        other.socket.pause()
      })
      const link = { overflow, queueMessagesMax: 10 }
      const flooder = dial(system, Flooder, url, [collector], { link })
      const result = await flooder.ask.flood(20_000, 10_000)
      expect(result).toBe(overflow === 'drop-newest' ? 'dropped' : 'accepted')
      peer?.socket.resume()
      await eventually(async () => {
        const { sentMessages, droppedMessages } = await flooder.ask.linkStatistics()
        expect(sentMessages + droppedMessages).toBe(20_000)
        expect(peer?.messages.length).toBe(sentMessages)
        expect(droppedMessages).toBeGreaterThan(0)
      })
      const numbers = (peer?.messages ?? []).map((message) => Number.parseInt(message, 10))
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
      expect(numbers.at(-1)).toBe(overflow === 'drop-newest' ? numbers.length - 1 : 19_999)
      close()
    }),
  )

  it('that were dialled come back after a break, and send what they were told meanwhile', () =>
    inSystem(async (system) => {
      const collector = system.spawn(Collector, [])
      const peers: RawPeer[] = []
      const { url, close } = await rawServer((peer) => void peers.push(peer))
      const talker = dial(system, Talker, url, [collector], { backoff: { minMs: 10, maxMs: 100 } })
      await talker.ask.say('first')
      await eventually(() => expect(peers[0]?.messages).toEqual(['first']))
      peers[0]?.socket.resetAndDestroy()
      await eventually(async () => expect((await collector.ask.all()).closes).toHaveLength(1))
      talker.tell.say('second')
      await eventually(() => expect(peers[1]?.messages).toEqual(['second']))
      talker.tell.endLink()
      await eventually(() => expect(peers[1]?.hasEnded).toBe(true))
      close()
    }))

  it('that are to end do so within endTimeoutMs, and do not come back, though the peer does not end its side', () =>
    inSystem(async (system) => {
      const collector = system.spawn(Collector, [])
      const sockets: Socket[] = []
      const server = createServer({ allowHalfOpen: true }, (socket) => void sockets.push(socket.resume()))
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as AddressInfo
      const talker = dial(system, Talker, `tcp://127.0.0.1:${port}`, [collector], { link: { endTimeoutMs: 50 } })
      await talker.ready()
      talker.tell.endLink()
      await eventually(async () =>
        expect((await collector.ask.all()).closes).toEqual(['timeout: the peer did not end its side within 50 ms']),
      )
      await expect(talker.ask.say('gone')).rejects.toMatchObject({ code: 'actor-stopped' })
      expect(sockets).toHaveLength(1)
      for (const socket of sockets) socket.destroy()
      server.close()
    }))

  it('that the peer has ended in order come back where they are permanent', () =>
    inSystem(async (system) => {
      const collector = system.spawn(Collector, [])
      const peers: RawPeer[] = []
      const { url, close } = await rawServer((peer) => void peers.push(peer))
      const options = { restart: 'permanent', backoff: { minMs: 10, maxMs: 100 } } as const
      const talker = dial(system, Talker, url, [collector], options)
      await eventually(() => expect(peers).toHaveLength(1))
      peers[0]?.socket.end()
      await eventually(() => expect(peers).toHaveLength(2))
      await talker.ready()
      close()
    }))

  it('that nobody answers are tried again and again', () =>
    inSystem(async (system) => {
      const collector = system.spawn(Collector, [])
      const { url, server, close } = await rawServer(() => {})
      await new Promise((resolve) => server.close(resolve))
      const talker = dial(system, Talker, url, [collector], { backoff: { minMs: 5, maxMs: 20 } })
      talker.tell.say('patience')
      let restarts = 0
      system.events.on('restarted', () => restarts++)
      await eventually(() => expect(restarts).toBeGreaterThan(3))
      const peers: RawPeer[] = []
      server.on('connection', (socket) => void peers.push(new RawPeer(socket)))
      await new Promise<void>((resolve) =>
        server.listen(Number(new URL(url.replace('tcp', 'http')).port), '127.0.0.1', resolve),
      )
      await eventually(() => expect(peers.at(-1)?.messages).toEqual(['patience']))
      close()
      for (const { socket } of peers) socket.destroy()
    }))

  it('send what is queued before a shutdown closes them', async () => {
    const peers: RawPeer[] = []
    const { url, close } = await rawServer((peer) => void peers.push(peer))
    await withSystem({ threads }, async (system) => {
      const collector = system.spawn(Collector, [])
      const flooder = dial(system, Flooder, url, [collector], { link: { queueBytesMax: 100_000_000 } })
      expect(await flooder.ask.flood(3_000, 10_000)).toBe('accepted')
    })
    await peers[0]?.closed
    expect(peers[0]?.messages).toHaveLength(3_000)
    expect(peers[0]?.hasEnded).toBe(true)
    close()
  })
})
