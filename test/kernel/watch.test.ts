import { type ActorRef, defineActor, type ExitReason } from 'troupe'
import { describe, expect, it } from 'vitest'
import { gate, startSystem } from './support/start-system.ts'

const module = import.meta.url
type Any = ActorRef<never>

const Target = defineActor({
  name: 'Target',
  module,
  start: () => ({}),
  on: {
    /** Sends so many messages, and ends in the way that is asked for. */
    send(self, to: ActorRef<{ note(n: number): void }>, count: number, how: 'end' | 'fail') {
      for (let n = 1; n <= count; n++) to.tell.note(n)
      if (how === 'end') return self.stop()
      throw new Error('told to')
    },
    end: (self) => self.stop(),
    fail() {
      throw new Error('told to')
    },
    link: (self, other: Any) => self.link(other),
    unlink: (self, other: Any) => self.unlink(other),
  },
})

const Watcher = defineActor({
  name: 'Watcher',
  module,
  start: () => ({ log: [] as unknown[] }),
  on: {
    watch: (self, ref: Any, times = 1) => {
      for (let n = 0; n < times; n++) self.watch(ref)
    },
    unwatch: (self, ref: Any) => self.unwatch(ref),
    link: (self, ref: Any) => self.link(ref),
    note: (self, n: number) => void self.state.log.push(n),
    hold: (_self, open: Promise<void>) => open,
    /** Is busy, and then ends the watch before the next message. */
    async unwatchLater(self, ref: Any, open: Promise<void>) {
      await open
      self.unwatch(ref)
    },
    log: (self) => self.state.log,
    fail() {
      throw new Error('told to')
    },
  },
  signals: { down: (self, ref, reason: ExitReason) => void self.state.log.push(`down ${ref.path} ${reason.kind}`) },
})

describe('watch', () => {
  it.each([1, 3])('brings one notice when the actor has stopped for good, watched %d times', async (times) => {
    const { system, settle } = await startSystem()
    const target = system.spawn(Target, [], { restart: 'temporary', name: 'target' })
    const watcher = system.spawn(Watcher, [])
    await watcher.ask.watch(target as Any, times)
    target.tell.end()
    await settle()
    expect(await watcher.ask.log()).toEqual(['down /target normal'])
  })

  it.each(['end', 'fail'] as const)('brings it after everything that the actor had sent: %s', async (how) => {
    const { system, settle } = await startSystem()
    const target = system.spawn(Target, [], { restart: 'temporary', name: 'target' })
    const watcher = system.spawn(Watcher, [])
    await watcher.ask.watch(target as Any)
    target.tell.send(watcher, 200, how)
    await settle()
    const log = await watcher.ask.log()
    expect(log.slice(0, 200)).toEqual(Array.from({ length: 200 }, (_, n) => n + 1))
    expect(log.slice(200)).toEqual([`down /target ${how === 'end' ? 'normal' : 'failure'}`])
  })

  it('brings none for a restart', async () => {
    const { system, settle } = await startSystem()
    const target = system.spawn(Target, [])
    const watcher = system.spawn(Watcher, [])
    await watcher.ask.watch(target as Any)
    target.tell.fail()
    await settle()
    expect(await watcher.ask.log()).toEqual([])
  })

  it('brings none after unwatch, also if it was queued already', async () => {
    const { system, settle } = await startSystem()
    const target = system.spawn(Target, [], { restart: 'temporary' })
    const watcher = system.spawn(Watcher, [])
    await watcher.ask.watch(target as Any)
    const open = gate()
    watcher.tell.unwatchLater(target as Any, open.promise)
    await settle()
    target.tell.end()
    await settle()
    open.open()
    await settle()
    expect(await watcher.ask.log()).toEqual([])
  })

  it('of an actor that had ended before brings a notice at once', async () => {
    const { system, settle } = await startSystem()
    const target = system.spawn(Target, [], { restart: 'temporary', name: 'target' })
    target.tell.end()
    await settle()
    const watcher = system.spawn(Watcher, [])
    await watcher.ask.watch(target as Any)
    await settle()
    expect(await watcher.ask.log()).toEqual(['down /target gone'])
  })

  it('ends with the incarnation that watched', async () => {
    const { system, settle } = await startSystem()
    const target = system.spawn(Target, [], { restart: 'temporary' })
    const watcher = system.spawn(Watcher, [])
    await watcher.ask.watch(target as Any)
    watcher.tell.fail()
    await settle()
    target.tell.end()
    await settle()
    expect(await watcher.ask.log()).toEqual([])
  })

  it('needs no room in the mailbox', async () => {
    const { system, settle } = await startSystem()
    const target = system.spawn(Target, [], { restart: 'temporary', name: 'target' })
    const watcher = system.spawn(Watcher, [], { mailbox: { messagesMax: 1 } })
    await watcher.ask.watch(target as Any)
    const open = gate()
    watcher.tell.hold(open.promise)
    await settle()
    watcher.tell.note(1)
    target.tell.end()
    await settle()
    open.open()
    await watcher.ready()
    await settle()
    expect(await watcher.ask.log()).toEqual([1, 'down /target normal'])
  })
})

