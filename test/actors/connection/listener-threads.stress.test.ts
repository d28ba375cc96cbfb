import { listen, type Spread } from 'troupe/actors'
import { describe, expect, it } from 'vitest'
import { Echo } from '#fixtures/connection/echo.actor'
import { eventually } from '../../support/eventually.ts'
import { RawPeer } from '../../support/raw-peer.ts'
import { withSystem } from '../../support/with-system.ts'

const [major = 0] = process.versions.node.split('.').map(Number)
const spreads: Spread[] = major >= 24 ? ['move', 'reuse-port', 'one-thread'] : ['one-thread']

/** Clients that connect, send a few messages, wait for their echoes and leave, over and over until `stop`. */
class Visitors {
  connectedCount = 0
  echoCount = 0
  readonly failures: string[] = []
  #isOver = false
  readonly #running: Promise<void>[]

  constructor(url: string, visitors: number, messages = 3) {
    this.#running = Array.from({ length: visitors }, (_, index) => this.#visit(url, index, messages))
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#running)
  }

  async #visit(url: string, index: number, messages: number): Promise<void> {
    for (let visit = 0; !this.#isOver; visit++) {
      try {
        const peer = await RawPeer.connect(url)
        this.connectedCount++
        const said = Array.from({ length: messages }, (_, n) => `${index}.${visit}.${n}`)
        for (const text of said) peer.say(text)
        const isAnswered = new Promise<void>((resolve) => {
          peer.socket.on('data', () => void (peer.messages.length === messages && resolve()))
        })
        await Promise.race([isAnswered, peer.closed])
        if (peer.messages.join() !== said.join()) this.failures.push(`said ${said.join()}, got ${peer.messages.join()}`)
        this.echoCount += peer.messages.length
        peer.socket.end()
        await peer.closed
      } catch (error) {
        this.failures.push((error as Error).message)
      }
    }
  }
}

describe.each(spreads)('a listener that spreads its connections by %s', (spread) => {
  it('uses every one of its threads, and answers everybody', async () => {
    await withSystem({ threads: 2 }, async (system) => {
      const listener = listen(system, Echo, 'tcp://127.0.0.1:0', [], { threads: 2, spread })
      const url = await listener.ask.endpoint()
      const peers = await Promise.all(Array.from({ length: 40 }, () => RawPeer.connect(url)))
      for (const [index, peer] of peers.entries()) peer.say(String(index))
      const everybody = peers.map((_, index) => [String(index)])
      await eventually(() => expect(peers.map(({ messages }) => messages)).toEqual(everybody))
      const hosts = (await listener.ask.connections()).map(({ host }) => host)
      const counts = [0, 1].map((host) => hosts.filter((other) => other === host).length)
      if (spread === 'move') expect(counts).toEqual([20, 20])
      if (spread === 'reuse-port') expect(Math.min(...counts)).toBeGreaterThan(0) // the operating system decides
      if (spread === 'one-thread') expect(counts).toEqual([40, 0])
      for (const { socket } of peers) socket.end()
      await eventually(async () => expect(await listener.ask.connectionCount()).toBe(0))
    })
  })

  it('goes on when the thread of its connections is lost, and forgets those that were there', async () => {
    await withSystem({ threads: 3 }, async (system) => {
      const listener = listen(system, Echo, 'tcp://127.0.0.1:0', [], {
        threads: 2,
        spread,
        spawn: { placement: 'here' },
      })
      const url = await listener.ask.endpoint()
      if (spread === 'one-thread') return // they are on the listener's thread, which is the main one here
      for (let round = 0; round < 3; round++) {
        const peers = await Promise.all(Array.from({ length: 20 }, () => RawPeer.connect(url)))
        peers[0]?.say('exit')
        await peers[0]?.closed
        await eventually(async () => {
          const peer = await RawPeer.connect(url)
          peer.say('again')
          await Promise.race([peer.closed, new Promise((resolve) => peer.socket.once('data', resolve))])
          peer.socket.destroy()
          expect(peer.messages).toEqual(['again'])
        })
        for (const { socket } of peers) socket.destroy()
        await eventually(async () => expect(await listener.ask.connectionCount()).toBe(0))
      }
      const { acceptedCount, openCount, endedCount, failedCounts, lostCount } = await listener.ask.statistics()
      const failedCount = Object.values(failedCounts).reduce((sum, count) => sum + count, 0)
      expect(openCount + endedCount + failedCount + lostCount).toBe(acceptedCount)
      expect(failedCounts['thread-lost']).toBeGreaterThanOrEqual(3)
    })
  })
})

describe('a listener on a Unix socket', () => {
  it('keeps its connections on one thread, since no Node moves them, and says so where that was asked for', async () => {
    await withSystem({ threads: 3 }, async (system) => {
      const path = `unix://@troupe-threads-${process.pid}`
      const listener = listen(system, Echo, path, [], { threads: 2 })
      await listener.ready()
      const peers = await Promise.all(Array.from({ length: 20 }, () => RawPeer.connect(path)))
      for (const [index, peer] of peers.entries()) peer.say(String(index))
      const everybody = peers.map((_, index) => [String(index)])
      await eventually(() => expect(peers.map(({ messages }) => messages)).toEqual(everybody))
      const asked = listen(system, Echo, 'unix://@troupe-none', [], { spread: 'move' })
      await expect(asked.ready()).rejects.toThrow("spread 'move' needs Node 24 or later, and no Unix socket")
      for (const { socket } of peers) socket.destroy()
    })
  })
})

describe('a listening socket', () => {
  it.runIf(major >= 24)(
    'moves between threads 20 times under load without one connection refused or one message lost',
    async () => {
      await withSystem({ threads: 3 }, async (system) => {
        const listener = listen(system, Echo, 'tcp://127.0.0.1:0', [], { threads: 2, spread: 'move' })
        const visitors = new Visitors(await listener.ask.endpoint(), 16)
        const moves: unknown[] = []
        for (let n = 0; n < 20; n++) {
          const before = visitors.echoCount
          // Two at once take their turns.
          moves.push(
            ...(n === 9 ? await Promise.all([listener.ask.move(), listener.ask.move()]) : [await listener.ask.move()]),
          )
          await eventually(() => expect(visitors.echoCount).toBeGreaterThan(before + 20))
        }
        await visitors.stop()
        expect(moves).toEqual(Array.from({ length: 21 }, (_, n) => n % 2))
        expect(visitors.failures).toEqual([])
        expect(visitors.echoCount).toBe(visitors.connectedCount * 3)
        await eventually(async () => expect(await listener.ask.connectionCount()).toBe(0))
        const { acceptedCount, endedCount, receivedMessages, sentMessages } = await listener.ask.statistics()
        expect([acceptedCount, endedCount]).toEqual([visitors.connectedCount, visitors.connectedCount])
        expect([receivedMessages, sentMessages]).toEqual([visitors.echoCount, visitors.echoCount])
      })
    },
  )

  it.runIf(major < 24)('stays where it is on a Node that cannot move it, and says so', async () => {
    await withSystem({ threads: 1 }, async (system) => {
      const listener = listen(system, Echo, 'tcp://127.0.0.1:0', [])
      expect(await listener.ask.move()).toMatchObject({ code: 'not-supported' })
      const asked = listen(system, Echo, 'tcp://127.0.0.1:0', [], { spread: 'move' })
      await expect(asked.ready()).rejects.toThrow("listen: spread 'move' needs Node 24 or later")
    })
  })
})
