import { connect, createServer, type Socket } from 'node:net'
import type { ActorRef } from 'troupe'
import { type ChaosConfig, type ChaosOptions, type ChaosProtocol, listen, spawnChaos } from 'troupe/actors'
import { describe, expect, it } from 'vitest'
import { Echo } from '#fixtures/connection/echo.actor'
import { eventually } from '../../support/eventually.ts'
import { RawPeer, rawServer } from '../../support/raw-peer.ts'
import { sharedSystem } from '../../support/shared-system.ts'

const ANY = 'tcp://127.0.0.1:0'
const framing = { kind: 'length-prefix' } as const
const sent = (count: number): string[] => Array.from({ length: count }, (_, n) => `message ${n}`)
const refused = (code: string) => expect.objectContaining({ name: 'UsageError', code })

interface Standing {
  readonly chaos: ActorRef<ChaosProtocol>
  readonly peer: RawPeer
}

/** A server that looks at bytes, not at messages. */
async function byteServer(onSocket: (socket: Socket) => void): Promise<{ readonly url: string; close(): void }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    onSocket(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const close = (): void => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  return { url: `tcp://127.0.0.1:${port}`, close }
}

/** A peer who is connected to the other side of the chaos, an echo by default. */
async function between(
  system: Parameters<typeof spawnChaos>[0],
  options: Partial<ChaosOptions> = {},
  to?: string,
): Promise<Standing> {
  const server = to ?? (await listen(system, Echo, ANY, []).ask.endpoint())
  const chaos = spawnChaos(system, { listen: ANY, to: server, framing, seed: 1, ...options })
  return { chaos, peer: await RawPeer.connect(await chaos.ask.endpoint()) }
}

