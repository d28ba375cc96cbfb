import { type ActorRef, implement } from 'troupe'
import { connectionPool, type LinkProtocol, type PoolOptions } from 'troupe/actors'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Collector, Talker, type TalkerProtocol } from '#fixtures/connection/echo.actor'
import { eventually } from '../../support/eventually.ts'
import { type RawPeer, rawServer } from '../../support/raw-peer.ts'
import { sharedSystem } from '../../support/shared-system.ts'

type Lent = ActorRef<TalkerProtocol & LinkProtocol>

/** Somebody who borrows. */
const Borrower = implement<{ hello(): void }>()({
  name: 'Borrower',
  module: import.meta.url,
  start: () => undefined,
  on: { hello: () => {} },
})

describe.each([0, 1])('a connection pool with %i threads', (threads) => {
  const system = sharedSystem({ threads })

  async function pool(options: PoolOptions = {}) {
    const peers: RawPeer[] = []
    const server = await rawServer((peer) => void peers.push(peer))
    onTestFinished(server.close)
    const collector = system().spawn(Collector, [])
    const ref = connectionPool(system(), Talker, [collector], options)
    const acquire = async (url = server.url, borrower?: ActorRef<never>): Promise<Lent> => {
      const answer = await ref.ask.acquire(url, borrower)
      if (answer instanceof Error) throw answer
      return answer
    }
    return { ref, acquire, peers, url: server.url, close: server.close }
  }

  it('makes a connection, and lends it again when it was given back', async () => {
    const { ref, acquire, peers } = await pool()
    const first = await acquire()
    expect(await first.ask.say('one')).toBe('accepted')
    ref.tell.release(first)
    const second = await acquire()
    expect(second.equals(first)).toBe(true)
    await second.ask.say('two')
    await eventually(() => expect(peers.map(({ messages }) => messages)).toEqual([['one', 'two']]))
    expect(await ref.ask.statistics()).toMatchObject({ createdCount: 1, reusedCount: 1, lentCount: 1, idleCount: 0 })
  })

  it('lends a connection to one at a time, up to its limit for an endpoint, and says that it has no more', async () => {
    const { ref, acquire, url } = await pool({ endpointConnectionsMax: 2, waitMs: 50 })
    const [one, other] = await Promise.all([acquire(), acquire()])
    expect(one.equals(other)).toBe(false)
    await expect(acquire()).rejects.toMatchObject({
      code: 'pool-exhausted',
      message: `no connection to ${url} was free within 50 ms: 2 of 2 to this endpoint, 2 of 100 in all`,
    })
    expect(await ref.ask.statistics()).toMatchObject({ exhaustedCount: 1, openCount: 2, waitingCount: 0 })
  })

  it('gives what comes back to who has waited longest', async () => {
    const { ref, acquire } = await pool({ endpointConnectionsMax: 1, waitMs: 4_000 })
    const first = await acquire()
    const order: string[] = []
    const waiting = ['a', 'b'].map(async (name) => {
      const lent = await acquire()
      order.push(name)
      ref.tell.release(lent)
    })
    await eventually(async () => expect((await ref.ask.statistics()).waitingCount).toBe(2))
    ref.tell.release(first)
    await Promise.all(waiting)
    expect(order).toEqual(['a', 'b'])
    expect(await ref.ask.statistics()).toMatchObject({ createdCount: 1, reusedCount: 2 })
  })

  it('lets no more wait than it was told', async () => {
    const { ref, acquire } = await pool({ endpointConnectionsMax: 1, waitMs: 4_000, waitingMax: 0 })
    await acquire()
    await expect(acquire()).rejects.toMatchObject({ code: 'pool-exhausted' })
    expect((await ref.ask.statistics()).exhaustedCount).toBe(1)
  })

  it('closes what is idle to make room for another endpoint', async () => {
    const { ref, acquire, peers } = await pool({ connectionsMax: 1, waitMs: 4_000 })
    const other = await rawServer(() => {})
    onTestFinished(other.close)
    ref.tell.release(await acquire())
    await acquire(other.url)
    expect(peers[0]?.hasEnded).toBe(true)
    expect(await ref.ask.statistics()).toMatchObject({ evictedCount: 1, openCount: 1, lentCount: 1 })
  })

  it('gives room that comes free to who waits for another endpoint', async () => {
    const { ref, acquire } = await pool({ connectionsMax: 1, waitMs: 4_000 })
    const other = await rawServer(() => {})
    onTestFinished(other.close)
    const first = await acquire()
    const waiting = acquire(other.url)
    await eventually(async () => expect((await ref.ask.statistics()).waitingCount).toBe(1))
    ref.tell.release(first)
    await waiting
    expect(await ref.ask.statistics()).toMatchObject({ createdCount: 2, openCount: 1, waitingCount: 0 })
  })

  it('closes a connection that nobody has borrowed for a while', async () => {
    const { ref, acquire, peers } = await pool({ idleMs: 30 })
    ref.tell.release(await acquire())
    await peers[0]?.closed
    await eventually(async () =>
      expect(await ref.ask.statistics()).toMatchObject({ openCount: 0, idleCount: 0, evictedCount: 1 }),
    )
  })

  it('forgets a connection that breaks: lent, it is counted; idle, it is not lent', async () => {
    const { ref, acquire, peers } = await pool()
    const first = await acquire()
    await first.ask.say('up')
    await eventually(() => expect(peers[0]?.messages).toEqual(['up']))
    peers[0]?.socket.resetAndDestroy()
    await eventually(async () => expect(await ref.ask.statistics()).toMatchObject({ lostCount: 1, openCount: 0 }))
    ref.tell.release(first) // too late, and no harm
    const second = await acquire()
    ref.tell.release(second)
    await eventually(() => expect(peers).toHaveLength(2))
    peers[1]?.socket.resetAndDestroy()
    await eventually(async () => expect(await ref.ask.statistics()).toMatchObject({ lostCount: 1, openCount: 0 }))
    expect((await acquire()).equals(second)).toBe(false)
  })

  it('does not lend a connection that does not answer', async () => {
    const { ref, acquire } = await pool({ checkMs: 50, endpointConnectionsMax: 2 })
    const stuck = await acquire()
    stuck.tell.ponder(600)
    ref.tell.release(stuck)
    expect((await acquire()).equals(stuck)).toBe(false)
    expect(await ref.ask.statistics()).toMatchObject({ checkFailedCount: 1, createdCount: 2, reusedCount: 0 })
  })

  it('takes back what a borrower had that has stopped', async () => {
    const { ref, acquire, url } = await pool()
    const borrower = system().spawn(Borrower, [], { placement: 'here' })
    const lent = await acquire(url, borrower as ActorRef<never>)
    await acquire(url, borrower as ActorRef<never>)
    await system().stop(borrower)
    await eventually(async () =>
      expect(await ref.ask.statistics()).toMatchObject({ recoveredCount: 2, idleCount: 2, lentCount: 0 }),
    )
    expect(await lent.ask.say('still open')).toBe('accepted')
  })

  it('answers why a connection cannot be made, and an endpoint that is none, and goes on', async () => {
    const { ref, acquire, url, close } = await pool()
    await expect(acquire('tcp://nowhere')).rejects.toMatchObject({ code: 'invalid-endpoint' })
    const gone = await rawServer(() => {})
    await new Promise((resolve) => gone.server.close(resolve))
    await expect(acquire(gone.url)).rejects.toMatchObject({ code: 'io' })
    await acquire(url)
    await eventually(async () =>
      expect(await ref.ask.statistics()).toMatchObject({ connectFailedCount: 1, createdCount: 1, openCount: 1 }),
    )
    close()
  })

  it('refuses options that are out of range', () => {
    const make = () => connectionPool(system(), Talker, [system().spawn(Collector, [])], { connectionsMax: 0 })
    expect(make).toThrow('connectionsMax must be a whole number from 1 to 100000 connections, got 0')
  })
})
