import { type ActorRef, type ActorSystem, createSystem, type SystemEvent } from 'troupe'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Parent, type ParentProtocol } from '#fixtures/threads/parent.actor'
import { Patient, type PatientProtocol } from '#fixtures/threads/patient.actor'
import { until } from '../support/until.ts'

let system: ActorSystem
const events: SystemEvent[] = []
const backoff = { minMs: 1, maxMs: 10 }

beforeEach(async () => {
  events.length = 0
  system = await createSystem({ threads: 2, log: 'silent' })
  system.events.on('all', (event) => events.push(event))
})

afterEach(async () => {
  await until(async () => (await system.account()).isExact, 'an exact account')
  await system.shutdown()
  expect(await system.account()).toMatchObject({ isExact: true, queued: 0 })
})

const here = () => ({ backoff, placement: { key: 'one' } }) as const

async function killThreadOf(ref: ActorRef<never>): Promise<void> {
  expect(await system.killThread(ref)).toBe(true)
}

/** A thread that is in the middle of a handler which does not end, so that it reads nothing more. */
async function occupy(patient: ActorRef<PatientProtocol>): Promise<void> {
  patient.tell.loop()
  const seat = system.threadOf(patient as never)
  await until(
    () => system.inspect().threads.some((thread) => thread.seat === seat && thread.running !== undefined),
    'it runs',
  )
}

async function collect(numbers: AsyncIterable<number>): Promise<number[]> {
  const all: number[] = []
  for await (const number of numbers) all.push(number)
  return all
}

test('what was not read yet is handled by the next incarnation, in order: tells, asks, streams', async () => {
  const patient = system.spawn(Patient, [0], here())
  await patient.ready()
  await occupy(patient)
  for (let n = 0; n < 100; n++) expect(patient.tell.add(1)).toBe('accepted')
  const total = patient.ask.total()
  const numbers = collect(patient.stream.numbers(5))
  await killThreadOf(patient as never)
  expect(await total).toBe(100)
  expect(await numbers).toEqual([1, 2, 3, 4, 5])
  expect((await system.account()).lost).toBe(1)
})

test('what was read is lost: asks and streams fail at once, the count is exact, one dead letter says so', async () => {
  const patient = system.spawn(Patient, [0], { ...here(), name: 'patient' })
  const numbers = patient.stream.numbers(1_000_000)
  await numbers.next()
  const ask = patient.ask.never()
  ask.catch(() => {})
  for (let n = 0; n < 5; n++) patient.tell.add(1)
  await until(async () => (await system.account()).queued >= 6, 'all were read')
  await killThreadOf(patient as never)
  await expect(ask).rejects.toMatchObject({ code: 'thread-lost' })
  await expect(collect(numbers)).rejects.toMatchObject({ code: 'thread-lost' })
  expect((await system.account()).lost).toBe(6)
  const letters = () => system.deadLetters.ask.recent({ reason: 'thread-lost' })
  await until(async () => (await letters()).length > 0, 'a dead letter')
  expect(await letters()).toMatchObject([{ actor: '/patient', count: 6 }])
})

test('a full mailbox does not stay full when its thread dies', async () => {
  const mailbox = { messagesMax: 3 }
  const patient = system.spawn(Patient, [0], { ...here(), mailbox })
  await patient.ready()
  void patient.ask.never().catch(() => {})
  const isFull = async (): Promise<boolean> =>
    patient.tell.add(1) === 'mailbox-full' && (await system.account()).queued === 4
  await until(isFull, 'the mailbox is full, and the ring empty')
  await killThreadOf(patient as never)
  await patient.ready()
  expect(patient.tell.add(1)).toBe('accepted')
})

test('a named child that start makes again takes over the address, and what was sent to it meanwhile', async () => {
  const parent = system.spawn(Parent, ['here'], { ...here(), name: 'parent' })
  const child = await find('parent/here')
  await child.ready()
  await killThreadOf(parent as never)
  for (let n = 0; n < 10; n++) child.tell.add(1)
  expect(await child.ask.total()).toBe(110)
  expect((await find('parent/here')).equals(child as never)).toBe(true)
})

test('a child that start does not make again has stopped: nothing waits for it', async () => {
  const parent = system.spawn(Parent, ['here'], { ...here(), name: 'parent' })
  const child = await parent.ask.spawn('extra', 'here')
  await child.ready()
  await occupy(child)
  const ask = child.ask.total()
  const ready = child.ready()
  await killThreadOf(parent as never)
  await expect(ask).rejects.toMatchObject({ code: 'actor-stopped' })
  await expect(ready).rejects.toMatchObject({ code: 'actor-stopped' })
  await expect(child.ask.total()).rejects.toMatchObject({ code: 'actor-stopped' })
})

test('children on other threads stop with their parent, and new ones come with it', async () => {
  const parent = system.spawn(Parent, [otherThan('one')], { ...here(), name: 'parent' })
  const child = await find('parent/there')
  await child.ready()
  expect(system.threadOf(child as never)).not.toBe(system.threadOf(parent as never))
  await killThreadOf(parent as never)
  await until(
    async () => (await child.ask.total().catch((error) => error.code)) === 'actor-stopped',
    'the old one is gone',
  )
  await until(async () => !(await find('parent/there')).equals(child as never), 'a new one')
  expect(await (await find('parent/there')).ask.total()).toBe(400)
})

test('parent and child on two threads that die at once come back, and leave no address behind', async () => {
  const parent = system.spawn(Parent, [otherThan('one')], { ...here(), name: 'parent' })
  await parent.ask.downs()
  await until(() => familySize() === 5, 'all are there')
  for (let round = 0; round < 8; round++) {
    await Promise.all([system.killThread(2), system.killThread(3)])
    await until(
      async () => (await (await find('parent/there')).ask.total().catch(() => 0)) === 400,
      'the child is back',
    )
  }
  await until(() => familySize() === 5, 'nobody else is there')
})

