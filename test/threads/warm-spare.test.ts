import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ActorRef, type ActorSystem, createSystem, type ProtocolOf } from 'troupe'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { TellingLoad } from '#fixtures/threads/telling-load.actor'
import { until } from '../support/until.ts'

let folder: string
let system: ActorSystem

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'troupe-spare-'))
  process.env['TROUPE_TEST_LOADS'] = join(folder, 'loads')
})

afterEach(async () => {
  await system.shutdown()
  delete process.env['TROUPE_TEST_LOADS']
  delete process.env['TROUPE_TEST_FATAL_LOAD']
  rmSync(folder, { recursive: true })
})

/** Threads that have loaded the actor's module, without this one. */
function loads(): string[] {
  return readFileSync(join(folder, 'loads'), 'utf8').trim().split('\n').slice(1)
}

/** Imported here with the variables set: once for each test, or this thread would write no line for the second. */
async function spawnTelling(name: string): Promise<ActorRef<ProtocolOf<typeof TellingLoad>>> {
  const { TellingLoad: Telling } = await import(
    `${import.meta.resolve('#fixtures/threads/telling-load.actor')}?${name}`
  )
  const actor = system.spawn(Telling, [], { placement: 'any', backoff: { minMs: 1 } })
  await actor.ready()
  return actor as never
}

test('the spare loads the modules of actors on other threads before it is needed', async () => {
  system = await createSystem({ threads: 1, log: 'silent' })
  const actor = await spawnTelling('calm')
  await until(() => loads().length === 2, 'the worker and the spare have loaded it')
  const [worker, spare] = loads().map(Number)
  expect(await actor.ask.thread()).toBe(worker)
  await system.killThread(2)
  await until(async () => (await actor.ask.thread().catch(() => worker)) !== worker, 'the actor is back')
  expect(await actor.ask.thread()).toBe(spare)
})

test('a spare that dies of a module is replaced by one that leaves it alone', async () => {
  process.env['TROUPE_TEST_FATAL_LOAD'] = '3'
  system = await createSystem({ threads: 1, log: 'silent' })
  const actor = await spawnTelling('fatal')
  const worker = await actor.ask.thread()
  await until(() => loads().length === 2, 'the spare has died of it')
  await system.killThread(2)
  await until(async () => (await actor.ask.thread().catch(() => worker)) !== worker, 'the actor is back')
  expect(loads().map(Number).slice(0, 2)).not.toContain(await actor.ask.thread())
})

test('without a spare nobody loads a module that has no actor there', async () => {
  system = await createSystem({ threads: 1, log: 'silent', spare: false })
  const actor = await spawnTelling('alone')
  const worker = await actor.ask.thread()
  await system.killThread(2)
  await until(async () => (await actor.ask.thread().catch(() => worker)) !== worker, 'the actor is back')
  expect(loads().map(Number)).toEqual([worker, await actor.ask.thread()])
})
