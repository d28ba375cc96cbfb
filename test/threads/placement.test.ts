import { type ActorSystem, createSystem, type Placement, UsageError } from 'troupe'
import { afterEach, expect, test } from 'vitest'
import { Parent } from '#fixtures/threads/parent.actor'
import { Patient } from '#fixtures/threads/patient.actor'
import { until } from '../support/until.ts'

let system: ActorSystem

afterEach(() => system.shutdown())

const MAIN = 1
const WORKERS = [2, 3]

test('an actor lives where its placement says, also after its thread has died', async () => {
  system = await createSystem({ threads: 2, log: 'silent' })
  const here = system.spawn(Patient, [0], { placement: 'here' })
  const any = [0, 1, 2, 3].map(() => system.spawn(Patient, [0], { placement: 'any' }))
  const keyed = [0, 1, 2].map(() => system.spawn(Patient, [0], { placement: { key: 'device-7' } }))
  await Promise.all([here, ...any, ...keyed].map((ref) => ref.ready()))
  const [first] = keyed
  const beside = system.spawn(Patient, [0], { placement: { with: first as never } })
  expect(system.threadOf(here)).toBe(MAIN)
  expect([...new Set(any.map((ref) => system.threadOf(ref)))].sort()).toEqual(WORKERS)
  expect(new Set([...keyed, beside].map((ref) => system.threadOf(ref))).size).toBe(1)
  const seat = system.threadOf(beside)
  const threadBefore = await beside.ask.thread()
  await system.killThread(seat)
  await until(async () => (await beside.ask.thread().catch(() => threadBefore)) !== threadBefore, 'a new thread')
  expect(system.threadOf(beside)).toBe(seat)
})

test('a child lives on the thread of its parent unless it is placed elsewhere', async () => {
  system = await createSystem({ threads: 2, log: 'silent' })
  const parent = system.spawn(Parent, ['any'], { placement: { key: 'a' } })
  const home = system.threadOf(parent)
  const children = await Promise.all([1, 2, 3, 4].map((n) => parent.ask.spawn(`child-${n}`)))
  expect(children.map((child) => system.threadOf(child))).toEqual([home, home, home, home])
  const elsewhere = await Promise.all([1, 2, 3, 4].map((n) => parent.ask.spawn(`other-${n}`, 'any')))
  const other = WORKERS.find((seat) => seat !== home) // it has fewer actors
  expect(elsewhere.map((child) => system.threadOf(child))).toEqual([other, other, other, other])
})

test('any other placement is refused', async () => {
  system = await createSystem({ threads: 1, log: 'silent' })
  for (const placement of ['nowhere', { key: 7 }, { with: 'x' }, null, 3]) {
    const spawn = (): unknown => system.spawn(Patient, [0], { placement: placement as Placement })
    expect(spawn, JSON.stringify(placement)).toThrow(UsageError)
    expect(spawn, JSON.stringify(placement)).toThrow('placement must be')
  }
})

test('a pinned actor has a thread of its own, which goes when the actor has stopped, and the seat is used again', async () => {
  system = await createSystem({ threads: 1, threadsMax: 2, log: 'silent' })
  for (let round = 0; round < 3; round++) {
    const pinned = system.spawn(Patient, [round], { placement: 'pinned', restart: 'transient' })
    expect(await pinned.ask.total()).toBe(round)
    expect(system.threadOf(pinned)).toBe(3)
    pinned.tell.done()
    const seats = (): number[] => system.inspect().threads.map(({ seat }) => seat)
    await until(() => !seats().includes(3), 'the thread is gone')
  }
  expect((await system.account()).isExact).toBe(true)
})

test('a pinned actor comes back on its own seat when its thread dies', async () => {
  system = await createSystem({ threads: 1, log: 'silent' })
  const pinned = system.spawn(Patient, [5], { placement: 'pinned', backoff: { minMs: 1, maxMs: 10 } })
  const before = await pinned.ask.thread()
  const seat = system.threadOf(pinned)
  pinned.tell.exit()
  await until(async () => (await pinned.ask.thread().catch(() => before)) !== before, 'a new thread')
  expect(await pinned.ask.total()).toBe(5)
  expect(system.threadOf(pinned)).toBe(seat)
  expect(WORKERS.slice(0, 1)).not.toContain(seat)
})

test('no more pinned actors than threadsMax allows; one that stopped makes room', async () => {
  system = await createSystem({ threads: 1, threadsMax: 2, log: 'silent' })
  const spawn = () => system.spawn(Patient, [0], { placement: 'pinned', restart: 'transient' })
  const first = spawn()
  await first.ready()
  expect(spawn).toThrow(expect.objectContaining({ code: 'too-many-threads' }))
  first.tell.done()
  await until(() => !system.inspect().threads.some(({ seat }) => seat === 3), 'the thread is gone')
  await spawn().ready()
})

test('what is placed beside a pinned actor keeps its thread', async () => {
  system = await createSystem({ threads: 1, threadsMax: 2, log: 'silent' })
  const pinned = system.spawn(Patient, [0], { placement: 'pinned', restart: 'transient' })
  await pinned.ready()
  const guest = system.spawn(Patient, [8], { placement: { with: pinned } })
  await guest.ready()
  pinned.tell.done()
  await expect(pinned.ask.total()).rejects.toMatchObject({ code: 'actor-stopped' })
  expect(await guest.ask.total()).toBe(8)
  expect(system.threadOf(guest)).toBe(3)
})

test('a ref to an actor whose pinned thread is gone is answered, not left waiting', async () => {
  system = await createSystem({ threads: 1, threadsMax: 2, log: 'silent' })
  const watcher = system.spawn(Parent, ['here'], {})
  const pinned = system.spawn(Patient, [0], { placement: 'pinned', restart: 'transient' })
  await pinned.ready()
  pinned.tell.done()
  await until(() => !system.inspect().threads.some(({ seat }) => seat === 3), 'the thread is gone')
  await expect(pinned.ask.total()).rejects.toMatchObject({ code: 'actor-stopped' })
  await expect(pinned.ready()).rejects.toMatchObject({ code: 'actor-stopped' })
  watcher.tell.watch(pinned as never)
  await until(async () => (await watcher.ask.downs()).length === 1, 'the watcher is told')
})

test('with threads: 0 every placement is here, and no thread can be ended', async () => {
  system = await createSystem({ threads: 0, log: 'silent' })
  const placements: Placement[] = ['here', 'any', 'pinned', { key: 'a' }]
  const refs = placements.map((placement, n) => system.spawn(Patient, [n], { placement }))
  refs.push(system.spawn(Patient, [4], { placement: { with: refs[0] as never } }))
  expect(await Promise.all(refs.map((ref) => ref.ask.total()))).toEqual([0, 1, 2, 3, 4])
  expect(refs.map((ref) => system.threadOf(ref as never))).toEqual(refs.map(() => MAIN))
  expect(await system.killThread(MAIN)).toBe(false)
})

test.each([
  [{ threads: 2, threadsMax: 1 }, 'threadsMax'],
  [{ threads: 1, threadsMax: 63 }, 'threadsMax'],
  [{ threads: 1, heapMaxBytes: 1_000 }, 'heapMaxBytes'],
])('%j is refused', async (options, name) => {
  system = await createSystem({ threads: 0, log: 'silent' })
  await expect(createSystem(options)).rejects.toThrow(name)
})