describe.each([0, 1])('chaos between two connections, with %i threads', (threads) => {
  const system = sharedSystem({ threads })

  it('passes messages both ways, empty ones too, and tells one side of the end of the other', async () => {
    const { chaos, peer } = await between(system())
    const texts = ['one', '', 'x'.repeat(100_000)]
    for (const text of texts) peer.say(text)
    await eventually(() => expect(peer.messages).toEqual(texts))
    const counted = { seenMessages: 3, seenBytes: 100_003, deliveredMessages: 3 }
    expect(await chaos.ask.statistics()).toMatchObject({
      seed: 1,
      acceptedConnections: 1,
      openConnections: 1,
      up: counted,
      down: counted,
      heldMessages: 0,
    })
    peer.socket.end()
    await peer.closed
    expect(peer).toMatchObject({ hasEnded: true, error: undefined })
    await eventually(async () =>
      expect(await chaos.ask.statistics()).toMatchObject({ openConnections: 0, up: counted }),
    )
  })

  it('loses, repeats, overtakes and changes messages as it is told, and counts them', async () => {
    const config = { lossRate: 0.2, duplicateRate: 0.2, reorderRate: 0.2, corruptionRate: 0.2, scatterMs: 5 }
    const { chaos, peer } = await between(system(), { up: config })
    for (const text of sent(500)) peer.say(text)
    await eventually(async () => {
      const { up, down, heldMessages } = await chaos.ask.statistics()
      expect(up.seenMessages).toBe(500)
      expect(heldMessages).toBe(0)
      expect(down.seenMessages).toBe(500 - up.lostMessages + up.duplicatedMessages)
      expect(peer.messages.length).toBe(down.seenMessages)
    })
    const { up, down } = await chaos.ask.statistics()
    for (const count of [up.lostMessages, up.duplicatedMessages, up.reorderedMessages, up.corruptedMessages]) {
      expect(count).toBeGreaterThan(20)
    }
    expect(down).toMatchObject({ lostMessages: 0, duplicatedMessages: 0, reorderedMessages: 0, corruptedMessages: 0 })
    const unharmed = peer.messages.filter((text) => /^message \d+$/.test(text))
    expect(unharmed.length).toBeLessThan(peer.messages.length)
    expect(unharmed).not.toEqual([...unharmed].sort())
    peer.socket.destroy()
  })

  it('does the same to the first connection whenever the seed is the same', async () => {
    const outcomes: string[][] = []
    for (const seed of [5, 5, 6]) {
      const { chaos, peer } = await between(system(), { seed, up: { lossRate: 0.5 } })
      for (const text of sent(100)) peer.say(text)
      await eventually(async () => {
        const { up, down } = await chaos.ask.statistics()
        expect(up.seenMessages).toBe(100)
        expect(peer.messages.length).toBe(100 - up.lostMessages)
        expect(down.deliveredMessages).toBe(peer.messages.length)
      })
      outcomes.push(peer.messages)
      peer.socket.destroy()
    }
    expect(outcomes[1]).toEqual(outcomes[0])
    expect(outcomes[2]).not.toEqual(outcomes[0])
  })

  it('holds messages up, in order, and lets others be faster once it is told', async () => {
    const { chaos, peer } = await between(system(), { config: { latencyMs: 30, latencyVarianceMs: 20 } })
    for (const text of sent(50)) peer.say(text)
    await eventually(() => expect(peer.messages).toEqual(sent(50)))
    expect(await chaos.ask.set({})).toBeUndefined()
    peer.say('at once')
    await eventually(() => expect(peer.messages.at(-1)).toBe('at once'))
    peer.socket.destroy()
  })

  it('lets nothing through in a partition, and again when it heals', async () => {
    const { chaos, peer } = await between(system())
    await chaos.ask.partition('down')
    peer.say('answered in vain')
    await eventually(async () => {
      expect(await chaos.ask.statistics()).toMatchObject({
        up: { deliveredMessages: 1 },
        down: { partitionedMessages: 1 },
      })
    })
    await chaos.ask.partition()
    peer.say('lost on its way')
    await eventually(async () => expect(await chaos.ask.statistics()).toMatchObject({ up: { partitionedMessages: 1 } }))
    await chaos.ask.heal()
    peer.say('heard')
    await eventually(() => expect(peer.messages).toEqual(['heard']))
    peer.socket.destroy()
  })

  it('resets both sides, of all connections or of one', async () => {
    const others: RawPeer[] = []
    const server = await rawServer((peer) => void others.push(peer))
    const { chaos, peer } = await between(system(), {}, server.url)
    const second = await RawPeer.connect(await chaos.ask.endpoint())
    await eventually(() => expect(others.length).toBe(2))
    await eventually(async () => expect(await chaos.ask.connections()).toHaveLength(2))
    expect(await chaos.ask.reset(`127.0.0.1:${second.socket.localPort}`)).toBe(1)
    await second.closed
    expect(second.error?.code).toBe('ECONNRESET')
    await eventually(() => expect(others.filter(({ error }) => error?.code === 'ECONNRESET')).toHaveLength(1))
    expect(peer.error).toBeUndefined()
    expect(await chaos.ask.reset()).toBe(1)
    await peer.closed
    expect(peer.error?.code).toBe('ECONNRESET')
    await eventually(() => expect(others.filter(({ error }) => error?.code === 'ECONNRESET')).toHaveLength(2))
    await eventually(async () => expect(await chaos.ask.statistics()).toMatchObject({ openConnections: 0 }))
    server.close()
  })

  it('kicks in order', async () => {
    const { chaos, peer } = await between(system())
    peer.say('hello')
    await eventually(() => expect(peer.messages).toEqual(['hello']))
    expect(await chaos.ask.kick()).toBe(1)
    await eventually(() => expect(peer.hasEnded).toBe(true))
    await peer.closed
    expect(peer.error).toBeUndefined()
    await eventually(async () => expect(await chaos.ask.statistics()).toMatchObject({ openConnections: 0 }))
  })

  it('ends at once when it is stopped, also while its connections are ending: its thread can end then', async () => {
    const { chaos, peer } = await between(system())
    peer.say('hello')
    await eventually(() => expect(peer.messages).toEqual(['hello']))
    chaos.tell.kick()
    await system().stop(chaos)
    await peer.closed
  })

  it.each([
    ['resetRate', 'resets'],
    ['kickRate', 'kicks'],
  ] as const)('ends the connection by chance with %s', async (rate, counted) => {
    const { chaos, peer } = await between(system(), { config: { [rate]: 1 } })
    peer.say('the last')
    await peer.closed
    await eventually(async () => {
      expect(await chaos.ask.statistics()).toMatchObject({
        openConnections: 0,
        up: { [counted]: 1, cutOffMessages: 1 },
      })
    })
  })

  it('resets one side when the other is reset', async () => {
    const others: RawPeer[] = []
    const server = await rawServer((peer) => void others.push(peer))
    const { peer } = await between(system(), {}, server.url)
    await eventually(() => expect(others.length).toBe(1))
    others[0]!.socket.resetAndDestroy()
    await peer.closed
    expect(peer.error?.code).toBe('ECONNRESET')
    server.close()
  })

  it('leaves the other side alone when half open, which talks to nobody then', async () => {
    const others: RawPeer[] = []
    const server = await rawServer((peer) => void others.push(peer))
    const { chaos, peer } = await between(system(), { config: { halfOpen: true } }, server.url)
    peer.say('hello')
    await eventually(() => expect(others[0]?.messages).toEqual(['hello']))
    peer.socket.end()
    await peer.closed
    others[0]!.say('are you there?')
    await eventually(async () => expect(await chaos.ask.statistics()).toMatchObject({ down: { seenMessages: 1 } }))
    expect(others[0]).toMatchObject({ hasEnded: false, error: undefined })
    expect(await chaos.ask.statistics()).toMatchObject({ openConnections: 1 })
    others[0]!.socket.end()
    await others[0]!.closed
    await eventually(async () => expect(await chaos.ask.statistics()).toMatchObject({ openConnections: 0 }))
    server.close()
  })

  it('lets each byte arrive by itself', async () => {
    const sizes: number[] = []
    const server = await byteServer((socket) => void socket.on('data', ({ length }) => void sizes.push(length)))
    const { peer } = await between(system(), { config: { oneByteReads: true } }, server.url)
    for (const text of ['one', '', 'three']) peer.say(text)
    await eventually(() => expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(3 * 4 + 8))
    // On another thread they may come faster than this one reads.
    if (threads === 0) expect(sizes.length).toBeGreaterThan(10)
    peer.socket.destroy()
    server.close()
  })

  it('resets who cannot be connected any further, and counts it', async () => {
    const { url, close } = await rawServer(() => {})
    close()
    const chaos = spawnChaos(system(), { listen: ANY, to: url })
    const { port } = new URL(await chaos.ask.endpoint())
    const socket = connect(Number(port), '127.0.0.1').on('error', () => {})
    await new Promise((resolve) => socket.once('close', resolve))
    await eventually(async () => {
      expect(await chaos.ask.statistics()).toMatchObject({ failedDials: 1, openConnections: 0, acceptedConnections: 1 })
    })
  })

  it('reads no more while it holds as much as it may, and loses nothing', async () => {
    const options = { heldMessagesMax: 10, config: { latencyMs: 1 } }
    const { chaos, peer } = await between(system(), options)
    for (const text of sent(2_000)) peer.say(text)
    await eventually(() => expect(peer.messages.length).toBe(2_000))
    expect(peer.messages).toEqual(sent(2_000))
    expect(await chaos.ask.statistics()).toMatchObject({ heldMessages: 0, heldBytes: 0 })
    peer.socket.destroy()
  })

  it('slows the sender down when the reader is slow, end to end', async () => {
    const server = await byteServer((socket) => void socket.pause())
    const options: Partial<ChaosOptions> = { heldBytesMax: 65_536, framing: 'raw' }
    const { chaos, peer } = await between(system(), options, server.url)
    const total = 64 * 1_048_576
    let written = 0
    const chunk = Buffer.alloc(1_048_576)
    while (written < total && peer.socket.write(chunk)) written += chunk.length
    while (written < total) {
      peer.socket.write(chunk)
      written += chunk.length
    }
    let last = -1
    await eventually(async () => {
      const { up } = await chaos.ask.statistics()
      const before = last
      last = up.seenBytes
      expect([up.seenBytes > 0, before]).toEqual([true, up.seenBytes])
    })
    // Kernel buffers, the queue of the link and what may be held.
    expect(last).toBeLessThan(40 * 1_048_576)
    expect((await chaos.ask.statistics()).heldBytes).toBeLessThan(1_048_576)
    peer.socket.destroy()
    server.close()
  })

  it('passes raw bytes as they come, changed, but never lost or swapped', async () => {
    let got = Buffer.alloc(0)
    const server = await byteServer(
      (socket) => void socket.on('data', (data) => void (got = Buffer.concat([got, data]))),
    )
    const { chaos, peer } = await between(
      system(),
      { framing: 'raw', config: { latencyMs: 2, latencyVarianceMs: 2 } },
      server.url,
    )
    const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, n) => n % 251))
    peer.socket.write(bytes)
    await eventually(() => expect(got.length).toBe(bytes.length))
    expect(got.equals(bytes)).toBe(true)
    expect(await chaos.ask.set({ corruptionRate: 1 })).toBeUndefined()
    peer.socket.write(bytes)
    await eventually(() => expect(got.length).toBe(2 * bytes.length))
    expect(got.subarray(bytes.length).equals(bytes)).toBe(false)
    peer.socket.destroy()
    server.close()
  })

  it('holds raw bytes up in a partition, and loses none', async () => {
    let got = ''
    const server = await byteServer((socket) => void socket.on('data', (data) => void (got += String(data))))
    const { chaos, peer } = await between(system(), { framing: 'raw' }, server.url)
    await chaos.ask.partition()
    peer.socket.write('one')
    await eventually(async () => expect(await chaos.ask.statistics()).toMatchObject({ heldBytes: 3 }))
    peer.socket.write('two')
    expect(got).toBe('')
    await chaos.ask.heal()
    await eventually(() => expect(got).toBe('onetwo'))
    peer.socket.destroy()
    server.close()
  })

  it('passes what was changed even where the framing would not take it', async () => {
    let got = ''
    const server = await byteServer((socket) => void socket.on('data', (data) => void (got += data.toString('latin1'))))
    const options: Partial<ChaosOptions> = { framing: { kind: 'line' }, config: { corruptionRate: 1 } }
    const { chaos, peer } = await between(system(), options, server.url)
    for (let n = 0; n < 500; n++) peer.socket.write(`line ${n}\n`)
    const length = sent(500).reduce((sum, _, n) => sum + `line ${n}\n`.length, 0)
    await eventually(() => expect(got.length).toBe(length))
    expect(await chaos.ask.statistics()).toMatchObject({ up: { corruptedMessages: 500, deliveredMessages: 500 } })
    peer.socket.destroy()
    server.close()
  })

  it('loads a framing of one’s own', async () => {
    const module = new URL('../../fixtures/framing-of-lines.js', import.meta.url).href
    const options = { framing: { kind: 'module', module, exportName: 'nothing' } as const }
    const chaos = spawnChaos(system(), { listen: ANY, to: ANY, ...options })
    await expect(chaos.ready()).rejects.toThrow(/cannot import/)
  })

  it('answers why it cannot have a config, and keeps the old one', async () => {
    const { chaos, peer } = await between(system(), { framing: 'raw' })
    const cases: [ChaosConfig, string][] = [
      [{ lossRate: 2 }, 'invalid-option'],
      [{ lossRate: 0.1 }, 'chaos-needs-framing'],
      [{ loss: 0.1 } as never, 'unknown-option'],
    ]
    for (const [config, code] of cases) expect(await chaos.ask.set(config, 'up')).toEqual(refused(code))
    expect(await chaos.ask.set({}, 'left' as never)).toEqual(refused('invalid-option'))
    expect(await chaos.ask.partition('left' as never)).toEqual(refused('invalid-option'))
    peer.say('still there')
    await eventually(() => expect(peer.messages).toEqual(['still there']))
    peer.socket.destroy()
  })

  it('cannot listen where somebody listens', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const chaos = spawnChaos(system(), { listen: `tcp://127.0.0.1:${port}`, to: ANY })
    await expect(chaos.ready()).rejects.toThrow(/EADDRINUSE/)
    server.close()
  })
})

describe('spawnChaos', () => {
  const system = sharedSystem({ threads: 0 })

  it.each<[Partial<ChaosOptions>, string]>([
    [{ seed: -1 }, 'invalid-option'],
    [{ seed: 1.5 }, 'invalid-option'],
    [{ heldMessagesMax: 0 }, 'invalid-option'],
    [{ heldBytesMax: -1 }, 'invalid-option'],
    [{ config: { lossRate: 2 } }, 'invalid-option'],
    [{ up: { lossRate: 0.5 } }, 'chaos-needs-framing'],
    [{ down: { duplicateRate: 0.5 } }, 'chaos-needs-framing'],
    [{ config: { reorderRate: 0.5 } }, 'chaos-needs-framing'],
    [{ to: 'nonsense' }, 'invalid-endpoint'],
    [{ sed: 1 } as never, 'unknown-option'],
  ])('refuses %j with %s, where it is called', (options, code) => {
    expect(() => spawnChaos(system(), { listen: ANY, to: ANY, ...options })).toThrow(refused(code))
  })
})