test('the same for kills one upon the other', async () => {
  const parent = system.spawn(Parent, [otherThan('one')], { ...here(), name: 'parent' })
  for (let round = 0; round < 8; round++) {
    await system.killThread(2)
    await system.killThread(3)
    await system.killThread(2)
  }
  await until(async () => (await parent.ask.downs().catch(() => 'lost')) !== 'lost', 'the parent is back')
  await until(async () => (await (await find('parent/there')).ask.total().catch(() => 0)) === 400, 'the child is back')
  await until(() => familySize() === 5, 'nobody else is there')
})

test('whoever waits for an actor, or looks for it, while its thread dies gets it', async () => {
  const parent = system.spawn(Parent, ['here'], { ...here(), name: 'parent' })
  const child = await find('parent/here')
  await occupy(child)
  const found = system.whereis('parent/here')
  const ready = parent.ready()
  await killThreadOf(parent as never)
  expect((await found)?.path).toBe('/parent/here')
  await ready
})

test('who watches is told of an end, not of a restart, and not after unwatch', async () => {
  const watcher: ActorRef<ParentProtocol> = system.spawn(Parent, ['here'], { placement: otherThan('one') })
  const stays = system.spawn(Patient, [0], { ...here(), name: 'stays' })
  const goes = system.spawn(Patient, [0], { placement: { key: 'one' }, restart: 'temporary', name: 'goes' })
  const ignored = system.spawn(Patient, [0], { placement: { key: 'one' }, restart: 'temporary', name: 'ignored' })
  for (const ref of [stays, goes, ignored]) watcher.tell.watch(ref as never)
  watcher.tell.unwatch(ignored as never)
  await Promise.all([stays, goes, ignored].map((ref) => ref.ready()))
  await watcher.ask.downs()
  await killThreadOf(goes as never)
  await until(async () => (await watcher.ask.downs()).length > 0, 'the watcher is told')
  expect(await stays.ask.total()).toBe(0)
  stays.tell.done()
  expect(await watcher.ask.downs()).toEqual(['/goes thread-lost'])
})

test('a parked actor stays parked, and can be unparked on the new thread', async () => {
  const patient = system.spawn(Patient, [7], {
    placement: { key: 'one' },
    name: 'patient',
    backoff: { ...backoff, restartsMax: 0 },
  })
  patient.tell.fail()
  await until(() => events.some(({ type }) => type === 'parked'), 'it is parked')
  await killThreadOf(patient as never)
  await until(() => events.some(({ type }) => type === 'thread-started'), 'a new thread')
  await expect(patient.ask.total()).rejects.toMatchObject({ code: expect.stringMatching(/^actor-(parked|stopped)$/) })
  expect(await system.unpark('/patient')).toBe(true)
  await patient.ready()
  expect(await patient.ask.total()).toBe(7)
})

test('an actor whose budget is used up by the death of its thread is parked: its asks end', async () => {
  const patient = system.spawn(Patient, [7], { ...here(), name: 'patient', backoff: { ...backoff, restartsMax: 0 } })
  await patient.ready()
  await occupy(patient)
  const ask = patient.ask.total()
  await killThreadOf(patient as never)
  await expect(ask).rejects.toMatchObject({ code: expect.stringMatching(/^actor-/) })
  expect(events).toContainEqual(expect.objectContaining({ type: 'parked', path: '/patient' }))
})

test('an actor that waits for its restart while its thread dies comes back on the new one', async () => {
  const slow = { minMs: 150, maxMs: 150, jitter: 0 }
  const patient = system.spawn(Patient, [7], { ...here(), name: 'patient', backoff: slow })
  patient.tell.fail()
  await until(() => system.inspect().actors.some(({ state }) => state === 'restarting'), 'it waits')
  await killThreadOf(patient as never)
  expect(await patient.ask.total()).toBe(7)
})

test('a failure with an error that cannot travel still reaches the parent', async () => {
  const patient = system.spawn(Patient, [7], { ...here(), name: 'patient' })
  patient.tell.failOddly()
  await until(() => events.some(({ type }) => type === 'restarted'), 'the restart')
  expect(await patient.ask.total()).toBe(7)
})

test('the spare may die at any time', async () => {
  const patient = system.spawn(Patient, [7], here())
  await patient.ready()
  for (let round = 0; round < 3; round++) {
    await Promise.all([system.killSpare(), killThreadOf(patient as never)])
    await patient.ready()
  }
  expect(await patient.ask.total()).toBe(7)
})

async function find(path: string): Promise<ActorRef<PatientProtocol>> {
  let ref = (await system.whereis(path)) as ActorRef<PatientProtocol> | undefined
  await until(async () => {
    ref ??= (await system.whereis(path)) as ActorRef<PatientProtocol> | undefined
    return ref !== undefined
  }, `an actor at ${path}`)
  return ref as ActorRef<PatientProtocol>
}

/** The parent, its four children, and whoever should be gone. */
function familySize(): number {
  return system.inspect().actors.filter(({ path }) => path.startsWith('/parent') || path.startsWith('#')).length
}

/** A key that leads to another thread. */
function otherThan(key: string): { readonly key: string } {
  const seatOf = (candidate: string): number => {
    const probe = system.spawn(Patient, [0], { placement: { key: candidate }, restart: 'temporary' })
    probe.tell.done()
    return system.threadOf(probe as never)
  }
  const seat = seatOf(key)
  for (let n = 0; ; n++) if (seatOf(`other-${n}`) !== seat) return { key: `other-${n}` }
}
