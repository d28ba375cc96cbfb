import type { ActorRef } from 'troupe'
import { describe, expect, it } from 'vitest'
import { Household, Scribe, type ScribeProtocol } from '#fixtures/promises/scribe.actor'
import { eventually } from '../../support/eventually.ts'
import { withSystem } from '../../support/with-system.ts'

type Child = ActorRef<ScribeProtocol>

const soon = { minMs: 1, maxMs: 1 }
const range = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

describe('when a thread dies', () => {
  it('what nobody had read is delivered after the takeover, in order', () =>
    withSystem({ threads: 2 }, async (system) => {
      const scribe = system.spawn(Scribe, [], { backoff: soon })
      await scribe.ready()
      const died = new Promise((resolve) => system.events.on('thread-lost', resolve))
      scribe.tell.block(100_000)
      const thread = system.threadOf(scribe)
      await eventually(() =>
        expect(system.inspect().threads.find(({ seat }) => seat === thread)?.running?.handler).toBe('block'),
      )
      for (const n of range(1_000)) expect(scribe.tell.note(n)).toBe('accepted')
      await system.killThread(scribe)
      await died
      expect(await scribe.ask.noted()).toEqual(range(1_000))
      expect(await system.account()).toMatchObject({ lost: 1 })
    }))

  it('what an actor had is lost, counted exactly, in one dead letter with the handler that ran', () =>
    withSystem({ threads: 1 }, async (system) => {
      const scribe = system.spawn(Scribe, [], { name: 'scribe', backoff: soon })
      await scribe.ask.pause()
      for (const n of range(10)) scribe.tell.note(n)
      scribe.tell.block(100_000)
      await eventually(() => expect(system.inspect().threads.at(-1)?.running?.handler).toBe('block'))
      await system.killThread(scribe)
      const letters = await eventually(async () => {
        const found = await system.deadLetters.ask.recent({ reason: 'thread-lost' })
        expect(found.length).toBe(1)
        return found
      })
      expect(letters[0]).toMatchObject({ actor: '/scribe', handler: 'block', count: 11, args: [] })
      expect(await system.account()).toMatchObject({ lost: 11 })
    }))

  it('what a mailbox with retain had is delivered again, in order, its delivery counted', () =>
    withSystem({ threads: 1 }, async (system) => {
      const scribe = system.spawn(Scribe, [], { backoff: soon, mailbox: { retain: true } })
      await scribe.ready()
      expect(await scribe.ask.deliveries(0)).toBe(1)
      for (const n of range(100)) scribe.tell.note(n)
      const again = scribe.with({ deadlineMs: 20_000 }).ask.blockOnce()
      for (const n of range(100)) scribe.tell.note(100 + n)
      await eventually(() => expect(system.inspect().threads.at(-1)?.running?.handler).toBe('blockOnce'))
      await system.killThread(scribe)
      await again
      expect(await scribe.ask.noted()).toEqual(range(100).map((n) => 100 + n))
      expect(await system.account()).toMatchObject({ lost: 0, isExact: true })
    }))

  it('what its neighbours on the same thread had told it is kept too', () =>
    withSystem({ threads: 1 }, async (system) => {
      const mailbox = { retain: true }
      const scribe = system.spawn(Scribe, [], { backoff: soon, mailbox })
      const neighbour = system.spawn(Scribe, [], { backoff: soon, placement: { with: scribe as never } })
      await Promise.all([scribe.ready(), neighbour.ready()])
      expect(system.threadOf(neighbour)).toBe(system.threadOf(scribe))
      const again = scribe.with({ deadlineMs: 20_000 }).ask.napUntilLost()
      neighbour.tell.tellAll(scribe, 100, false)
      await eventually(() => {
        expect(system.inspect().actors.find(({ path }) => path === scribe.path)?.queued).toBe(101)
      })
      await system.killThread(scribe)
      await again
      expect(await scribe.ask.noted()).toEqual(range(100))
      expect(await system.account()).toMatchObject({ lost: 0, isExact: true })
    }))

  it('a retained message that thread after thread died with is quarantined', () =>
    withSystem({ threads: 1 }, async (system) => {
      const mailbox = { retain: true, deliveriesMax: 2 }
      let deaths = 0
      system.events.on('thread-lost', () => deaths++)
      const scribe = system.spawn(Scribe, [], { backoff: soon, mailbox })
      scribe.tell.die()
      await eventually(async () => expect((await system.account()).deadLettersByReason.quarantined).toBe(1))
      expect(deaths).toBe(2)
      const expected = [{ actor: scribe.path, handler: 'die' }]
      await eventually(async () => {
        expect(await system.deadLetters.ask.recent({ reason: 'quarantined' })).toMatchObject(expected)
      })
      expect(await scribe.ask.noted()).toEqual([])
    }))

  it('a child that its parent spawns again under the same name has the old address; refs to others answer actor-stopped', () =>
    withSystem({ threads: 1 }, async (system) => {
      const household = system.spawn(Household, [], { backoff: soon })
      const [before, gone] = (await household.ask.children()) as [Child, Child]
      await before.ready()
      household.tell.die()
      await eventually(() => expect(gone.tell.note(1)).toBe('actor-stopped'))
      before.tell.note('same address')
      await eventually(async () => expect(await before.ask.noted()).toEqual(['same address']))
      const [after] = await household.ask.children()
      expect(after?.equals(before)).toBe(true)
    }))

  it('asks whose message it had read fail with thread-lost; those still in the ring are answered by its successor', () =>
    withSystem({ threads: 1 }, async (system) => {
      const scribe = system.spawn(Scribe, [], { backoff: soon })
      await scribe.ready()
      const read = scribe.with({ deadlineMs: 20_000 }).ask.block(100_000)
      read.catch(() => {})
      await eventually(() => expect(system.inspect().threads.at(-1)?.running?.handler).toBe('block'))
      const unread = scribe.with({ deadlineMs: 20_000 }).ask.noted()
      await system.killThread(scribe)
      await expect(read).rejects.toMatchObject({ code: 'thread-lost' })
      expect(await unread).toEqual([])
    }))

  it.each([3, 0])(
    'from inside, by process.exit(%i), it is one failure of the actors on it and of nobody else',
    (exitCode) =>
      withSystem({ threads: 2 }, async (system) => {
        const restarts: string[] = []
        system.events.on('restarted', ({ path, reason }) => restarts.push(`${path} ${reason.kind}`))
        const died = new Promise((resolve) => system.events.on('thread-lost', resolve))
        const [one, other] = ['one', 'other'].map((name) => {
          return system.spawn(Scribe, [], { name, restart: 'transient', backoff: soon })
        }) as [Child, Child]
        await Promise.all([one.ready(), other.ready()])
        expect(system.threadOf(one)).not.toBe(system.threadOf(other))
        for (const scribe of [one, other]) await scribe.ask.note('still here')
        one.tell.die(exitCode)
        expect(await died).toMatchObject({ thread: system.threadOf(one), lost: 1, reason: { exitCode } })
        expect(await one.ask.noted()).toEqual([])
        expect(await other.ask.noted()).toEqual(['still here'])
        // Its dead letter comes after everything else that the new thread had to say to the supervisor.
        await one.ask.fail('once more').catch(() => {})
        await eventually(async () => expect(await system.deadLetters.ask.recent({ reason: 'failed' })).toHaveLength(1))
        await one.ready()
        expect(restarts).toEqual(['/one thread-lost', '/one failure'])
      }),
  )

  it('what it had answered still arrives', () =>
    withSystem({ threads: 1 }, async (system) => {
      const scribe = system.spawn(Scribe, [], { backoff: soon })
      await scribe.ask.note('a note')
      const noted = scribe.ask.noted()
      noted.catch(() => {})
      scribe.tell.dieSoon()
      await new Promise((resolve) => setImmediate(resolve)) // what was told is on its way
      // This thread reads nothing until the other one has died, and its successor begun.
      const endMs = performance.now() + 10_000
      while (system.inspect().threads.at(-1)?.incarnation === 1 && performance.now() < endMs) {}
      expect(await noted).toEqual(['a note'])
      expect(system.inspect().threads.at(-1)?.incarnation).toBe(2)
    }))

  it('a thread in an endless loop is ended by the watchdog', () =>
    withSystem({ threads: 1, watchdogMs: 500 }, async (system) => {
      const scribe = system.spawn(Scribe, [], { backoff: soon })
      await scribe.ready()
      scribe.tell.block(100_000)
      const event = await new Promise((resolve) => system.events.on('thread-lost', resolve))
      expect(event).toMatchObject({ lost: 1 })
      scribe.tell.note(1)
      expect(await scribe.ask.noted()).toEqual([1])
    }))
})
