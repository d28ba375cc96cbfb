import type { ActorRef, ActorSystem } from 'troupe'
import { type ReceiverClient, receiveBroadcast, serveBroadcast, values } from 'troupe/actors'
import { describe, expect, it } from 'vitest'
import { ValueCollector } from '#fixtures/broadcast/value-collector.actor'
import { eventually } from '../../support/eventually.ts'
import { withSystem } from '../../support/with-system.ts'
import { hasClients, json, ScriptedClient, served } from './clients.ts'

const patient = { deadlineMs: 20_000 }

async function receivers(
  system: ActorSystem,
  endpoint: string,
  count: number,
): Promise<ActorRef<ReceiverClient<number>>[]> {
  const clients = Array.from({ length: count }, () => receiveBroadcast<number>(system, endpoint, json))
  await Promise.all(clients.map((client) => client.ready()))
  return clients
}

async function take(client: ActorRef<ReceiverClient<number>>, count: number): Promise<number[]> {
  const taken: number[] = []
  while (taken.length < count) taken.push(...(await client.with(patient).ask.recvMany(count - taken.length)))
  return taken
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

describe.each([0, 2])('a broadcast with %i threads', (threads) => {
  const run = (body: (system: ActorSystem) => Promise<void>): Promise<void> => withSystem({ threads }, body)

  it('brings what the server sends to its one client', () =>
    run(async (system) => {
      const { server, endpoint } = await served<{ n: number }>(system)
      const client = receiveBroadcast<{ n: number }>(system, endpoint, json)
      await hasClients(server, 1)
      expect(await server.ask.send({ n: 1 })).toBe('accepted')
      expect(await client.ask.recv()).toEqual({ n: 1 })
    }))

  it('brings the same messages in the same order to twenty clients', () =>
    run(async (system) => {
      const { server, endpoint } = await served<number>(system)
      const clients = await receivers(system, endpoint, 20)
      await hasClients(server, 20)
      for (const n of upTo(200)) server.tell.send(n)
      for (const client of clients) expect(await take(client, 200)).toEqual(upTo(200))
    }))

  it('keeps the order over many sends in many turns', () =>
    run(async (system) => {
      const { server, endpoint } = await served<number>(system)
      const [client] = await receivers(system, endpoint, 1)
      await hasClients(server, 1)
      for (const n of upTo(10_000)) {
        if (n % 100 === 0) await server.ask.send(n)
        else server.tell.send(n)
      }
      expect(await take(client!, 10_000)).toEqual(upTo(10_000))
    }))

  it('goes on for the others when a client leaves', () =>
    run(async (system) => {
      const { server, endpoint } = await served<number>(system)
      const [first, second] = await receivers(system, endpoint, 2)
      await hasClients(server, 2)
      await system.stop(first as ActorRef<never>)
      await eventually(async () => {
        await server.ask.send(1)
        expect(await server.ask.clientCount()).toBe(1)
      })
      await server.ask.send(2)
      await eventually(async () => expect(await second!.ask.recv()).toBe(2))
      const { clients } = await server.ask.statistics()
      expect(clients.endedCount + Object.values(clients.failedCounts).reduce((sum, count) => sum + count, 0)).toBe(1)
    }))

  it('rejects with connection-closed when the server has shut down, after all that it had sent', () =>
    run(async (system) => {
      const { server, endpoint } = await served<number>(system)
      const [client] = await receivers(system, endpoint, 1)
      await hasClients(server, 1)
      for (const n of upTo(1_000)) server.tell.send(n)
      expect(await server.with(patient).ask.shutdown()).toBe(0)
      expect(await take(client!, 1_000)).toEqual(upTo(1_000))
      await expect(client!.ask.recv()).rejects.toMatchObject({ code: 'connection-closed' })
    }))

  it('is a loop over values, which ends with the server', () =>
    run(async (system) => {
      const { server, endpoint } = await served<number>(system)
      const [client] = await receivers(system, endpoint, 1)
      await hasClients(server, 1)
      for (const n of upTo(600)) server.tell.send(n)
      const seen: number[] = []
      for await (const value of values(client!)) {
        seen.push(value)
        if (seen.length === 600) server.tell.shutdown()
      }
      expect(seen).toEqual(upTo(600))
    }))

  it('can be left in the middle, and the client goes on', () =>
    run(async (system) => {
      const { server, endpoint } = await served<number>(system)
      const [client] = await receivers(system, endpoint, 1)
      await hasClients(server, 1)
      server.tell.send(1)
      for await (const value of values(client!)) {
        expect(value).toBe(1)
        break
      }
      server.tell.send(2)
      expect(await client!.ask.recv()).toBe(2)
    }))

  it('loses no value to an asker that has given up', () =>
    run(async (system) => {
      const { server, endpoint } = await served<number>(system)
      const [client] = await receivers(system, endpoint, 1)
      await hasClients(server, 1)
      await expect(client!.with({ deadlineMs: 20 }).ask.recv()).rejects.toMatchObject({ code: 'ask-timeout' })
      server.tell.send(7)
      expect(await client!.ask.recv()).toBe(7)
    }))

  it('tells every value to an actor, if that is wanted', () =>
    run(async (system) => {
      const { server, endpoint } = await served<number>(system)
      const collector = system.spawn(ValueCollector, [], { mailbox: { messagesMax: 32 } })
      receiveBroadcast(system, endpoint, json, { to: collector })
      await hasClients(server, 1)
      for (const n of upTo(300)) server.tell.send(n)
      await eventually(async () => {
        expect((await collector.ask.all()).map(({ value }) => value)).toEqual(upTo(300))
      })
    }))

  it('serves a client that has ended its side right after it connected', () =>
    run(async (system) => {
      const { server, endpoint } = await served<number>(system)
      const client = await ScriptedClient.connect(endpoint)
      client.read()
      client.socket.end()
      await hasClients(server, 1)
      for (const n of upTo(500)) await server.ask.send(n)
      await eventually(() => expect(client.texts).toEqual(upTo(500).map(String)))
      expect(await server.ask.clientCount()).toBe(1)
      expect(await server.with(patient).ask.shutdown()).toBe(0)
      await eventually(() => expect(client.isEnded).toBe(true))
    }))

  it('ignores what clients say', () =>
    run(async (system) => {
      const { server, endpoint } = await served<number>(system)
      const client = await ScriptedClient.connect(endpoint)
      client.read()
      client.socket.write('GET / HTTP/1.1\r\n\r\n') // as a length that is far too large
      await hasClients(server, 1)
      await eventually(async () => {
        const [only] = await server.ask.connectedClients()
        expect(only?.statistics).toMatchObject({ receivedMessages: 0, receivedBytes: 18 })
      })
      await server.ask.send(5)
      await eventually(() => expect(client.texts).toEqual(['5']))
      client.destroy()
    }))

  it('counts, per client and in all', () =>
    run(async (system) => {
      const { server, endpoint } = await served<number>(system)
      const [client] = await receivers(system, endpoint, 1)
      await hasClients(server, 1)
      for (const n of upTo(10)) server.tell.send(n)
      expect(await take(client!, 10)).toEqual(upTo(10))
      expect(await server.ask.statistics()).toMatchObject({
        sentMessages: 10,
        sentBytes: 50,
        copiedBatchCount: 0,
        clients: { acceptedCount: 1, openCount: 1 },
      })
      const [connected] = await server.ask.connectedClients()
      expect(connected).toMatchObject({ address: '127.0.0.1', statistics: { sentMessages: 10, sentBytes: 50 } })
      expect(await client!.ask.statistics()).toMatchObject({ receivedMessages: 10, waitingMessages: 0 })
    }))

  it('takes no more clients than its limit', () =>
    run(async (system) => {
      const { server, endpoint } = await served<number>(system, { connectionsMax: 1, threads: 1 })
      const first = await ScriptedClient.connect(endpoint)
      first.read()
      await hasClients(server, 1)
      const second = await ScriptedClient.connect(endpoint)
      second.read()
      await eventually(async () =>
        expect((await server.ask.statistics()).clients.refusedCounts['connections-max']).toBe(1),
      )
      await server.ask.send(1)
      await eventually(() => expect(first.texts).toEqual(['1']))
      expect(second.texts).toEqual([])
      expect(await server.ask.clientCount()).toBe(1)
      first.destroy()
      second.destroy()
    }))

  it('connects again, and keeps what it had received', () =>
    run(async (system) => {
      const { server, endpoint } = await served<number>(system)
      const client = receiveBroadcast<number>(system, endpoint, json, { reconnect: true })
      await hasClients(server, 1)
      server.tell.send(1)
      await eventually(async () => expect((await client.ask.statistics()).waitingMessages).toBe(1))
      await server.with(patient).ask.shutdown()
      const again = serveBroadcast<number>(system, endpoint, json)
      await hasClients(again, 1)
      again.tell.send(2)
      expect(await take(client, 2)).toEqual([1, 2])
    }))

  it('cannot begin where nobody listens, and says why', () =>
    run(async (system) => {
      const { server, endpoint } = await served<number>(system)
      await server.with(patient).ask.shutdown()
      const client = receiveBroadcast<number>(system, endpoint, json)
      await expect(client.ready()).rejects.toMatchObject({ cause: { code: 'io' } })
    }))
})
