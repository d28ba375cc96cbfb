import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SeededRandom } from 'troupe'
import { FileOutbox } from 'troupe/actors'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testSeed } from '../../support/test-seed.ts'

const child = new URL(import.meta.resolve('#fixtures/reliable/outbox-child')).pathname
const KILLS = 20

let root = ''
beforeAll(async () => void (root = await mkdtemp(join(tmpdir(), 'outbox-kill-'))))
afterAll(async () => {
  for (const sender of started) sender.kill('SIGKILL') // of a test that has failed
  await rm(root, { recursive: true })
})

const started: ChildProcess[] = []

function startChild(directory: string, seed: number) {
  const process_ = spawn(process.execPath, [child, directory, String(seed)], { stdio: ['ignore', 'pipe', 'inherit'] })
  started.push(process_)
  return process_
}

const payloadOf = (sequence: number): Buffer => Buffer.alloc(20 + (sequence % 300), `message ${sequence} `)

/** What the child has said until it was dead. */
interface Said {
  lines: number
  flushed: number
  confirming: number
  rest: string
}

function listening({ stdout }: ChildProcess, onLine: (said: Said, line: string) => void): Said {
  const said: Said = { lines: 0, flushed: 0, confirming: 0, rest: '' }
  stdout!.setEncoding('utf8').on('data', (text: string) => {
    const lines = (said.rest + text).split('\n')
    said.rest = lines.pop()!
    for (const line of lines) {
      const [word, number] = line.split(' ')
      said.lines++
      if (word === 'flushed') said.flushed = Number(number)
      if (word === 'confirming') said.confirming = Math.max(said.confirming, Number(number))
      onLine(said, line)
    }
  })
  return said
}

describe('a file outbox whose process is killed', () => {
  it('has all that it has called flushed, unharmed, 20 times in a row', async () => {
    const random = new SeededRandom(testSeed('kills'))
    const directory = join(root, 'stores')
    let confirmed = 0
    let session: Uint8Array | undefined
    for (let kill = 0; kill < KILLS; kill++) {
      const linesMax = 1 + random.below(200)
      const process_ = startChild(directory, random.below(2 ** 31))
      const said = listening(process_, ({ lines }) => void (lines === linesMax && process_.kill('SIGKILL')))
      expect(await once(process_, 'close')).toEqual([null, 'SIGKILL'])
      confirmed = Math.max(confirmed, said.confirming)

      const outbox = await FileOutbox.open(directory)
      session ??= new Uint8Array(outbox.sessionId)
      expect(new Uint8Array(outbox.sessionId)).toEqual(session)
      expect(outbox.lastSequence).toBeGreaterThanOrEqual(said.flushed)
      const found = new Set<number>()
      for (const { sequence, id, flags, payload } of outbox.unconfirmed()) {
        found.add(sequence)
        const isSame = Buffer.from(payload).equals(payloadOf(sequence)) && id[0] === sequence % 256 && flags === 7
        if (!isSame) throw new Error(`kill ${kill}: message ${sequence} is not what was stored`)
      }
      for (let sequence = confirmed + 1; sequence <= said.flushed; sequence++) {
        if (!found.has(sequence)) throw new Error(`kill ${kill}: message ${sequence} of ${said.flushed} is lost`)
      }
      await outbox.close()
    }
  }, 120_000)

  it('says that its disk takes no more, and has all that it has called flushed', async () => {
    const directory = join(root, 'limited')
    // A file that may not grow as it would like to is a disk that is full in the middle of a write.
    const script = 'ulimit -f 40; exec "$@"'
    const process_ = spawn('sh', ['-c', script, 'sh', process.execPath, child, directory, '1'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    started.push(process_)
    let failure = ''
    const said = listening(process_, (_, line) => void (line.startsWith('failed') && (failure = line)))
    expect(await once(process_, 'close')).toEqual([0, null])
    expect(failure).toBe('failed outbox-failed')
    expect(said.flushed).toBeGreaterThan(0)
    const outbox = await FileOutbox.open(directory)
    expect(outbox.lastSequence).toBeGreaterThanOrEqual(said.flushed)
    const found = new Set(Array.from(outbox.unconfirmed(), ({ sequence }) => sequence))
    for (let sequence = said.confirming + 1; sequence <= said.flushed; sequence++) expect(found).toContain(sequence)
    await outbox.close()
  })

  it('is locked while it lives, and free as soon as it is dead', async () => {
    const directory = join(root, 'locked')
    const process_ = startChild(directory, 1)
    await new Promise<void>((resolve) => listening(process_, ({ flushed }) => void (flushed > 0 && resolve())))
    await expect(FileOutbox.open(directory)).rejects.toMatchObject({
      code: 'outbox-locked',
      message: expect.stringContaining(`process ${process_.pid}`),
    })
    process_.kill('SIGKILL')
    await once(process_, 'close')
    const outbox = await FileOutbox.open(directory)
    expect(outbox.lastSequence).toBeGreaterThan(0)
    await outbox.close()
  })
})
