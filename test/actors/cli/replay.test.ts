import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { runProgram } from '#actors/cli/program'
import { CyncFraming } from '#actors/device/cync/cync-framing'
import type { CyncPacket } from '#actors/device/cync/packet'
import { decodePacket } from '#actors/device/cync/packet-decoder'
import { encodePacket } from '#actors/device/cync/packet-encoder'

const recording = 'actors/replay/recordings/cync-home-a.ndjson'
const RUN_MS_MAX = 60_000

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'troupe-replay-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What a server answers to a packet; undefined for nothing. */
type Answer = (packet: CyncPacket, socket: Socket) => CyncPacket | undefined

const answerAll: Answer = (packet) => {
  switch (packet.type) {
    case 'device-login':
      return { type: 'device-login-reply', status: 0, reserved: 0 }
    case 'sync':
      return { type: 'sync-reply', messageId: packet.messageId, status: 0 }
    case 'pipe':
      return { type: 'pipe-reply', origin: 'peer', id: packet.id, sequence: packet.sequence, status: 0 }
    case 'pipe-sync':
      return { type: 'pipe-sync-reply', sequence: packet.sequence, status: 0 }
    case 'time-request': {
      const time = { year: 2025, month: 11, day: 7, weekday: 6, hour: 9, minute: 22, second: 0, utcOffset: -600 }
      return { type: 'time', ...time }
    }
    case 'ping':
      return { type: 'pong' }
    default:
      return undefined
  }
}

