import { PassThrough } from 'node:stream'
import { createSystem } from 'troupe'
import { receiveBroadcast } from 'troupe/actors'
import { describe, expect, it } from 'vitest'
import { CountingCodec } from '#fixtures/broadcast/counting-codec'
import { eventually } from '../../support/eventually.ts'
import { withSystem } from '../../support/with-system.ts'
import { hasClients, json, ScriptedClient, served } from './clients.ts'

const codecModule = new URL('../../../dist/test/fixtures/broadcast/counting-codec.js', import.meta.url).href
const sampleModule = new URL('../../../dist/test/fixtures/broadcast/sample-codec.js', import.meta.url).href

describe('a value for many clients', () => {
  it('is encoded once', () =>
    withSystem({ threads: 0 }, async (system) => {
      const codec = { kind: 'module', module: codecModule, exportName: 'countingCodec' } as const
      const { server, endpoint } = await served<number>(system, {}, codec)
      const clients = Array.from({ length: 10 }, () => receiveBroadcast<number>(system, endpoint, json))
      await hasClients(server, 10)
      CountingCodec.encodedCount = 0
      for (let n = 0; n < 50; n++) server.tell.send(n)
      for (const client of clients) for (let n = 0; n < 50; n++) expect(await client.ask.recv()).toBe(n)
      expect(CountingCodec.encodedCount).toBe(50)
      const { batchCount, copiedBatchCount } = await server.ask.statistics()
      expect(batchCount).toBeLessThan(50)
      expect(copiedBatchCount).toBe(0)
    }))

  it('may be a struct with a schema, by a module of the program', () =>
    withSystem({ threads: 2 }, async (system) => {
      const codec = { kind: 'module', module: sampleModule, exportName: 'makeSampleCodec' } as const
      const { server, endpoint } = await served<{ number: number; text: string }>(system, {}, codec)
      const client = receiveBroadcast(system, endpoint, codec)
      await hasClients(server, 1)
      server.tell.send({ number: 1, text: 'one' })
      expect(await client.ask.recv()).toEqual({ number: 1, text: 'one' })
    }))

  it('may be larger than the arena has room for', () =>
    withSystem({ threads: 0, arenaBytes: 65_536 }, async (system) => {
      const { server, endpoint } = await served<string>(system)
      const client = receiveBroadcast<string>(system, endpoint, json)
      await hasClients(server, 1)
      const text = 'x'.repeat(1_000_000)
      server.tell.send(text)
      expect(await client.ask.recv()).toBe(text)
      expect((await server.ask.statistics()).copiedBatchCount).toBe(1)
    }))
})

describe('a client that failed', () => {
  it('is removed with one warning', async () => {
    const destination = new PassThrough()
    const system = await createSystem({ threads: 0, signals: false, log: { level: 'warn', destination } })
    const { server, endpoint } = await served<number>(system)
    const client = await ScriptedClient.connect(endpoint)
    await hasClients(server, 1)
    client.socket.resetAndDestroy()
    await hasClients(server, 0)
    await server.ask.shutdown()
    await system.shutdown()
    const lines = String(destination.read() ?? '')
      .trim()
      .split('\n')
    const warnings = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatchObject({
      code: 'io',
      msg: expect.stringMatching(/^client 127\.0\.0\.1:\d+ is removed: /),
    })
    await eventually(() => expect(client.socket.destroyed).toBe(true))
  })
})
