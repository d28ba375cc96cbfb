import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SeededRandom } from 'troupe'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeCommand } from '#actors/device/cync/command-codec'
import type { Pipe } from '#actors/device/cync/packet'
import { decodeRelay } from '#actors/device/cync/relay'
import { lastingPort } from '../../../support/lasting-port.ts'
import { testSeed } from '../../../support/test-seed.ts'
import { RawController, taking } from './raw-controller.ts'

const child = new URL(import.meta.resolve('#fixtures/gateway/gateway-child')).pathname
const KILLS = 20
/** Numbers of one life: more than it gets to take. */
const LIFE = 3_000
const DEVICE = 0x101

let root = ''
const gateways = new Set<ChildProcess>()
beforeAll(async () => void (root = await mkdtemp(join(tmpdir(), 'gateway-kill-'))))
afterAll(async () => {
  for (const gateway of gateways) gateway.kill('SIGKILL') // of a test that has failed
  await rm(root, { recursive: true })
})

/** What became of the commands of all lives. */
class Book {
  readonly taken = new Set<number>()
  readonly ends = new Map<number, string>()
  /** By the device: how often it was told. */
  readonly told = new Map<number, number>()

  note(line: string): void {
    const [word, number, end] = line.split(' ')
    if (word === 'taken') this.taken.add(Number(number))
    if (word === 'finished') this.ends.set(Number(number), end!)
  }

  tell({ frame }: Pipe): void {
    const command = decodeCommand(frame, decodeRelay(frame.data))
    const number =
      command?.kind === 'fade'
        ? command.durationMs
        : command?.kind === 'relay'
          ? command.parameters[0]! * 256 + command.parameters[1]!
          : undefined
    if (number !== undefined) this.told.set(number, (this.told.get(number) ?? 0) + 1)
  }
}

/** Runs a gateway with one controller, and kills it when it has said so many lines. */
async function live(args: readonly string[], url: string, book: Book, linesMax: number): Promise<void> {
  const gateway = spawn(process.execPath, [child, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  gateways.add(gateway)
  let controller: Promise<RawController | undefined> | undefined
  let lines = 0
  let rest = ''
  gateway.stdout.setEncoding('utf8').on('data', (text: string) => {
    const whole = (rest + text).split('\n')
    rest = whole.pop()!
    for (const line of whole) {
      // It may be killed before it has welcomed anybody: nobody waits for this promise yet.
      if (line === 'listening') controller = connected(url, book).catch(() => undefined)
      book.note(line)
      if (++lines === linesMax) gateway.kill('SIGKILL')
    }
  })
  const end = await once(gateway, 'close')
  gateways.delete(gateway)
  ;(await controller)?.socket.destroy()
  expect(end).toEqual(linesMax === Number.POSITIVE_INFINITY ? [0, null] : [null, 'SIGKILL'])
}

async function connected(url: string, book: Book): Promise<RawController> {
  const controller = await RawController.connect(url, DEVICE)
  controller.onRequest = (request, self) => {
    book.tell(request)
    taking(request, self)
  }
  controller.login()
  return controller
}

describe('a gateway with an outbox that is killed', () => {
  it('loses no command that it has taken, and has none carried out twice that must not be, 20 kills in a row', async () => {
    const random = new SeededRandom(testSeed('kills of a gateway'))
    const directory = join(root, 'outbox')
    const url = `tcp://127.0.0.1:${await lastingPort()}`
    const book = new Book()
    for (let kill = 0; kill < KILLS; kill++) {
      await live([directory, url, String(kill * LIFE), String(LIFE)], url, book, 2 + random.below(400))
    }
    await live([directory, url, String(KILLS * LIFE), '100'], url, book, Number.POSITIVE_INFINITY)

    const { taken, ends, told } = book
    expect(taken.size).toBeGreaterThan(KILLS)
    // A result of the last moment may not have been printed; then the device has done it.
    expect([...taken].filter((number) => !ends.has(number) && !told.has(number))).toEqual([])
    const repeatable = [...taken].filter((number) => number % 2 === 0)
    expect(repeatable.filter((number) => !told.has(number) && ends.get(number) !== 'superseded')).toEqual([])
    expect([...told].filter(([number, times]) => number % 2 === 1 && times > 1)).toEqual([])
    // All that had a result has it for good: nobody is told again.
    expect([...ends].filter(([number, end]) => end === 'done' && !told.has(number))).toEqual([])
  }, 180_000)
})
