import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ActorRef, ActorSystem } from 'troupe'
import { dialWebSocket, serveWebSocket, type WebSocketServerOptions, type WebSocketServerProtocol } from 'troupe/actors'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { eventually } from '../../support/eventually.ts'
import { lastingPort } from '../../support/lasting-port.ts'
import { withSystem } from '../../support/with-system.ts'
import { anywhere, json } from './clients.ts'

async function served(system: ActorSystem, options: WebSocketServerOptions = {}) {
  const server = serveWebSocket<unknown>(system, anywhere, json, options)
  const url = (await server.ask.endpoint()).replace('tcp', 'ws')
  return { server, url }
}

async function connected(url: string) {
  const peer = new WebSocket(url)
  const texts: string[] = []
  peer.on('message', (data) => texts.push(String(data)))
  peer.on('error', () => {})
  await once(peer, 'open')
  return { peer, texts }
}

function hasClients(server: ActorRef<WebSocketServerProtocol<unknown>>, count: number): Promise<void> {
  return eventually(async () => expect(await server.ask.clientCount()).toBe(count))
}

describe.each([0, 1])('a WebSocket server with %i threads', (threads) => {
  const run = (body: (system: ActorSystem) => Promise<void>): Promise<void> => withSystem({ threads }, body)

  it('sends to all, to one, and says who sent what', () =>
    run(async (system) => {
      const { server, url } = await served(system)
      const first = await connected(url)
      const second = await connected(url)
      await hasClients(server, 2)
      first.peer.send(Buffer.from('[1]'))
      const { value, from } = await server.ask.recv()
      expect(value).toEqual([1])
      await server.ask.send('all')
      expect(await server.ask.sendTo(from, 'one')).toBe('accepted')
      expect(await server.ask.sendTo('client-99', 'none')).toBe('no-client')
      await eventually(() => expect(first.texts).toEqual(['"all"', '"one"']))
      await eventually(() => expect(second.texts).toEqual(['"all"']))
    }))

  it('ignores text, skips what is no value, and counts both', () =>
    run(async (system) => {
      const { server, url } = await served(system)
      const { peer } = await connected(url)
      peer.send('7')
      peer.send(Buffer.from('{'))
      peer.send(Buffer.from('8'))
      expect((await server.ask.recv()).value).toBe(8)
      expect(await server.ask.statistics()).toMatchObject({
        receivedMessages: 1,
        ignoredMessages: 1,
        undecodableMessages: 1,
      })
    }))

  it('removes a client that takes nothing, and delays nobody for it', () =>
    run(async (system) => {
      const { server, url } = await served(system, { queueBytesMax: 100_000 })
      const stalled = await connected(url)
      const other = await connected(url)
      await hasClients(server, 2)
      stalled.peer.pause()
      let sent = 0
      while ((await server.ask.statistics()).overflowedClients === 0) {
        await server.ask.send('x'.repeat(50_000))
        sent++
        await eventually(() => expect(other.texts.length).toBe(sent))
      }
      expect(await server.ask.clientCount()).toBe(1)
      stalled.peer.terminate()
    }))

  it('closes one client too many, and all when it shuts down', () =>
    run(async (system) => {
      const { server, url } = await served(system, { connectionsMax: 1 })
      const first = await connected(url)
      const second = await connected(url)
      expect((await once(second.peer, 'close'))[0]).toBe(1013)
      const closed = once(first.peer, 'close')
      expect(await server.ask.shutdown()).toBe(0)
      expect((await closed)[0]).toBe(1001)
    }))

  it('removes a client that claims a longer message than the limit', () =>
    run(async (system) => {
      const { server, url } = await served(system)
      const { peer } = await connected(url)
      peer.send(Buffer.alloc(67_108_865))
      expect((await once(peer, 'close'))[0]).toBe(1009)
      await hasClients(server, 0)
    }))

  it('talks to its own client, which connects again if it shall', () =>
    run(async (system) => {
      const endpoint = `tcp://127.0.0.1:${await lastingPort()}`
      const server = serveWebSocket<unknown>(system, endpoint, json)
      await server.ready()
      const client = dialWebSocket<unknown>(system, endpoint, json, { reconnect: true })
      await client.ready()
      expect(await client.ask.send(1)).toBe('accepted')
      expect((await server.ask.recv()).value).toBe(1)
      await server.ask.send(2)
      expect(await client.ask.recv()).toBe(2)
      await server.ask.shutdown()
      const again = serveWebSocket<unknown>(system, endpoint, json)
      await hasClients(again, 1)
      await again.ask.send(3)
      expect(await client.ask.recv()).toBe(3)
    }))
})

/** Gives its consent and this message in one packet, as it arrives from one who is faster than its client. */
async function hastyServer(message: Buffer): Promise<string> {
  const http = createServer()
  http.on('upgrade', ({ headers }, socket) => {
    const key = `${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
    const accept = createHash('sha1').update(key).digest('base64')
    const consent = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
    const head = [...consent, `Sec-WebSocket-Accept: ${accept}`, '', ''].join('\r\n')
    socket.on('error', () => {})
    socket.write(Buffer.concat([Buffer.from(head), Buffer.of(0x82, message.length), message]))
    onTestFinished(() => void socket.destroy())
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  onTestFinished(() => void http.close())
  return `tcp://127.0.0.1:${(http.address() as AddressInfo).port}`
}

describe('a WebSocket client', () => {
  it('has what comes together with the consent of its server', () =>
    withSystem({ threads: 0 }, async (system) => {
      const client = dialWebSocket<unknown>(system, await hastyServer(Buffer.from('7')), json)
      expect(await client.ask.recv()).toBe(7)
    }))
})
