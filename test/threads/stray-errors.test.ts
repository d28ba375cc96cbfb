import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type ActorSystem, createSystem, type SystemEvent } from 'troupe'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Attributed, Careless, Patient } from '#fixtures/threads/patient.actor'
import { until } from '../support/until.ts'

let system: ActorSystem
const events: SystemEvent[] = []

beforeEach(async () => {
  events.length = 0
  system = await createSystem({ threads: 1, log: 'silent' })
  system.events.on('all', (event) => events.push(event))
})

afterEach(() => system.shutdown())

const options = { backoff: { minMs: 1, maxMs: 10 } }

test.each(['strayTimer', 'strayRejection'] as const)(
  'an error outside of handlers fails the actor that it comes from, and no other: %s',
  async (how) => {
    const patient = system.spawn(Patient, [1], { ...options, name: 'patient' })
    const neighbour = system.spawn(Patient, [2], { ...options, name: 'neighbour' })
    patient.tell.add(10)
    neighbour.tell.add(10)
    const thread = await patient.ask.thread()
    patient.tell[how]()
    await until(async () => (await patient.ask.total()) === 1, 'the actor starts again')
    expect(await neighbour.ask.total()).toBe(12)
    expect(await patient.ask.thread()).toBe(thread)
    const [restarted] = events.filter(({ type }) => type === 'restarted')
    expect(restarted).toMatchObject({ path: '/patient', reason: { kind: 'failure' } })
    expect(String((restarted as { reason: { error: Error } }).reason.error.message)).toMatch(/^stray/)
  },
)

test('attributeErrors: true does the same for an actor without async handlers', async () => {
  const attributed = system.spawn(Attributed, [1], { ...options, name: 'attributed' })
  await attributed.ask.add(10)
  const thread = await attributed.ask.thread()
  attributed.tell.strayTimer()
  await until(async () => (await attributed.ask.total()) === 1, 'the actor starts again')
  expect(await attributed.ask.thread()).toBe(thread)
})

test('an error that belongs to no actor ends the thread, and all come back', async () => {
  const careless = system.spawn(Careless, [1], { ...options, name: 'careless' })
  const neighbour = system.spawn(Patient, [2], { ...options, name: 'neighbour' })
  const thread = await careless.ask.thread()
  careless.tell.strayTimer()
  await until(async () => (await neighbour.ask.thread().catch(() => thread)) !== thread, 'a new thread')
  expect(await careless.ask.total()).toBe(1)
  expect(events.map(({ type }) => type)).toContain('thread-lost')
})

test('process.exit() in an actor ends its thread only', async () => {
  const patient = system.spawn(Patient, [1], { ...options, name: 'patient' })
  const thread = await patient.ask.thread()
  patient.tell.exit()
  await until(async () => (await patient.ask.thread().catch(() => thread)) !== thread, 'a new thread')
  const lost = events.find(({ type }) => type === 'thread-lost')
  expect(lost).toMatchObject({ thread: 2, reason: { kind: 'thread-lost', exitCode: 3 } })
})

/** On the main thread, where the test runner has its own view of uncaught errors: in a process of its own. */
function run(how: string): { readonly code: number | null; readonly out: string; readonly err: string } {
  const script = fileURLToPath(import.meta.resolve('#fixtures/threads/stray-on-main'))
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, how], { encoding: 'utf8', timeout: 20_000 })
  return { code: status, out: stdout, err: stderr }
}

test('on the main thread too an attributed error fails its actor only', () => {
  expect(run('attributed')).toMatchObject({ code: 0, out: 'total 1 after 11\n' })
})

test('on the main thread an unattributed error stays what it is in Node', () => {
  const { code, err } = run('unattributed')
  expect(code).toBe(1)
  expect(err).toContain('Error: stray, from a timer')
})
