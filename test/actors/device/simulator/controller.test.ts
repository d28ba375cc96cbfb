import { readFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { createServer } from 'node:tls'
import { fileURLToPath } from 'node:url'
import type { ActorSystem } from 'troupe'
import { type ControllerOptions, serveController, spawnController } from 'troupe/actors'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CyncPeer, CyncServer, type ServerManner } from '../../../support/cync-server.ts'
import { eventually } from '../../../support/eventually.ts'
import { withSystem } from '../../../support/with-system.ts'
import { power, requestOf } from './lone-session.ts'

const options: ControllerOptions = { deviceId: 0x101, profile: 'instant' }
const backoff = { minMs: 5, maxMs: 20 }

async function serverOf(manner: ServerManner = 'accept'): Promise<CyncServer> {
  const server = await CyncServer.listen(manner)
  onTestFinished(() => server.close())
  return server
}

describe.each([0, 1])('a simulated controller, with %i threads', (threads) => {
  const run = (body: (system: ActorSystem) => Promise<void>): Promise<void> => withSystem({ threads }, body)

  it('logs in and carries out commands', () =>
    run(async (system) => {
      const server = await serverOf()
      const controller = spawnController(system, server.url, options)
      await eventually(async () => expect((await controller.ask.statistics()).phase).toBe('online'))
      const [peer] = server.open as [CyncPeer]
      peer.send(requestOf(7, 0xd0, power(2, true), 9))
      await eventually(() => expect(peer.count('pipe-reply')).toBe(1))
      expect(await controller.ask.lamp(2)).toMatchObject({ isOn: true })
      expect(await controller.ask.lamp(99)).toBeUndefined()
      expect(await controller.ask.statistics()).toMatchObject({
        deviceId: 0x101,
        meshAddress: 1,
        commandCount: 1,
        loginCount: 1,
        firmwareVersion: '10052',
      })
    }))

  it('keeps its sequences over reconnects, kicks and bugs', () =>
    run(async (system) => {
      const server = await serverOf()
      const controller = spawnController(system, server.url, options, { backoff })
      const ends = [
        () => controller.tell.reconnect(),
        () => controller.tell.kick(),
        () => controller.tell.crash('a bug'),
        () => server.open[0]!.socket.destroy(),
        () => {},
      ]
      for (const [index, end] of ends.entries()) {
        await eventually(() => {
          expect([server.peers.length, server.open.length]).toEqual([index + 1, 1])
          expect(server.open[0]!.count('time-request')).toBe(1)
        })
        await eventually(async () => expect((await controller.ask.statistics()).phase).toBe('online'))
        end()
      }
      await eventually(() => expect(server.open[0]!.count('pipe-sync')).toBe(6))
      const numbers = server.peers.flatMap(({ packets }) =>
        packets.flatMap((packet) => (packet.type === 'pipe-sync' ? [packet.sequence] : [])),
      )
      expect(numbers).toEqual(numbers.map((_, index) => index + 1))
    }))

  it('is pressed, is set without a word, and takes other chaos', () =>
    run(async (system) => {
      const server = await serverOf()
      const controller = spawnController(system, server.url, { ...options, lampCount: 6, groupCount: 2 })
      await eventually(async () => expect((await controller.ask.statistics()).phase).toBe('online'))
      const [peer] = server.open as [CyncPeer]
      await eventually(() => expect(peer.count('pipe-sync')).toBe(8))
      expect(await controller.ask.setState(0x8001, { isOn: true })).toBe(3)
      expect(await controller.ask.press(0x8002, { isOn: true })).toBe(3)
      await eventually(() => expect(peer.count('pipe-sync')).toBe(11))
      expect(await controller.ask.lamp(1)).toMatchObject({ isOn: true })
      expect(await controller.ask.setChaos({ lostReplyRate: 3 })).toContain('lostReplyRate')
      expect(await controller.ask.setChaos({ lostReplyRate: 1 })).toBeUndefined()
      peer.send(requestOf(1, 0xd0, power(1, false), 1))
      await eventually(() => expect(peer.count('pipe')).toBe(1))
      expect(peer.count('pipe-reply')).toBe(0)
    }))

  it('listens, in the role of a server, and is the same device to whoever comes', () =>
    run(async (system) => {
      const listener = serveController(system, 'tcp://127.0.0.1:0', options)
      const port = Number(new URL((await listener.ask.endpoint()).replace('tcp', 'http')).port)
      const counted: number[] = []
      for (let n = 0; n < 2; n++) {
        const socket = new Socket().connect(port, '127.0.0.1')
        onTestFinished(() => void socket.destroy())
        const peer = new CyncPeer(socket, { manner: 'accept' })
        await eventually(() => expect(peer.count('time-request')).toBe(1))
        expect(peer.deviceId).toBe(0x101)
        counted.push(...peer.packets.flatMap((packet) => (packet.type === 'pipe-sync' ? [packet.sequence] : [])))
        socket.end()
      }
      expect(counted).toEqual([...Array(12).keys()].map((index) => index + 1))
      await listener.ask.close(1_000)
    }))
})

