import { fileURLToPath } from 'node:url'
import type { ActorSystem } from 'troupe'
import { dialDuplex, dialSender, receiveBroadcast, serveBroadcast, serveDuplex, serveReceiver } from 'troupe/actors'
import { describe, expect, it } from 'vitest'
import { ValueCollector } from '#fixtures/broadcast/value-collector.actor'
import { eventually } from '../../support/eventually.ts'
import { withSystem } from '../../support/with-system.ts'
import { anywhere, json, ScriptedClient } from './clients.ts'

const patient = { deadlineMs: 20_000 }
const certificate = fileURLToPath(new URL('../../fixtures/tls/server.pem', import.meta.url))
const authority = fileURLToPath(new URL('../../fixtures/tls/ca.pem', import.meta.url))
const key = fileURLToPath(new URL('../../fixtures/tls/server-key.pem', import.meta.url))

describe.each([0, 2])('values between clients and a server, with %i threads', (threads) => {
  const run = (body: (system: ActorSystem) => Promise<void>): Promise<void> => withSystem({ threads }, body)

  it('go from many producers to one consumer, which is told from whom', () =>
    run(async (system) => {
      const server = serveReceiver<string>(system, anywhere, json)
      await server.ready()
      const endpoint = await server.ask.endpoint()
      const clients = ['a', 'b'].map((name) => ({ name, ref: dialSender<string>(system, endpoint, json) }))
      for (const { name, ref } of clients) for (const n of [1, 2, 3]) ref.tell.send(`${name}${n}`)
      const seen: Record<string, string[]> = {}
      for (let n = 0; n < 6; n++) {
        const { value, from } = await server.ask.recv()
        ;(seen[from] ??= []).push(value)
      }
      expect(Object.values(seen).toSorted()).toEqual([
        ['a1', 'a2', 'a3'],
        ['b1', 'b2', 'b3'],
      ])
      const ids = (await server.ask.connectedClients()).map(({ id }) => id)
      expect(Object.keys(seen).toSorted()).toEqual(ids.toSorted())
      for (const { ref } of clients) ref.tell.endLink()
      await eventually(async () => expect((await server.ask.statistics()).clients.endedCount).toBe(2))
    }))

  it('go both ways, to all or to one', () =>
    run(async (system) => {
      const server = serveDuplex<string>(system, anywhere, json)
      await server.ready()
      const endpoint = await server.ask.endpoint()
      const [one, two] = [0, 1].map(() => dialDuplex<string>(system, endpoint, json))
      expect(await one!.ask.send('hello')).toBe('accepted')
      const { value, from } = await server.ask.recv()
      expect(value).toBe('hello')
      await eventually(async () => expect(await server.ask.clientCount()).toBe(2))
      expect(await server.ask.send('to all')).toBe('accepted')
      expect(await server.ask.sendTo(from, 'to one')).toBe('accepted')
      expect(await server.ask.send('to all again')).toBe('accepted')
      expect(await server.ask.sendTo('/nobody/connection-1', 'lost')).toBe('no-client')
      for (const text of ['to all', 'to one', 'to all again']) expect(await one!.ask.recv()).toBe(text)
      for (const text of ['to all', 'to all again']) expect(await two!.ask.recv()).toBe(text)
      one!.tell.close()
      await eventually(async () => expect(await server.ask.clientCount()).toBe(1))
    }))

  it('go on being sent to a client whose values nobody takes', () =>
    run(async (system) => {
      const server = serveDuplex<string>(system, anywhere, json, { inboxMessagesMax: 1 })
      await server.ready()
      const client = dialDuplex<string>(system, await server.ask.endpoint(), json)
      for (let n = 0; n < 10; n++) await client.ask.send(`${n}`)
      await eventually(async () => expect((await server.ask.statistics()).waitingMessages).toBeGreaterThan(0))
      await server.ask.send('still here')
      expect(await client.ask.recv()).toBe('still here')
      for (let n = 0; n < 10; n++) expect((await server.ask.recv()).value).toBe(`${n}`)
    }))

  it('slow their producers down while nobody takes them, and none is lost', () =>
    run(async (system) => {
      const server = serveReceiver<string>(system, anywhere, json, { inboxMessagesMax: 10 })
      await server.ready()
      const client = dialSender<string>(system, await server.ask.endpoint(), json, { link: { queueBytesMax: 65_536 } })
      const text = 'x'.repeat(1_000)
      const count = 20_000
      let sent = 0
      const sending = (async () => {
        for (; sent < count; sent++) {
          const answer = await client.with({ deadlineMs: 60_000 }).ask.send(`${sent} ${text}`)
          if (answer !== 'accepted') throw new Error(answer)
        }
      })()
      let heldAt = -1
      await eventually(async () => {
        const before = heldAt
        heldAt = (await client.ask.linkStatistics()).sentMessages
        expect(heldAt).toBe(before)
        expect(heldAt).toBeGreaterThan(0)
      })
      expect(sent).toBeLessThan(count)
      for (let n = 0; n < count; ) {
        for (const { value } of await server.with(patient).ask.recvMany(1_000)) {
          if (!value.startsWith(`${n++} `)) throw new Error(`message ${n - 1} is ${value.slice(0, 10)}`)
        }
      }
      await sending
    }))

  it('may be larger than a message between threads, where they are told about as bytes', () =>
    run(async (system) => {
      const server = serveReceiver<number[]>(system, anywhere, json)
      await server.ready()
      const client = await ScriptedClient.connect(await server.ask.endpoint())
      const text = Buffer.from(`[${'7,'.repeat(49_999)}7]${' '.repeat(400_000)}`)
      const prefix = Buffer.alloc(4)
      prefix.writeUInt32LE(text.length)
      client.socket.write(Buffer.concat([prefix, text]))
      expect((await server.ask.recv()).value).toEqual(Array.from({ length: 50_000 }, () => 7))
      client.destroy()
    }))

  it('are told to an actor, with their sender', () =>
    run(async (system) => {
      const collector = system.spawn(ValueCollector, [])
      const server = serveReceiver<unknown>(system, anywhere, json, { to: collector })
      await server.ready()
      const client = dialSender<number>(system, await server.ask.endpoint(), json)
      await client.ask.send(1)
      await client.ask.send(2)
      const from = (await server.ask.connectedClients())[0]?.id
      await eventually(async () =>
        expect(await collector.ask.all()).toEqual([
          { value: 1, from },
          { value: 2, from },
        ]),
      )
    }))

  it('that cannot be decoded close their connection, with the place, after those before them', () =>
    run(async (system) => {
      const server = serveReceiver<number>(system, anywhere, { kind: 'message-pack' })
      await server.ready()
      const client = await ScriptedClient.connect(await server.ask.endpoint())
      client.read()
      client.socket.write(Buffer.from([1, 0, 0, 0, 7, 2, 0, 0, 0, 0x91, 0xc1]))
      expect((await server.ask.recv()).value).toBe(7)
      await eventually(async () => expect((await server.ask.statistics()).clients.failedCounts).toEqual({ decode: 1 }))
      client.destroy()
    }))

  it('that cannot be decoded end a client with the reason', () =>
    run(async (system) => {
      const server = serveBroadcast<Uint8Array>(system, anywhere, { kind: 'raw' })
      await server.ready()
      const client = receiveBroadcast<unknown>(system, await server.ask.endpoint(), { kind: 'message-pack' })
      await eventually(async () => expect(await server.ask.clientCount()).toBe(1))
      await server.ask.send(Uint8Array.of(7))
      await server.ask.send(Uint8Array.of(0x91, 0xc1))
      expect(await client.ask.recv()).toBe(7)
      await expect(client.ask.recv()).rejects.toMatchObject({
        code: 'decode',
        message: expect.stringMatching(
          /^message 2 of .* \(2 bytes\) cannot be decoded: invalid MessagePack at offset 1/,
        ),
      })
    }))

  it('that are too large are refused on both sides, and the server lives on', () =>
    run(async (system) => {
      const framing = { kind: 'length-prefix', messageBytesMax: 10 } as const
      const server = serveDuplex<string>(system, anywhere, json, { link: { framing } })
      await server.ready()
      const endpoint = await server.ask.endpoint()
      const client = dialDuplex<string>(system, endpoint, json, { link: { framing } })
      await eventually(async () => expect(await server.ask.clientCount()).toBe(1))
      expect(await server.ask.send('more than ten')).toBe('message-too-large')
      expect(await client.ask.send('more than ten')).toBe('message-too-large')
      expect(await server.ask.send(5n as never)).toBe('invalid-value')
      expect(await server.ask.send('fits')).toBe('accepted')
      expect(await client.ask.recv()).toBe('fits')
      const stranger = await ScriptedClient.connect(endpoint)
      stranger.socket.write(Buffer.from([11, 0, 0, 0]))
      await eventually(async () =>
        expect((await server.ask.statistics()).clients.failedCounts).toEqual({ 'message-too-large': 1 }),
      )
      stranger.destroy()
    }))

  it('go over TLS, and over a Unix socket', () =>
    run(async (system) => {
      const places = [
        { protocol: 'tls', host: '127.0.0.1', port: 0, certFile: certificate, keyFile: key } as const,
        `unix://${process.env['TMPDIR'] ?? '/tmp'}/troupe-broadcast-${process.pid}-${threads}.sock`,
      ]
      for (const place of places) {
        const server = serveBroadcast<number>(system, place, json)
        await server.ready()
        const url = (await server.ask.endpoint()).replace(/\?.*$/, '')
        const client = receiveBroadcast<number>(
          system,
          url.startsWith('tls') ? `${url.split('?')[0]}?caFile=${authority}` : url,
          json,
        )
        await eventually(async () => expect(await server.ask.clientCount()).toBe(1))
        for (let n = 0; n < 100; n++) server.tell.send(n)
        for (let n = 0; n < 100; n++) expect(await client.ask.recv()).toBe(n)
        await server.with(patient).ask.shutdown()
      }
    }))
})