/** A server for devices, of this test alone. */
async function serve(answer: Answer): Promise<{ readonly url: string; readonly connections: () => number }> {
  let connections = 0
  const server: Server = createServer({ noDelay: true }, (socket) => {
    connections++
    const framing = new CyncFraming()
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      framing.push(chunk, (bytes) => {
        const reply = answer(decodePacket(bytes).packet, socket)
        if (reply !== undefined) socket.write(encodePacket(reply))
      })
    })
  })
  onTestFinished(() => void server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`, connections: () => connections }
}

/** The program in this process, with streams of the test's own. */
async function replay(args: readonly string[]) {
  const printed = { stdout: '', stderr: '' }
  const streamOf = (name: 'stdout' | 'stderr') =>
    new Writable({
      decodeStrings: false,
      write(text, _encoding, done) {
        printed[name] += String(text)
        done()
      },
    })
  const streams = { stdin: Readable.from([]), stdout: streamOf('stdout'), stderr: streamOf('stderr') }
  const code = await runProgram(['replay', ...args], streams, '0.0.0')
  return { code, ...printed }
}

function recorded(lines: readonly (readonly [ms: number, conn: number, hex: string])[]): string {
  const path = join(folder, `${Math.random()}.ndjson`)
  const text = lines.map(([ms, conn, hex]) => JSON.stringify({ ms, conn, dir: 'device->server', hex })).join('\n')
  writeFileSync(path, `${text}\n`)
  return path
}

const login = (id: string) => `230000001a03${id}00103031323334353637383961626364656600003c`
const sync = (id: string) => `4300000007${id}010106`
const ping = 'd300000000'

describe('troupe replay', { timeout: RUN_MS_MAX }, () => {
  it('plays the recording of a home and accounts for every packet', async () => {
    const { url, connections } = await serve(answerAll)
    const { code, stdout, stderr } = await replay([recording, '--to', url, '--json'])
    const report = JSON.parse(stdout)
    expect(stderr).toBe('')
    expect(report).toMatchObject({
      isComplete: true,
      recorded: { recordedConnections: 216, packets: 2_335, skippedBytes: 0, incompleteBytes: 0 },
      failedConnections: 0,
      cutConnections: 0,
      totals: { sent: 2_335, unanswered: 0, unsent: 0, refused: 0 },
    })
    expect(report.types).toMatchObject({ '0x23': { sent: 1_195, answered: 1_195 }, '0x7b': { sent: 121, answered: 0 } })
    expect(report.received['0x28']).toBe(1_195)
    expect(report.connections).toBe(report.sessions)
    expect(connections()).toBe(report.connections)
    expect(code).toBe(0)
  })

  it('ends with 1 where answers are missing or refused, and says which', async () => {
    const { url } = await serve((packet, socket) => {
      if (packet.type === 'ping') return undefined
      const reply = answerAll(packet, socket)
      return reply?.type === 'sync-reply' ? { ...reply, status: 3 } : reply
    })
    const file = recorded([
      [0, 1, login('00000001') + sync('00000001')],
      [1, 1, ping + ping],
    ])
    const { code, stdout } = await replay([file, '--to', url, '--wait', '100'])
    expect(stdout.replaceAll(/\d+ ms/g, 'N ms')).toBe(
      [
        '4 packets of 1 recorded connections, 53 bytes',
        '1 connections made, 0 failed, 0 cut short, N ms',
        'type         sent   answered    refused unanswered     unsent',
        '0x23            1          1          0          0          0',
        '0x43            1          1          1          0          0',
        '0xd3            2          0          0          2          0',
        'all             4          2          1          2          0',
        'received: 0x28 1, 0x48 1',
        '',
      ].join('\n'),
    )
    expect(code).toBe(1)
  })

  it('counts what could not be sent because the gateway ended the connection, or was not there', async () => {
    const { url } = await serve((_packet, socket) => void socket.destroy())
    const file = recorded([
      [0, 1, login('00000001')],
      [600, 1, ping],
    ])
    const cut = await replay([file, '--to', url, '--speed', '2', '--json'])
    expect(JSON.parse(cut.stdout)).toMatchObject({
      isComplete: false,
      cutConnections: 1,
      types: { '0x23': { sent: 1, unanswered: 1 }, '0xd3': { unsent: 1 } },
    })
    const nobody = await replay([file, '--to', 'tcp://127.0.0.1:1', '--json'])
    expect(JSON.parse(nobody.stdout)).toMatchObject({
      connections: 0,
      failedConnections: 1,
      totals: { sent: 0, unsent: 2 },
    })
    expect([cut.code, nobody.code]).toEqual([1, 1])
  })

  it('keeps the times of the recording, as much faster as is wanted', async () => {
    const arrivals: number[] = []
    const { url } = await serve((packet, socket) => {
      arrivals.push(performance.now())
      return answerAll(packet, socket)
    })
    const file = recorded([
      [0, 1, login('00000001')],
      [300_000, 1, ping],
    ])
    expect((await replay([file, '--to', url, '--speed', '1000'])).code).toBe(0)
    const [first = 0, second = 0] = arrivals
    expect(second - first).toBeGreaterThanOrEqual(200)
    expect(second - first).toBeLessThan(300_000)
  })

  it('ends in order upon a signal: what was not sent is counted', async () => {
    const { url } = await serve((packet, socket) => {
      setImmediate(() => process.emit('SIGTERM'))
      return answerAll(packet, socket)
    })
    const file = recorded([
      [0, 1, login('00000001')],
      [3_600_000, 1, ping],
      [3_600_000, 2, login('00000002')],
    ])
    const { code, stdout } = await replay([file, '--to', url, '--speed', '1', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({
      wasStopped: true,
      types: { '0x23': { answered: 1, unsent: 1 }, '0xd3': { unsent: 1 } },
    })
    expect(code).toBe(1)
  })

  it('has no more connections at the same time than it may', async () => {
    let open = 0
    let openMax = 0
    const { url } = await serve((packet, socket) => {
      if (packet.type === 'device-login') {
        openMax = Math.max(openMax, ++open)
        socket.once('close', () => open--)
      }
      return answerAll(packet, socket)
    })
    const ids = Array.from({ length: 12 }, (_, index) => (index + 1).toString(16).padStart(8, '0'))
    const file = recorded(ids.map((id, index) => [0, index, login(id) + sync(id)]))
    const { code } = await replay([file, '--to', url, '--connections', '3'])
    expect(openMax).toBeLessThanOrEqual(3)
    expect(code).toBe(0)
  })

  it.each([
    [['no-such-file'], 'UsageError: cannot read no-such-file: ENOENT'],
    [[recording, '--speed', 'fast'], "--speed must be a number from 0.001 to 1000000, or max, got 'fast'"],
    [[recording, '--connections', '0'], "--connections must be a whole number from 1 to 10000, got '0'"],
    [[recording, '--wait', '1.5'], "--wait must be a whole number from 1 to 600000, got '1.5'"],
    [[recording, '--to', 'udp://127.0.0.1:1'], 'troupe replay takes tcp, tls and unix'],
  ])('ends with 2 when called wrongly, and says how: %j', async (args, text) => {
    const { code, stdout, stderr } = await replay(args)
    expect(stderr).toContain(text)
    expect([code, stdout]).toEqual([2, ''])
  })

  it.each([
    ['{"ms":1', 'recording line 1 is not JSON: {"ms":1'],
    ['{"ms":1,"conn":1,"dir":"device->server","hex":"123"}', 'recording line 1 must have ms, conn, dir and hex'],
  ])('ends with 1 for what is no recording: %s', async (text, message) => {
    const file = join(folder, 'broken.ndjson')
    writeFileSync(file, text)
    const { code, stderr } = await replay([file])
    expect(stderr).toContain(message)
    expect(code).toBe(1)
  })
})
