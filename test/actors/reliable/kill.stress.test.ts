import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SeededRandom } from 'troupe'
import { FileOutbox, serveReliable } from 'troupe/actors'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { numberOf, Processed } from '#fixtures/reliable/processed.actor'
import { testSeed } from '../../support/test-seed.ts'
import { withSystem } from '../../support/with-system.ts'

const child = new URL(import.meta.resolve('#fixtures/reliable/reliable-child')).pathname
const KILLS = 20
/** Numbers of one life: more than it gets to send. */
const LIFE = 1_000_000

let root = ''
beforeAll(async () => void (root = await mkdtemp(join(tmpdir(), 'reliable-kill-'))))
afterAll(async () => {
  for (const sender of senders) sender.kill('SIGKILL') // of a test that has failed
  await rm(root, { recursive: true })
})

const senders = new Set<ChildProcess>()

/** Runs a sender, and kills it when it has said so many lines; answers what it was told to be delivered. */
async function live(args: readonly string[], linesMax: number): Promise<number[]> {
  const sender = spawn(process.execPath, [child, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  senders.add(sender)
  const delivered: number[] = []
  let lines = 0
  let rest = ''
  sender.stdout.setEncoding('utf8').on('data', (text: string) => {
    const whole = (rest + text).split('\n')
    rest = whole.pop()!
    for (const line of whole) {
      if (line.startsWith('delivered ')) delivered.push(Number(line.slice('delivered '.length)))
      if (++lines === linesMax) sender.kill('SIGKILL')
    }
  })
  const end = await once(sender, 'close')
  senders.delete(sender)
  expect(end).toEqual(linesMax === Number.POSITIVE_INFINITY ? [0, null] : [null, 'SIGKILL'])
  return delivered
}

/** What a dead sender has left behind: it must be processed, sooner or later. */
async function leftBehind(directory: string): Promise<number[]> {
  const outbox = await FileOutbox.open(directory)
  const numbers = Array.from(outbox.unconfirmed(), ({ payload }) => numberOf(payload) ?? Number.NaN)
  await outbox.close()
  return numbers
}

describe('a reliable sender with a file outbox that is killed', () => {
  it('loses nothing that was stored, and has nothing processed twice, 20 kills in a row', async () => {
    const random = new SeededRandom(testSeed('kills'))
    const directory = join(root, 'outbox')
    await withSystem({ threads: 0 }, async (system) => {
      const processed = system.spawn(Processed, [])
      const server = serveReliable(system, 'tcp://127.0.0.1:0', { receiver: processed as never })
      const endpoint = await server.ask.endpoint()
      const due = new Set<number>()
      for (let kill = 0; kill < KILLS; kill++) {
        const args = [directory, endpoint, String(kill * LIFE), String(LIFE)]
        for (const number of await live(args, 1 + random.below(400))) due.add(number)
        for (const number of await leftBehind(directory)) due.add(number)
      }
      await live([directory, endpoint, String(KILLS * LIFE), '100'], Number.POSITIVE_INFINITY)
      expect(await leftBehind(directory)).toEqual([])

      const numbers = await processed.ask.numbers('child')
      expect(await processed.ask.brokenCount()).toBe(0)
      expect(numbers.length).toBe(new Set(numbers).size)
      const found = new Set(numbers)
      expect([...due].filter((number) => !found.has(number))).toEqual([])
      expect(due.size).toBeGreaterThan(KILLS)
      await server.ask.close()
    })
  }, 180_000)
})
