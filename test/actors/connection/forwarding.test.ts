import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Connection, dial, listen, manageConnections } from 'troupe/actors'
import { afterAll, describe, expect, it } from 'vitest'
import { Echo } from '#fixtures/connection/echo.actor'
import { Receiver } from '#fixtures/connection/receiver.actor'
import { eventually } from '../../support/eventually.ts'
import { RawPeer } from '../../support/raw-peer.ts'
import { sharedSystem } from '../../support/shared-system.ts'

describe.each([0, 2])('a connection that passes on, with %i threads', (threads) => {
  const system = sharedSystem({ threads })

  it('tells an actor of its opening, its messages and its end, and sends what it is told', async () => {
    const receiver = system().spawn(Receiver, [])
    const listener = listen(system(), Connection, 'tcp://127.0.0.1:0', [receiver as never])
    const peer = await RawPeer.connect(await listener.ask.endpoint())
    for (const text of ['one', '', 'three']) peer.say(text)
    await eventually(() => expect(peer.messages).toEqual(['ONE', '', 'THREE']))
    peer.socket.end()
    await eventually(async () =>
      expect(await receiver.ask.log()).toEqual(['opened', 'one', '', 'three', 'closed in order']),
    )
  })

  it('is dialled too, and says why it was closed', async () => {
    const listener = listen(system(), Echo, 'tcp://127.0.0.1:0', [])
    const receiver = system().spawn(Receiver, [])
    const connection = dial(system(), Connection, await listener.ask.endpoint(), [receiver as never], {
      restart: 'temporary',
    })
    expect(await connection.ask.send(Buffer.from('hello'))).toBe('accepted')
    await eventually(async () => expect(await receiver.ask.log()).toContain('HELLO'))
    await listener.ask.close(0)
    await eventually(async () => expect((await receiver.ask.log()).at(-1)).toMatch(/^closed /))
  })

  it('slows its peer down while its receiver is busy, and loses nothing', async () => {
    const receiver = system().spawn(Receiver, [], { mailbox: { messagesMax: 100 } })
    const listener = listen(system(), Connection, 'tcp://127.0.0.1:0', [receiver as never])
    const peer = await RawPeer.connect(await listener.ask.endpoint())
    const texts = Array.from({ length: 2_000 }, (_, n) => `${n} ${'.'.repeat(500)}`)
    receiver.tell.block(50)
    for (const text of texts) peer.say(text)
    await eventually(async () => expect(await receiver.ask.numbers()).toHaveLength(texts.length))
    expect(await receiver.ask.numbers()).toEqual(texts.map((_, n) => n))
    peer.socket.destroy()
  })
})

describe('a connection manager', () => {
  const system = sharedSystem({ threads: 1 })
  const directory = mkdtempSync(join(tmpdir(), 'troupe-manager-'))
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  it('has the connections of several endpoints in one table', async () => {
    const manager = manageConnections(system(), Echo, [])
    const paths = ['a', 'b'].map((name) => `unix://${join(directory, name)}`)
    for (const path of paths) expect(await manager.ask.bind(path)).toBe(path)
    const tcp = await manager.ask.bind('tcp://127.0.0.1:0')
    const peers = await Promise.all([...paths, String(tcp)].map((url) => RawPeer.connect(url)))
    for (const peer of peers) peer.say('hello')
    await eventually(() => expect(peers.map(({ messages }) => messages)).toEqual([['hello'], ['hello'], ['hello']]))
    const connections = await manager.ask.connections()
    expect(connections.map(({ remote }) => remote)).toEqual(
      expect.arrayContaining([join(directory, 'a'), join(directory, 'b'), `127.0.0.1:${peers[2]?.socket.localPort}`]),
    )
    const [{ id } = { id: '' }] = connections
    expect(await manager.ask.connection(id)).toEqual(connections[0])
    expect(await manager.ask.linkStatistics(id)).toMatchObject({ receivedMessages: 1, sentMessages: 1 })
    expect(await manager.ask.unanswering(5_000)).toEqual([])
    expect(await manager.ask.end(id)).toBe(true)
    await eventually(async () => expect(await manager.ask.connections()).toHaveLength(2))
    expect(await manager.ask.connection(id)).toBeUndefined()
    for (const { socket } of peers) socket.destroy()
  })

  it('keeps one limit for all of them', async () => {
    const manager = manageConnections(system(), Echo, [], { connectionsMax: 2 })
    const urls = [await manager.ask.bind('tcp://127.0.0.1:0'), await manager.ask.bind('tcp://127.0.0.1:0')].map(String)
    const peers: RawPeer[] = []
    for (const url of [...urls, ...urls]) {
      peers.push(await RawPeer.connect(url))
      await eventually(async () => expect((await manager.ask.connections()).length).toBeGreaterThan(0))
    }
    await eventually(async () => {
      expect(await manager.ask.connections()).toHaveLength(2)
      expect(peers.filter(({ hasEnded }) => hasEnded)).toHaveLength(2)
    })
    for (const { socket } of peers) socket.destroy()
  })

  it('answers why it cannot bind, and goes on', async () => {
    const manager = manageConnections(system(), Echo, [])
    const url = await manager.ask.bind('tcp://127.0.0.1:0')
    const other = manageConnections(system(), Echo, [])
    expect(String(await other.ask.bind(String(url)))).toContain(`cannot listen on ${url}: listen EADDRINUSE`)
    expect(await other.ask.endpoints()).toEqual([])
    expect(await other.ask.bind('tcp://127.0.0.1:0')).toMatch(/^tcp:/)
  })

  it('unbinds what it has bound, and names what it has not', async () => {
    const manager = manageConnections(system(), Echo, [])
    const url = String(await manager.ask.bind('tcp://127.0.0.1:0'))
    expect(await manager.ask.unbind('tcp://127.0.0.1:1')).toMatchObject({
      code: 'not-bound',
      message: `nothing listens on tcp://127.0.0.1:1; bound endpoints: ${url}`,
    })
    expect(await manager.ask.unbind('nonsense')).toMatchObject({ code: 'invalid-endpoint' })
    expect(await manager.ask.endpoints()).toEqual([url])
    expect(await manager.ask.unbind(url)).toBe(0)
    await expect(RawPeer.connect(url)).rejects.toThrow('ECONNREFUSED')
    expect(await manager.ask.endpoints()).toEqual([])
  })
})
