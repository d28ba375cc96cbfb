import type { ActorRef, ActorSystem } from 'troupe'
import { type BroadcastServerOptions, receiveBroadcast, type SenderServer } from 'troupe/actors'
import { describe, expect, it } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { until } from '../../support/until.ts'
import { withSystem } from '../../support/with-system.ts'
import { hasClients, raw, ScriptedClient, served } from './clients.ts'

const KIB = 1024
/** Much more than the operating system takes for a socket. */
const MESSAGES = 16_000
const small = { queueBytesMax: 256 * KIB, queueMessagesMax: 1_000_000 }
const patient = { deadlineMs: 60_000 }

interface Scene {
  readonly server: ActorRef<SenderServer<Uint8Array>>
  readonly stalled: ScriptedClient
  /** How the numbers of the messages went on that the reading client has got. */
  readonly got: number[]
  /** Sends all, a turn at a time, and waits until the reading client has the last one. */
  readonly sendAll: (messages?: number) => Promise<void>
}

/** A server with a client that reads all it gets, and one that never reads. */
async function scene(system: ActorSystem, options: BroadcastServerOptions, body: (scene: Scene) => Promise<void>) {
  const { server, endpoint } = await served<Uint8Array>(system, options, raw)
  const reader = receiveBroadcast<Uint8Array>(system, endpoint, raw)
  const stalled = await ScriptedClient.connect(endpoint)
  await hasClients(server, 2)
  const got: number[] = []
  const sendAll = async (messages = MESSAGES): Promise<void> => {
    for (let first = 0; first < messages; first += 100) {
      for (let n = first; n < first + 99; n++) server.tell.send(numbered(n))
      await server.with(patient).ask.send(numbered(first + 99))
      while (got.at(-1) !== first + 99) {
        const more = await reader.with(patient).ask.recvMany(1_000)
        got.push(...more.map((bytes) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)))
      }
    }
  }
  try {
    await body({ server, stalled, got, sendAll })
  } finally {
    stalled.destroy()
  }
}

function numbered(n: number): Uint8Array {
  const bytes = new Uint8Array(KIB)
  new DataView(bytes.buffer).setUint32(0, n)
  return bytes
}

const everything = Array.from({ length: MESSAGES }, (_, n) => n)

/** What the stalled client had been sent, when it reads at last. */
async function late(stalled: ScriptedClient, last: number): Promise<number[]> {
  stalled.read()
  const number = (text: string | undefined): number =>
    Buffer.from(text?.slice(0, 4) ?? '    ', 'latin1').readUInt32BE(0)
  await until(() => number(stalled.texts.at(-1)) === last, `message ${last}`, 60_000)
  return stalled.texts.map(number)
}

describe.each([0, 2])('a client that never reads, with %i threads', (threads) => {
  const run = (options: BroadcastServerOptions, body: (scene: Scene) => Promise<void>): Promise<void> =>
    withSystem({ threads }, (system) => scene(system, options, body))

  it('is removed with policy disconnect, and the others get everything', () =>
    run({ overflow: 'disconnect', link: small }, async ({ server, got, sendAll }) => {
      await sendAll()
      expect(got).toEqual(everything)
      await hasClients(server, 1)
      expect((await server.ask.statistics()).clients.failedCounts).toEqual({ 'buffer-overflow': 1 })
    }))

  it.each(['drop-oldest', 'drop-newest', 'conflate'] as const)(
    'loses messages with policy %s, and the others get everything',
    (overflow) =>
      run({ overflow, link: small }, async ({ server, stalled, got, sendAll }) => {
        await sendAll()
        expect(got).toEqual(everything)
        const dropped = async (): Promise<number> => {
          const clients = await server.ask.connectedClients()
          return Math.max(...clients.map(({ statistics }) => statistics?.droppedMessages ?? 0))
        }
        expect(await dropped()).toBeGreaterThan(0)
        if (overflow === 'drop-newest') return
        const numbers = await late(stalled, MESSAGES - 1)
        expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
        expect(numbers.length).toBe(MESSAGES - (await dropped()))
      }),
  )

  it('makes the server wait with policy block, until it reads', () =>
    run({ overflow: 'block', link: small }, async ({ server, stalled, got, sendAll }) => {
      let isDone = false
      const sending = sendAll().then(() => {
        isDone = true
      })
      await eventually(async () => {
        const clients = await server.ask.connectedClients()
        const queued = Math.max(...clients.map(({ statistics }) => statistics?.queuedBytes ?? 0))
        expect(queued).toBeGreaterThan(100 * KIB)
        expect(isDone).toBe(false)
      })
      const numbers = await Promise.all([late(stalled, MESSAGES - 1), sending])
      expect(numbers[0]).toEqual(everything)
      expect(got).toEqual(everything)
    }))

  it('is removed with policy block after its time to write, and the others get everything', () =>
    run({ overflow: 'block', link: { ...small, writeTimeoutMs: 300 } }, async ({ server, got, sendAll }) => {
      await sendAll()
      expect(got).toEqual(everything)
      expect((await server.ask.statistics()).clients.failedCounts).toEqual({ timeout: 1 })
    }))
})
