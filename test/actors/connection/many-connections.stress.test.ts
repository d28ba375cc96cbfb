import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Holding } from '#fixtures/connection/idle-holder'
import { eventually } from '../../support/eventually.ts'
import { RawPeer } from '../../support/raw-peer.ts'

const built = (name: string): string => new URL(import.meta.resolve(`#fixtures/connection/${name}`)).pathname

describe('a listener', () => {
  it.runIf(process.platform === 'linux')(
    'holds 10,000 idle connections, and gives back what they took',
    async () => {
      const holder = fork(built('idle-holder'), { execArgv: ['--expose-gc'] })
      onTestFinished(() => void holder.kill('SIGKILL')) // when it has failed
      const [port] = (await once(holder, 'message')) as [string]
      const look = async (isCollecting = false): Promise<Holding> => {
        const answer = once(holder, 'message')
        holder.send(isCollecting)
        return (await answer)[0] as Holding
      }
      const before = await look()
      const after: Holding[] = []
      for (let round = 0; round < 3; round++) {
        const clients = fork(built('idle-clients'), [port, '10000'])
        onTestFinished(() => void clients.kill('SIGKILL'))
        await once(clients, 'message')
        await patiently(async () => expect((await look()).connections).toBe(10_000))
        expect((await look()).openFiles).toBeGreaterThan(10_000)
        clients.send('end')
        await once(clients, 'exit')
        await patiently(async () => expect((await look()).connections).toBe(0))
        after.push(await look(true))
      }
      const [first, , third] = after as [Holding, Holding, Holding]
      expect(third.endedCount).toBe(30_000)
      expect(third.openFiles).toBeLessThan(before.openFiles + 10)
      // 10,000 connections take 50 MB and more. Nothing of them is left, and what the system keeps of their memory is used again.
      expect(third.heapBytes - first.heapBytes).toBeLessThan(5_000_000)
      expect(third.residentBytes - first.residentBytes).toBeLessThan(30_000_000)
      holder.disconnect()
      expect(await once(holder, 'exit')).toEqual([0, null])
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
async function patiently(look: () => Promise<void>): Promise<void> {
  for (let n = 0; n < 5; n++) {
    try {
      return await eventually(look)
    } catch (error) {
      if (n === 4) throw error
    }
  }
}
