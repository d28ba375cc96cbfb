import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ActorRef } from 'troupe'
import {
  type DialReliableOptions,
  dialReliable,
  type ReliableServerProtocol,
  type ServeReliableOptions,
  serveReliable,
} from 'troupe/actors'
import { afterAll, describe, expect, it } from 'vitest'
import { BatchKeeper, Keeper } from '#fixtures/reliable/receivers.actor'
import { eventually } from '../../support/eventually.ts'
import { sharedSystem } from '../../support/shared-system.ts'

const directory = mkdtempSync(join(tmpdir(), 'troupe-reliable-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const anyPort = 'tcp://127.0.0.1:0'
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text))
const texts = (prefix: string, count: number) => Array.from({ length: count }, (_, n) => `${prefix} ${n}`)
/** Quick, so that what goes wrong is noticed within a test. */
const quick = { timeoutMs: 300, keepAliveMs: 200 }
const quickly = { ...quick, backoff: { minMs: 10, maxMs: 50 } }

/** A TCP proxy that can change and cut what goes through. */
async function proxy(to: string) {
  const { port: targetPort } = new URL(to)
  const pairs = new Set<readonly [Socket, Socket]>()
  const state = { mangle: (chunk: Buffer): Buffer => chunk, isDeaf: false, connections: 0 }
  const server = createServer((near) => {
    state.connections++
    const far = connect(Number(targetPort), '127.0.0.1')
    const pair = [near, far] as const
    pairs.add(pair)
    near.on('data', (chunk: Buffer) => void (state.isDeaf || far.write(state.mangle(chunk))))
    far.on('data', (chunk: Buffer) => void (state.isDeaf || near.write(chunk)))
    for (const socket of pair) {
      socket.on('error', () => {})
      socket.on('close', () => {
        for (const other of pair) other.destroy()
        pairs.delete(pair)
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const cut = () => {
    for (const [near, far] of pairs) for (const socket of [near, far]) socket.destroy()
  }
  const close = () => {
    server.close()
    cut()
  }
  return Object.assign(state, { url: `tcp://127.0.0.1:${port}`, cut, close })
}

describe('Reliable sessions', () => {
  const system = sharedSystem({ threads: 0 })

  async function pair(serve: ServeReliableOptions = {}, dial: DialReliableOptions = {}) {
    const keeper = system().spawn(Keeper, [])
    const server = serveReliable(system(), anyPort, { receiver: keeper, ...serve })
    await server.ready()
    const url = await server.ask.endpoint()
    const client = dialReliable(system(), url, { name: 'lamp', ...dial })
    const end = async () => {
      client.tell.close()
      await server.ask.close()
    }
    return { keeper, server, client, url, end }
  }

  it('answer for each message that it was processed', async () => {
    const { keeper, client, end } = await pair()
    const result = await client.ask.send(bytes('hello'), { id: '01020304-0506-7008-890a-0b0c0d0e0f10' })
    expect(result).toEqual({ kind: 'delivered', id: '01020304-0506-7008-890a-0b0c0d0e0f10', attempts: 1 })
    expect(await keeper.ask.texts()).toEqual(['hello'])
    expect(await keeper.ask.from()).toEqual(['lamp'])
    expect(await keeper.ask.ids()).toEqual(['01020304-0506-7008-890a-0b0c0d0e0f10'])
    expect(await client.ask.statistics()).toMatchObject({ isConnected: true, resentFrames: 0, pendingMessages: 0 })
    await end()
  })

  it('answer why a receiver refuses a message, fails, or is not there', async () => {
    const { client, server, end } = await pair()
    expect(await client.ask.send(bytes('refuse too hot'))).toMatchObject({ kind: 'rejected', reason: 'too hot' })
    expect(await client.ask.send(bytes('fail'))).toMatchObject({ kind: 'rejected' })
    expect(await client.ask.send(bytes('again'))).toMatchObject({ kind: 'delivered' })
    expect(await server.ask.send('lamp', bytes('x'))).toMatchObject({ kind: 'rejected', reason: 'no-receiver' })
    expect(await server.ask.send('nobody', bytes('x'))).toMatchObject({ kind: 'rejected', reason: 'unknown-peer' })
    await end()
  })

  it('send nothing again where nothing is lost, and find no queue full', async () => {
    // A machine that stands still for a moment is no loss: only what the peer says may bring a message to be sent again.
    const { client, end } = await pair({}, { retry: { baseMs: 600_000, capMs: 600_000 } })
    const one = async (text: string): Promise<void> => {
      expect(await client.ask.send(bytes(text))).toMatchObject({ kind: 'delivered', attempts: 1 })
    }
    // No more at a time than the window: what is beyond waits, and that is what a queue is for.
    for (let round = 0; round < 40; round++) await Promise.all(texts(`round ${round}`, 50).map(one))
    expect(await client.ask.statistics()).toMatchObject({ resentFrames: 0, sendQueueFullCount: 0 })
    await end()
  })

  it('are parked with the reason where their outbox cannot be opened, and nobody else is', async () => {
    const file = new URL(import.meta.url).pathname
    const client = dialReliable(system(), 'tcp://127.0.0.1:1', { outbox: { directory: file } })
    await expect(client.ready()).rejects.toMatchObject({
      code: 'actor-parked',
      message: expect.stringMatching(/is parked: .*EEXIST/),
    })
    await expect(client.ask.statistics()).rejects.toMatchObject({ code: 'actor-parked' })
    const { client: another, end } = await pair()
    expect(await another.ask.send(bytes('hello'))).toMatchObject({ kind: 'delivered' })
    await end()
  })

  it.each([
    [bytes('hello'), 'got one Uint8Array: send takes that'],
    [undefined, 'got undefined'],
  ])('refuse many that are no array, and live on: %o', async (payloads, text) => {
    const { client, server, end } = await pair()
    const refused = {
      delivered: 0,
      failed: [{ index: 0, result: { kind: 'rejected', reason: expect.stringContaining(text) } }],
    }
    expect(await client.ask.sendMany(payloads as never)).toMatchObject(refused)
    expect(await server.ask.sendMany('lamp', payloads as never)).toMatchObject(refused)
    expect((await client.ask.sendMany([bytes('hello')])).delivered).toBe(1)
    await end()
  })

  it('carry messages both ways, many at once, in order, and large ones in chunks', async () => {
    const lamp = system().spawn(Keeper, [])
    const { keeper, client, server, end } = await pair({}, { receiver: lamp })
    const large = 'x'.repeat(700_000)
    const many = [...texts('up', 1_000), large, ...texts('more', 1_000)]
    const up = client.ask.sendMany(many.map(bytes))
    await eventually(async () => expect(await server.ask.peers()).toMatchObject([{ name: 'lamp', isConnected: true }]))
    const down = server.ask.sendMany('lamp', texts('down', 1_000).map(bytes))
    expect(await up).toEqual({ delivered: 2_001, failed: [] })
    expect(await down).toEqual({ delivered: 1_000, failed: [] })
    expect(await keeper.ask.texts()).toEqual(many)
    expect(await lamp.ask.texts()).toEqual(texts('down', 1_000))
    await end()
  })

  it('hand messages on by the batch to those who want that', async () => {
    const batches = system().spawn(BatchKeeper, [])
    const { client, end } = await pair({ receiver: undefined as never, batchReceiver: batches })
    const sent = texts('m', 500)
    const { delivered, failed } = await client.ask.sendMany([...sent, 'refuse this'].map(bytes))
    expect(delivered).toBe(500)
    expect(failed).toMatchObject([{ index: 500, result: { kind: 'rejected', reason: 'no' } }])
    const seen = await batches.ask.seen()
    expect(seen.texts).toEqual(sent)
    expect(seen.batches).toBeLessThan(400)
    expect(seen.idBytes).toBe(501 * 16)
    await end()
  })

  it('answer what cannot be sent at all, and go on', async () => {
    const { client, end } = await pair()
    expect(await client.ask.send(bytes('x'), { id: 'none' })).toMatchObject({ kind: 'rejected', attempts: 0 })
    expect(await client.ask.send('text' as never)).toMatchObject({ kind: 'rejected' })
    expect(await client.ask.send(bytes('x'), { priority: 'urgent' as never })).toMatchObject({ kind: 'rejected' })
    expect(await client.ask.sendMany([bytes('x')], { ttlMs: -1 })).toMatchObject({
      delivered: 0,
      failed: [{ index: 0 }],
    })
    expect(await client.ask.sendMany([])).toEqual({ delivered: 0, failed: [] })
    expect(await client.ask.send(new Uint8Array(2_000_000))).toMatchObject({ reason: 'message-too-large' })
    expect(await client.ask.cancel('none')).toBe(false)
    expect(await client.ask.send(bytes('fine'))).toMatchObject({ kind: 'delivered' })
    await end()
  })

  it('slow their sender down while the receiver is busy, and take messages back', async () => {
    const { keeper, client, end } = await pair(
      { processingMax: 2, receiveQueueMax: 4 },
      { sendQueueMax: 5, windowMax: 8, messageBytesMax: 1_000 },
    )
    const id = '01020304-0506-7008-890a-0b0c0d0e0f10'
    const all = client.ask.sendMany(texts('hold', 30).map(bytes))
    const late = client.ask.send(bytes('hold late'), { id })
    await eventually(async () => expect(await keeper.ask.heldCount()).toBe(2))
    const { queuedMessages, sentFrames } = await client.ask.statistics()
    expect(queuedMessages).toBe(5)
    expect(sentFrames).toBe(4)
    expect(await client.ask.cancel(id)).toBe(false) // it waits for the queue
    const releasing = setInterval(() => keeper.tell.release(), 1)
    expect(await all).toEqual({ delivered: 30, failed: [] })
    expect(await late).toMatchObject({ kind: 'delivered' })
    clearInterval(releasing)
    await end()
  })

  it('refuse or drop what the queue has no room for, low priority first', async () => {
    const { client, keeper, end } = await pair(
      { processingMax: 1, receiveQueueMax: 1 },
      { sendQueueMax: 2, sendPolicy: 'reject', windowMax: 1 },
    )
    const first = client.ask.send(bytes('hold'))
    await eventually(async () => expect(await keeper.ask.heldCount()).toBe(1))
    const results = [
      client.ask.send(bytes('debug'), { priority: 'low' }),
      client.ask.send(bytes('a')),
      client.ask.send(bytes('b')),
      client.ask.send(bytes('c')),
    ]
    expect(await results[0]).toMatchObject({ kind: 'abandoned', reason: 'queue-full', attempts: 0 })
    expect(await results[3]).toMatchObject({ kind: 'abandoned', reason: 'queue-full', attempts: 0 })
    expect(await client.ask.metrics()).toMatch(/message_abandoned_total\{.+,reason="queue-full"\} 2/)
    await keeper.ask.release()
    expect(await Promise.all([first, results[1], results[2]])).toMatchObject(Array(3).fill({ kind: 'delivered' }))
    expect(await keeper.ask.texts()).toEqual(['hold', 'a', 'b'])
    await end()
  })

  it('abandon what nobody takes in time', async () => {
    const client = dialReliable(system(), 'tcp://127.0.0.1:1', { ttlMs: 50, backoff: { minMs: 10, maxMs: 20 } })
    expect(await client.ask.send(bytes('x'))).toMatchObject({ kind: 'abandoned', reason: 'expired', attempts: 0 })
    const pending = client.ask.send(bytes('y'), { ttlMs: Number.POSITIVE_INFINITY })
    client.tell.close()
    expect(await pending).toMatchObject({ kind: 'abandoned', reason: 'closed' })
  })

  it('answer for what waits for the queue too, when its time is over and nobody is there', async () => {
    const options = { sendQueueMax: 1, backoff: { minMs: 10, maxMs: 20 } }
    const client = dialReliable(system(), 'tcp://127.0.0.1:1', options)
    const first = client.ask.send(bytes('x'), { ttlMs: Number.POSITIVE_INFINITY })
    const waiting = [client.ask.send(bytes('y'), { ttlMs: 50 }), client.ask.send(bytes('z'), { ttlMs: 100 })]
    expect(await Promise.all(waiting)).toMatchObject(
      Array(2).fill({ kind: 'abandoned', reason: 'expired', attempts: 0 }),
    )
    expect(await client.ask.metrics()).toMatch(/message_abandoned_total\{.+,reason="expired"\} 2/)
    client.tell.close()
    expect(await first).toMatchObject({ kind: 'abandoned', reason: 'closed' })
  })

  it('tell their peer when they are closed', async () => {
    const { client, server, end } = await pair()
    await client.ask.send(bytes('x'))
    const pending = client.ask.send(bytes('hold'))
    await eventually(async () => expect((await client.ask.statistics()).sentFrames).toBe(2))
    expect(await server.ask.forget('lamp')).toBe(true)
    expect(await pending).toMatchObject({ kind: 'abandoned', reason: 'peer-reset' })
    expect(await server.ask.forget('nobody')).toBe(false)
    expect(await client.ask.send(bytes('new session'))).toMatchObject({ kind: 'delivered' })
    await end()
  })

  it('lose and double nothing while their connection breaks again and again', async () => {
    const { server, keeper, url, client: direct, end } = await pair(quick)
    direct.tell.close()
    const between = await proxy(url)
    const client = dialReliable(system(), between.url, {
      name: 'far',
      ttlMs: 30_000,
      ...quickly,
      retry: { retriesMax: 20 },
    })
    const sent = texts('m', 2_000)
    let chunks = 0
    between.mangle = (chunk) => {
      if (++chunks % 6 === 0) setImmediate(between.cut)
      return chunk
    }
    const results = []
    for (let n = 0; n < sent.length; n += 100)
      results.push(await client.with({ deadlineMs: 30_000 }).ask.sendMany(sent.slice(n, n + 100).map(bytes)))
    expect(results.flatMap(({ failed }) => failed)).toEqual([])
    expect(await keeper.ask.texts()).toEqual(sent)
    expect(between.connections).toBeGreaterThan(1)
    expect((await server.ask.peers()).map(({ name }) => name)).toContain('far')
    client.tell.close()
    between.close()
    await end()
  })

  it('come back from a stream that is out of step, and accept nothing that was changed', async () => {
    const { keeper, url, client: direct, end } = await pair(quick)
    direct.tell.close()
    const between = await proxy(url)
    let chunks = 0
    between.mangle = (chunk) => {
      if (++chunks % 5 !== 0) return chunk
      const changed = Buffer.from(chunk)
      const at = (chunks * 7) % Math.min(changed.length, 80)
      changed[at] = changed[at]! ^ (1 << (chunks % 8))
      return changed
    }
    const client = dialReliable(system(), between.url, {
      name: 'far',
      ttlMs: 60_000,
      ...quickly,
      retry: { retriesMax: 50 },
    })
    const sent = texts('m', 400)
    for (let n = 0; n < sent.length; n += 20) {
      expect((await client.with({ deadlineMs: 30_000 }).ask.sendMany(sent.slice(n, n + 20).map(bytes))).failed).toEqual(
        [],
      )
    }
    expect(await keeper.ask.texts()).toEqual(sent)
    client.tell.close()
    between.close()
    await end()
  }, 30_000)

  it('notice a peer that is gone without a word', async () => {
    const { keeper, url, client: direct, end } = await pair(quick)
    direct.tell.close()
    const between = await proxy(url)
    const client = dialReliable(system(), between.url, { name: 'far', ...quickly, retry: { retriesMax: 50 } })
    await client.ask.send(bytes('one'))
    between.isDeaf = true
    const pending = client.ask.send(bytes('two'))
    await eventually(() => expect(between.connections).toBeGreaterThan(1))
    between.isDeaf = false
    expect(await pending).toMatchObject({ kind: 'delivered' })
    expect(await keeper.ask.texts()).toEqual(['one', 'two'])
    client.tell.close()
    between.close()
    await end()
  })

  it('process a message again neither under its id nor after a new connection', async () => {
    const { keeper, client, url, end } = await pair()
    const id = '01020304-0506-7008-890a-0b0c0d0e0f11'
    await client.ask.send(bytes('once'), { id })
    expect(await client.ask.send(bytes('once'), { id })).toMatchObject({ kind: 'delivered' })
    client.tell.close()
    const again = dialReliable(system(), url, { name: 'lamp' })
    expect(await again.ask.send(bytes('once'), { id })).toMatchObject({ kind: 'delivered' })
    expect(await keeper.ask.texts()).toEqual(['once'])
    again.tell.close()
    await end()
  })

  it('show their metrics', async () => {
    const { client, server, end } = await pair()
    await client.ask.send(bytes('x'))
    expect(await client.ask.metrics()).toMatch(
      /tcp_comm_ack_received_total\{device_id="tcp:\/\/127[^"]+",outcome="delivered"\} 1/,
    )
    expect(await server.ask.metrics()).toContain('tcp_comm_dedup_cache_size 1')
    await end()
  })

  it('keep messages in an outbox from one life to the next', async () => {
    const keeper = system().spawn(Keeper, [])
    const outbox = { directory: join(directory, 'outbox') }
    const first = dialReliable(system(), 'tcp://127.0.0.1:1', { outbox, ...quickly })
    await first.ready()
    const pending = first.with({ deadlineMs: 30_000 }).ask.sendMany(texts('m', 20).map(bytes))
    await eventually(async () => expect((await first.ask.statistics()).pendingMessages).toBe(20))
    await stopped(first) // as a shutdown does it, without `close`
    expect((await pending).failed).toHaveLength(20)
    const server = serveReliable(system(), anyPort, { receiver: keeper })
    await server.ready()
    const second = dialReliable(system(), await server.ask.endpoint(), { name: 'lamp', outbox })
    expect(await second.ask.send(bytes('after'))).toMatchObject({ kind: 'delivered' })
    expect(await keeper.ask.texts()).toEqual([...texts('m', 20), 'after'])
    second.tell.close()
    await server.ask.close()
  })

  it('refuse options that are misspelt or out of range', () => {
    const dial = (options: object) => () => dialReliable(system(), anyPort, options)
    expect(dial({ windowMax: 0 })).toThrow('windowMax must be a whole number from 1 to 16384')
    expect(dial({ window: 1 })).toThrow("unknown option 'window'")
    expect(dial({ chunkBytes: 100 })).toThrow('chunkBytes must be a power of two')
    expect(dial({ messageBytesMax: 10_000_000 })).toThrow('messageBytesMax must be at most 3276800')
    expect(dial({ name: 'x'.repeat(257) })).toThrow('name must be text of at most 256 bytes')
    expect(dial({ receiver: {}, batchReceiver: {} })).toThrow('exclude each other')
    expect(() => serveReliable(system(), anyPort, { peersMax: 0 })).toThrow('peersMax must be a whole number')
  })

  async function stopped(ref: ActorRef<never> | ActorRef<any>): Promise<void> {
    await system().stop(ref as never)
  }

  it('hold as many sessions as they may, and let those go who are away', async () => {
    const { url, client, server, end } = await pair({ peersMax: 1 })
    await client.ask.send(bytes('x'))
    const other = dialReliable(system(), url, { name: 'other', ttlMs: 200, backoff: { minMs: 10, maxMs: 20 } })
    expect(await other.ask.send(bytes('y'))).toMatchObject({ kind: 'abandoned' })
    client.tell.close()
    await eventually(async () => expect(await other.ask.send(bytes('z'))).toMatchObject({ kind: 'delivered' }))
    expect(await namesOf(server)).toEqual(['other'])
    other.tell.close()
    await end()
  })

  const namesOf = async (server: ActorRef<ReliableServerProtocol>) => (await server.ask.peers()).map(({ name }) => name)
})