describe('a link', () => {
  const Linked = defineActor({
    name: 'Linked',
    module,
    start: (_self, log: string[]) => ({ log }),
    on: {
      link: (self, ref: Any) => self.link(ref),
      unlink: (self, ref: Any) => self.unlink(ref),
      end: (self) => self.stop(),
      fail() {
        throw new Error('told to')
      },
    },
    stop: (self, reason) => void self.state.log.push(reason.kind),
  })

  it.each(['first', 'second'] as const)('makes the abnormal end of the %s the failure of the other', async (which) => {
    const { system, settle } = await startSystem()
    const log: string[] = []
    const first = system.spawn(Linked, [log], { restart: 'temporary' })
    const second = system.spawn(Linked, [log], { restart: 'temporary' })
    await first.ask.link(second as Any)
    const [dying, other] = which === 'first' ? [first, second] : [second, first]
    dying.tell.fail()
    await settle()
    expect(log).toEqual(['failure', 'linked-exit'])
    expect(other.tell.end()).toBe('actor-stopped')
  })

  it('does nothing at a normal end, nor after unlink', async () => {
    const { system, settle } = await startSystem()
    const log: string[] = []
    const [a, b, c] = [1, 2, 3].map(() => system.spawn(Linked, [log], { restart: 'temporary' })) as [
      LinkedRef,
      LinkedRef,
      LinkedRef,
    ]
    await a.ask.link(b as Any)
    await a.ask.link(c as Any)
    await c.ask.unlink(a as Any)
    b.tell.end()
    c.tell.fail()
    await settle()
    expect(log).toEqual(['normal', 'failure'])
    expect(a.tell.end()).toBe('accepted')
  })

  it('gives its notice to an exit handler, which keeps the actor alive', async () => {
    const { system, settle } = await startSystem()
    const exits: string[] = []
    const Trapping = defineActor({
      name: 'Trapping',
      module,
      start: (self, ref: Any) => void self.link(ref),
      on: { alive: () => true },
      signals: { exit: (_self, ref, reason) => void exits.push(`${ref.path} ${reason.kind}`) },
    })
    const target = system.spawn(Target, [], { restart: 'temporary', name: 'target' })
    const trapping = system.spawn(Trapping, [target as Any])
    expect(await trapping.ask.alive()).toBe(true)
    target.tell.fail()
    await settle()
    expect(exits).toEqual(['/target failure'])
    expect(await trapping.ask.alive()).toBe(true)
  })

  it('to an actor that had ended before fails at once', async () => {
    const { system, settle } = await startSystem()
    const target = system.spawn(Target, [], { restart: 'temporary' })
    target.tell.end()
    await settle()
    const log: string[] = []
    const late = system.spawn(Linked, [log], { restart: 'temporary' })
    await late.ask.link(target as Any)
    await settle()
    expect(log).toEqual(['linked-exit'])
  })

  type LinkedRef = ActorRef<{ link(ref: Any): void; unlink(ref: Any): void; end(): void; fail(): never }>
})
