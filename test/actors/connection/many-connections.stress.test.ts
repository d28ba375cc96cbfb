import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { listen } from 'troupe/actors'
import { describe, expect, it } from 'vitest'
import { Echo } from '#fixtures/connection/echo.actor'
import { eventually } from '../../support/eventually.ts'
import { RawPeer } from '../../support/raw-peer.ts'
import { withSystem } from '../../support/with-system.ts'

const built = (name: string): string => new URL(import.meta.resolve(`#fixtures/connection/${name}`)).pathname
const openFiles = (): number => readdirSync('/proc/self/fd').length

describe('a listener', () => {
  it.runIf(process.platform === 'linux')(
    'holds 10,000 idle connections, and gives back what they took',
    async () => {
      await withSystem({ threads: 1 }, async (system) => {
        const listener = listen(system, Echo, 'tcp://127.0.0.1:0', [])
        const port = new URL((await listener.ask.endpoint()).replace('tcp', 'http')).port
        const residents: number[] = []
        let filesBefore = 0
        for (const round of [1, 2, 3]) {
          filesBefore = round === 1 ? openFiles() : filesBefore
          const clients = fork(built('idle-clients'), [port, '10000'])
          await once(clients, 'message')
          await vi60(async () => expect(await listener.ask.connectionCount()).toBe(10_000))
          expect(openFiles()).toBeGreaterThan(10_000)
          clients.send('end')
          await once(clients, 'exit')
          await vi60(async () => expect(await listener.ask.connectionCount()).toBe(0))
          await eventually(() => expect(openFiles()).toBeLessThan(filesBefore + 20))
          residents.push(process.memoryUsage().rss)
        }
        const [, second = 0, third = 0] = residents
        // What the first ones took is used again: it does not grow by what 10,000 connections take, 50 MB and more.
        expect(third - second).toBeLessThan(20_000_000)
        expect((await listener.ask.statistics()).endedCount).toBe(30_000)
      })
    },
    180_000,
  )

  it.runIf(process.platform === 'linux')(
    'survives that it may open no more files: it serves whom it has, closes others, and later goes on',
    async () => {
      const child = spawn('sh', ['-c', 'ulimit -n 200 && exec "$0" "$1"', process.execPath, built('few-files')])
      const [line] = (await once(child.stdout, 'data')) as [Buffer]
      const url = line.toString().trim()
      const crowd = await Promise.all(Array.from({ length: 300 }, () => RawPeer.connect(url)))
      for (const peer of crowd) peer.say('inside')
      await eventually(() =>
        expect(crowd.every(({ messages, socket }) => messages.length === 1 || socket.destroyed)).toBe(true),
      )
      const insideCount = crowd.filter(({ messages }) => messages.length === 1).length
      expect(insideCount).toBeGreaterThan(50)
      expect(insideCount).toBeLessThan(200)
      for (const { socket } of crowd) socket.destroy()
      await eventually(async () => {
        const peer = await RawPeer.connect(url)
        peer.say('room again')
        await Promise.race([once(peer.socket, 'data'), peer.closed])
        peer.socket.destroy()
        expect(peer.messages).toEqual(['room again'])
      })
      child.stdin.end()
      expect(await once(child, 'exit')).toEqual([0, null])
    },
  )
})

/** With more patience than `eventually`: 10,000 connections take a while. */
async function vi60(look: () => Promise<void>): Promise<void> {
  for (let n = 0; n < 5; n++) {
    try {
      return await eventually(look)
    } catch (error) {
      if (n === 4) throw error
    }
  }
}
