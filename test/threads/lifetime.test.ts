import { spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createSystem } from 'troupe'
import { expect, test } from 'vitest'
import { Patient } from '#fixtures/threads/patient.actor'
import { until } from '../support/until.ts'

interface End {
  readonly code: number | null
  readonly out: string
  readonly ms: number
}

/** Runs the program until it has said that it is up, and then sends these signals, each when the one before had its effect. */
function run(how: string, signals: readonly NodeJS.Signals[] = [], pauseMs = 0): Promise<End> {
  const program = fileURLToPath(import.meta.resolve('#fixtures/threads/lifetime'))
  const child = spawn(process.execPath, [program, how], { stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  let upMs = 0
  child.stdout.on('data', (text: Buffer) => {
    const wasUp = out.includes('up\n')
    out += text.toString()
    if (wasUp || !out.includes('up\n')) return
    upMs = performance.now()
    for (const [n, signal] of signals.entries()) setTimeout(() => child.kill(signal), n * pauseMs)
  })
  return new Promise((resolve) => child.once('exit', (code) => resolve({ code, out, ms: performance.now() - upMs })))
}

test('a system keeps the process alive until a signal, which ends it in order', async () => {
  const { code, out } = await run('keep', ['SIGTERM'])
  expect({ code, out }).toEqual({ code: 128 + 15, out: 'up\nterminated\n' })
})

test('with keepAlive: false the process ends when nothing else keeps it', async () => {
  const { code, out } = await run('let-go')
  expect({ code, out }).toEqual({ code: 0, out: 'up\n' })
})

test('with keepAlive: false a process lives as long as something of its own does, and then it ends', async () => {
  const { code, out } = await run('own-timer')
  expect({ code, out }).toEqual({ code: 0, out: 'up\nown timer\n' })
})

test('a thread that sleeps because nobody wants anything of it is still there', async () => {
  const system = await createSystem({ threads: 1, log: 'silent', spare: false, watchdogMs: Number.POSITIVE_INFINITY })
  const lost: unknown[] = []
  system.events.on('thread-lost', (event) => lost.push(event))
  const patient = system.spawn(Patient, [1], { backoff: { minMs: 1 } })
  const thread = await patient.ask.thread()
  // Neither timers nor messages keep it: it has slept for a good while.
  let sinceMs = Number.POSITIVE_INFINITY
  await until(() => {
    const isAsleep = system.inspect().threads.some(({ seat, isParked }) => seat === 2 && isParked)
    sinceMs = isAsleep ? Math.min(sinceMs, performance.now()) : Number.POSITIVE_INFINITY
    return performance.now() - sinceMs > 300 || lost.length > 0
  }, 'it sleeps')
  expect(await patient.ask.thread()).toBe(thread)
  expect(lost).toEqual([])
  await system.shutdown()
})

test('with signals: false a signal does what it does in Node', async () => {
  const { code, out } = await run('no-signals', ['SIGINT'])
  expect({ code, out }).toEqual({ code: null, out: 'up\n' })
})

test('a second signal ends the process at once, whoever is still waited for', async () => {
  const { code, out, ms } = await run('stuck', ['SIGINT', 'SIGINT'], 600)
  expect({ code, out }).toEqual({ code: 128 + 2, out: 'up\n' })
  expect(ms).toBeLessThan(20_000)
})

test('shutdown ends under its deadline and names who it waited for', async () => {
  const system = await createSystem({ threads: 1, log: 'silent', spare: false })
  const patient = system.spawn(Patient, [1], { name: 'patient', shutdownMs: 60_000 })
  await patient.ready()
  patient.tell.block(60_000)
  await expect(system.shutdown({ deadlineMs: 500 })).rejects.toThrow(/\/patient/)
  await expect(patient.ask.total()).rejects.toThrow()
  expect(patient.tell.add(1)).toBe('actor-stopped')
})

test.each([
  [100, 0],
  [6, 1], // a hundred in `npm run soak`
])(
  '%i systems in one process, %i threads each, leave no thread, handle, timer or listener',
  (count, threads) => {
    const program = fileURLToPath(import.meta.resolve('#fixtures/threads/hundred-systems'))
    const { stdout, status } = spawnSync(process.execPath, [program, String(count), String(threads)], {
      encoding: 'utf8',
      timeout: 100_000,
    })
    const { before, after, signals, stray } = JSON.parse(stdout)
    expect(status).toBe(0)
    expect(after).toEqual(before)
    expect({ signals, stray }).toEqual({ signals: 0, stray: 0 })
  },
  110_000,
)