describe('a simulated controller', () => {
  it('speaks TLS, and cuts what it writes at 1,024 bytes', async () => {
    const pem = (name: string): string => fileURLToPath(new URL(`../../../fixtures/tls/${name}`, import.meta.url))
    const reads: number[] = []
    const server = createServer(
      { cert: readFileSync(pem('server.pem')), key: readFileSync(pem('server-key.pem')) },
      (socket) => {
        socket.on('error', () => {})
        // One record of TLS is one piece of data, unless they come together.
        socket.on('data', (data) => void reads.push(data.length))
      },
    )
    onTestFinished(() => void server.close())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    await withSystem({ threads: 0 }, async (system) => {
      const gateway = `tls://127.0.0.1:${port}?caFile=${pem('ca.pem')}`
      spawnController(system, gateway, { ...options, lampCount: 100 })
      await eventually(() => expect(reads.reduce((sum, bytes) => sum + bytes, 0)).toBeGreaterThan(4_000))
      expect(reads[0]).toBe(1_024)
    })
  })

  it('whose gateway never reads has no more memory than 64 KiB for what it says', async () => {
    const server = await serverOf('deaf')
    await withSystem({ threads: 0 }, async (system) => {
      const controller = spawnController(system, server.url, { ...options, lampCount: 255 })
      const loud = async (): Promise<void> => {
        // The operating systems of both sides take some megabytes first.
        for (let n = 0; n < 100; n++) await controller.ask.press(0xffff, { isOn: true })
        expect((await controller.ask.statistics()).overrunCount).toBeGreaterThan(0)
      }
      await eventually(loud)
    })
  })

  it.each<[Partial<ControllerOptions>, string]>([
    [{ deviceId: 0 }, 'low byte'],
    [{ deviceId: 0x200 }, 'low byte'],
    [{ deviceId: 2 ** 32 }, 'low byte'],
    [{ deviceId: 0x109, lampCount: 8 }, 'its own address, 9'],
    [{ lampCount: 256 }, '1 to 255 lamps'],
    [{ groupCount: 0 }, 'groups'],
    [{ keepAliveSeconds: 1 }, '3 to 65535 s'],
    [{ firmware: 'x' as never }, 'bulb'],
    [{ firmwareVersion: 'x'.repeat(17) }, '1 to 16 ASCII'],
    [{ profile: 'x' as never }, 'quiet'],
    [{ seed: 0.5 }, 'whole number'],
    [{ chaos: { lossRate: -1 } }, 'lossRate'],
  ])('refuses %o', async (wrong, text) => {
    await withSystem({ threads: 0 }, async (system) => {
      const spawn = () => spawnController(system, 'tcp://127.0.0.1:1', { ...options, ...wrong })
      expect(spawn).toThrow(expect.objectContaining({ code: 'invalid-option', message: expect.stringContaining(text) }))
    })
  })
})
