import { type ActorRef, defineActor, type ExitReason, type SpawnOptions } from 'troupe'
import { describe, expect, it } from 'vitest'
import { gate, startSystem, type TestBed } from './support/start-system.ts'

const module = import.meta.url

/** Tells a log outside of all actors what happens to it. */
const Worker = defineActor({
  name: 'Worker',
  module,
  start(self, log: string[], children: string[] = [], startsToFail: { count: number } = { count: 0 }) {
    if (startsToFail.count-- > 0) throw new Error('cannot start')
    log.push('start')
    for (const name of children) self.spawn(Worker_, [log, name], { name })
    return { log, handled: 0, isStashing: false }
  },
  on: {
    note(self, value: unknown) {
      if (self.state.isStashing) return self.stash()
      self.state.log.push(`note ${String(value)} (${self.context.delivery})`)
      self.state.handled++
    },
    handled: (self) => self.state.handled,
    stashing: (self) => void (self.state.isStashing = true),
    unstash: (self) => self.unstash(),
    fail(_self, message: string, properties: object = {}) {
      throw Object.assign(new Error(message), properties)
    },
    poison(self, value: unknown) {
      self.state.log.push(`poison ${String(value)} (${self.context.delivery})`)
      throw new Error('poison')
    },
    failLater: (_self, open: Promise<void>) => open.then(() => Promise.reject(new Error('later'))),
    hold: (_self, open: Promise<void>) => open,
    end: (self) => self.stop(),
  },
  stop: (self, reason) => void self.state.log.push(`stop ${reason.kind}`),
})

const Worker_ = defineActor({
  name: 'Child',
  module,
  start: (_self, log: string[], name: string) => ({ log, name }),
  on: {},
  stop: (self) => void self.state.log.push(`stop ${self.state.name}`),
})

function spawn(bed: TestBed, log: string[], options: SpawnOptions = {}, ...rest: [string[]?, { count: number }?]) {
  return bed.system.spawn(Worker, [log, ...rest], { name: 'worker', ...options })
}

describe('a restart', () => {
  it('keeps address, arguments and mailbox, in order; the failing message goes to dead letters', async () => {
    const bed = await startSystem()
    const log: string[] = []
    const worker = spawn(bed, log)
    worker.tell.note(1)
    worker.tell.fail('told to')
    worker.tell.note(2)
    worker.tell.note(3)
    expect(await worker.ask.handled()).toBe(2)
    expect(log).toEqual(['start', 'note 1 (1)', 'stop failure', 'start', 'note 2 (1)', 'note 3 (1)'])
    const [letter] = await bed.system.deadLetters.ask.recent()
    expect(letter).toMatchObject({ reason: 'failed', actor: '/worker', handler: 'fail', args: ['told to'], count: 1 })
    expect(bed.events).toMatchObject([{ type: 'restarted', path: '/worker', reason: { kind: 'failure' } }])
  })

  it('keeps what is sent while the actor is down', async () => {
    const bed = await startSystem()
    const log: string[] = []
    const worker = spawn(bed, log, { backoff: { minMs: 100, jitter: 0 } })
    worker.tell.fail('told to')
    await bed.settle()
    expect(worker.tell.note(1)).toBe('accepted')
    await bed.advance(99)
    expect(log).toEqual(['start', 'stop failure'])
    await bed.advance(1)
    expect(log).toEqual(['start', 'stop failure', 'start', 'note 1 (1)'])
  })

  it('keeps the stash, which waits outside of the incarnation until it is put back', async () => {
    const bed = await startSystem()
    const log: string[] = []
    const worker = spawn(bed, log, { backoff: { minMs: 1 } })
    worker.tell.stashing()
    worker.tell.note(1)
    worker.tell.note(2)
    worker.tell.fail('first')
    await bed.advance(10)
    worker.tell.fail('second, before anything was unstashed')
    await bed.advance(10)
    worker.tell.unstash()
    worker.tell.note(3)
    await bed.settle()
    expect(log.filter((entry) => entry.startsWith('note'))).toEqual(['note 1 (1)', 'note 2 (1)', 'note 3 (1)'])
  })

  it('loses nothing of the stash when unstashing fails again', async () => {
    const bed = await startSystem()
    const seen: number[] = []
    let fails = 2
    const Careless = defineActor({
      name: 'Careless',
      module,
      start: () => ({ isOpen: false }),
      on: {
        take(self, n: number) {
          if (!self.state.isOpen) return self.stash()
          if (n === 2 && fails-- > 0) throw new Error('not yet')
          seen.push(n)
        },
        open(self) {
          self.state.isOpen = true
          self.unstash()
        },
      },
    })
    const careless = bed.system.spawn(Careless, [], {
      backoff: { minMs: 1 },
      onFailure: { message: 'retry', retriesMax: 5 },
    })
    for (const n of [1, 2, 3]) careless.tell.take(n)
    careless.tell.open()
    await bed.advance(10)
    careless.tell.open()
    await bed.advance(10)
    careless.tell.open()
    await bed.settle()
    expect(seen).toEqual([1, 2, 3])
  })

  it('comes after a failure of an async handler too', async () => {
    const bed = await startSystem()
    const log: string[] = []
    const worker = spawn(bed, log)
    const open = gate()
    const asked = worker.ask.failLater(open.promise)
    worker.tell.note(1)
    await bed.settle()
    open.open()
    await expect(asked).rejects.toThrow('later')
    await bed.settle()
    expect(log).toEqual(['start', 'stop failure', 'start', 'note 1 (1)'])
  })

  it('awaits stop, and stops children first, the last started first', async () => {
    const bed = await startSystem()
    const log: string[] = []
    const worker = spawn(bed, log, {}, ['a', 'b', 'c'])
    worker.tell.fail('told to')
    await bed.settle()
    expect(log).toEqual(['start', 'stop c', 'stop b', 'stop a', 'stop failure', 'start'])
  })

  it('does not wait longer than shutdownMs for stop', async () => {
    const bed = await startSystem()
    let starts = 0
    const Lingering = defineActor({
      name: 'Lingering',
      module,
      start: () => void starts++,
      on: {
        fail() {
          throw new Error('told to')
        },
      },
      stop: () => new Promise(() => {}),
    })
    const lingering = bed.system.spawn(Lingering, [], { shutdownMs: 100 })
    lingering.tell.fail()
    await bed.advance(99)
    expect(starts).toBe(1)
    await bed.advance(1)
    expect(starts).toBe(2)
  })

  it('also happens when stop itself fails, which is logged', async () => {
    const bed = await startSystem()
    let starts = 0
    const Broken = defineActor({
      name: 'Broken',
      module,
      start: () => void starts++,
      on: {
        fail() {
          throw new Error('told to')
        },
      },
      stop: () => {
        throw new Error('broken')
      },
    })
    bed.system.spawn(Broken, []).tell.fail()
    await bed.settle()
    expect(starts).toBe(2)
    expect(bed.logged).toContain('error stop failed')
  })

  it('of a permanent actor that stops by itself keeps what is sent meanwhile', async () => {
    const bed = await startSystem()
    const log: string[] = []
    const open = gate()
    const worker = spawn(bed, log)
    worker.tell.hold(open.promise)
    await bed.settle()
    worker.tell.end()
    worker.tell.note(1)
    open.open()
    expect(worker.tell.note(2)).toBe('accepted')
    await bed.settle()
    expect(log).toEqual(['start', 'stop normal', 'start', 'note 1 (1)', 'note 2 (1)'])
  })

  it('of a sibling under one-for-all keeps what is sent meanwhile', async () => {
    const bed = await startSystem({ supervise: { strategy: 'one-for-all', restartsMax: 5 } })
    const stopping = gate()
    const seen: number[] = []
    const Slow = defineActor({
      name: 'Slow',
      module,
      start: () => ({}),
      on: { note: (_self, n: number) => void seen.push(n) },
      stop: () => stopping.promise,
    })
    const failing = spawn(bed, [])
    const slow = bed.system.spawn(Slow, [])
    await slow.ready()
    failing.tell.fail('told to')
    await bed.settle()
    expect(slow.tell.note(1)).toBe('accepted')
    stopping.open()
    await bed.settle()
    expect(seen).toEqual([1])
  })
})

describe('the message that made its actor fail', () => {
  it('is handled again up to retriesMax times, each time first, and then quarantined', async () => {
    const bed = await startSystem({ supervise: { restartsMax: 100 } })
    const log: string[] = []
    const worker = spawn(bed, log, { onFailure: { message: 'retry', retriesMax: 2 } })
    worker.tell.poison('x')
    worker.tell.note('behind')
    await bed.settle()
    expect(log.filter((entry) => !/^st/.test(entry))).toEqual([
      'poison x (1)',
      'poison x (2)',
      'poison x (3)',
      'note behind (1)',
    ])
    const [letter] = await bed.system.deadLetters.ask.recent()
    expect(letter).toMatchObject({ reason: 'quarantined', handler: 'poison', error: { message: 'poison' } })
  })

  it('is quarantined at once where that is asked for', async () => {
    const bed = await startSystem()
    const log: string[] = []
    const worker = spawn(bed, log, { onFailure: { message: 'quarantine' } })
    worker.tell.poison('x')
    await bed.settle()
    expect((await bed.account()).deadLettersByReason).toMatchObject({ quarantined: 1, failed: 0 })
  })

  it('is answered by the next incarnation when it is an ask that is tried again', async () => {
    const bed = await startSystem()
    let fails = 1
    const Flaky = defineActor({
      name: 'Flaky',
      module,
      start: () => ({}),
      on: {
        answer(self) {
          void self.context.signal
          if (fails-- > 0) throw new Error('not yet')
          return [self.context.delivery, self.context.signal.aborted]
        },
      },
    })
    const flaky = bed.system.spawn(Flaky, [], { onFailure: { message: 'retry' } })
    expect(await flaky.ask.answer()).toEqual([2, false])
  })
})

describe('the messages behind it', () => {
  it.each([
    ['keep', ['note 1 (1)', 'note 2 (1)'], 0, []],
    ['drop', [], 2, ['failed']],
    ['dead-letter', [], 2, ['failed', 'restarted', 'restarted']],
  ] as const)('with mailbox: %s', async (mailbox, handled, restarted, letters) => {
    const bed = await startSystem()
    const log: string[] = []
    const worker = spawn(bed, log, { onFailure: { mailbox } })
    worker.tell.fail('told to')
    worker.tell.note(1)
    worker.tell.note(2)
    await bed.settle()
    expect(log.filter((entry) => entry.startsWith('note'))).toEqual(handled)
    expect((await bed.account()).deadLettersByReason.restarted).toBe(restarted)
    const reasons = (await bed.system.deadLetters.ask.recent()).map(({ reason }) => reason)
    if (letters.length > 0) expect(reasons.sort()).toEqual([...letters].sort())
  })

  it('are dropped without the one that is tried again', async () => {
    const bed = await startSystem()
    const log: string[] = []
    const worker = spawn(bed, log, { onFailure: { mailbox: 'drop', message: 'retry', retriesMax: 1 } })
    worker.tell.poison('x')
    worker.tell.note(1)
    await bed.settle()
    expect(log.filter((entry) => !/^st/.test(entry))).toEqual(['poison x (1)', 'poison x (2)'])
  })
})

describe('a start that fails', () => {
  it('is tried again after its backoff, with what was sent meanwhile, and parks in the end', async () => {
    const bed = await startSystem()
    const log: string[] = []
    const toFail = { count: 4 }
    const worker = spawn(bed, log, { backoff: { minMs: 100, factor: 2, jitter: 0, restartsMax: 3 } }, [], toFail)
    const ready = worker.ready().catch((error: { code: string }) => error.code)
    const asked = worker
      .with({ deadlineMs: 1e6 })
      .ask.handled()
      .catch((error: { code: string }) => error.code)
    worker.tell.note(1)
    await bed.advance(100 + 200 + 399)
    expect(toFail.count).toBe(1)
    await bed.advance(1)
    expect(toFail.count).toBe(0)
    expect(await ready).toBe('actor-parked')
    expect(await asked).toBe('actor-parked')
    expect(bed.events.at(-1)).toMatchObject({ type: 'parked', path: '/worker', reason: { kind: 'start-failed' } })
    expect(worker.tell.note(2)).toBe('actor-stopped')

    expect(await bed.system.unpark('/worker')).toBe(true)
    await worker.ready()
    await bed.settle()
    expect(log).toEqual(['start', 'note 1 (1)'])
    expect(await bed.system.unpark('/worker')).toBe(false)
    expect(await bed.system.unpark('/nobody')).toBe(false)
  })

  it('counts in its parent window without backoff, and is reported with its cause', async () => {
    const bed = await startSystem({ onRootFailure: 'shutdown', supervise: { restartsMax: 2 } })
    spawn(bed, [], {}, [], { count: 100 })
    const error = (await bed
      .advance(10)
      .then(() => bed.system.terminated)
      .catch((thrown: unknown) => thrown)) as Error
    process.exitCode = 0
    expect(error).toMatchObject({
      code: 'root-failed',
      message: expect.stringMatching(/'worker' failed more than 2 times.*cannot start/),
    })
    expect(error.cause).toMatchObject({ message: 'cannot start' })
    const failures = bed.logged.filter((line) => line === 'error start-failed: Error: cannot start')
    expect(failures.length).toBe(3) // each of a crash loop is in the log
  })

  it('may be an async one', async () => {
    const bed = await startSystem()
    let attempts = 0
    const Later = defineActor({
      name: 'Later',
      module,
      start: async () => {
        await null
        if (++attempts < 3) throw new Error('not yet')
        return { value: 'there' }
      },
      on: { value: (self) => self.state.value },
    })
    const later = bed.system.spawn(Later, [], { backoff: { minMs: 10, jitter: 0 } })
    const value = later.ask.value()
    await bed.advance(100)
    expect(await value).toBe('there')
  })

  it('parks at once with an error that no restart can cure', async () => {
    const bed = await startSystem()
    for (const [name, properties] of [
      ['by-retryable', { retryable: false }],
      ['by-code', { code: 'EACCES' }],
      ['by-name', { name: 'ConfigError' }],
    ] as const) {
      const worker = spawn(bed, [], { name, parkOn: ['EACCES', 'ConfigError'], backoff: { minMs: 1 } })
      worker.tell.fail('no cure', properties)
      await bed.settle()
      expect(bed.events.at(-1)).toMatchObject({ type: 'parked', path: `/${name}` })
    }
  })
})

describe('a stop', () => {
  it('comes after the current message; what waits behind goes to dead letters', async () => {
    const bed = await startSystem()
    const log: string[] = []
    const worker = spawn(bed, log, { restart: 'temporary' })
    worker.tell.note(1)
    worker.tell.end()
    worker.tell.note(2)
    await bed.settle()
    expect(log).toEqual(['start', 'note 1 (1)', 'stop normal'])
    expect((await bed.account()).deadLettersByReason['actor-stopped']).toBe(1)
  })

  it('may be asked for by start', async () => {
    const bed = await startSystem()
    const log: string[] = []
    const Brief = defineActor({
      name: 'Brief',
      module,
      start: (self) => {
        log.push('start')
        self.stop()
        return {}
      },
      on: {},
      stop: () => void log.push('stop'),
    })
    const brief = bed.system.spawn(Brief, [], { restart: 'temporary', name: 'brief' })
    await bed.settle()
    expect(log).toEqual(['start', 'stop'])
    expect(await bed.system.whereis('brief')).toBeUndefined()
    await expect(brief.ready()).rejects.toMatchObject({ code: 'actor-stopped' })
  })

  it('that takes longer than shutdownMs becomes a kill, which does not run stop', async () => {
    const bed = await startSystem()
    const log: string[] = []
    const reasons: ExitReason[] = []
    const Parent = defineActor({
      name: 'Parent',
      module,
      start: (self) => ({ child: self.spawn(Worker, [log], { name: 'child', shutdownMs: 50 }) }),
      on: { child: (self) => self.state.child, end: (self) => self.stop() },
    })
    const Watcher = defineActor({
      name: 'Watcher',
      module,
      start: (self, ref: ActorRef<never>) => void self.watch(ref),
      on: {},
      signals: { down: (_self, _ref, reason) => void reasons.push(reason) },
    })
    const parent = bed.system.spawn(Parent, [], { restart: 'temporary' })
    const child = await parent.ask.child()
    const watcher = bed.system.spawn(Watcher, [child as ActorRef<never>])
    await watcher.ready()
    child.tell.hold(gate().promise)
    await bed.settle()
    parent.tell.end()
    await bed.advance(49)
    expect(reasons).toEqual([])
    await bed.advance(1)
    expect(reasons).toEqual([{ kind: 'killed' }])
    expect(log).toEqual(['start'])
  })

  it('by force runs no stop, also when children were being waited for', async () => {
    const bed = await startSystem()
    const log: string[] = []
    const Lingering = defineActor({
      name: 'Lingering',
      module,
      start: () => ({}),
      on: {},
      stop: () => new Promise(() => {}),
    })
    const Middle = defineActor({
      name: 'Middle',
      module,
      start: (self) => void self.spawn(Lingering, [], { shutdownMs: 1_000_000 }),
      on: {},
      stop: () => void log.push('stop'),
    })
    const Top = defineActor({
      name: 'Top',
      module,
      start: (self) => void self.spawn(Middle, [], { shutdownMs: 100 }),
      on: { end: (self) => self.stop() },
      stop: () => void log.push('stop top'),
    })
    const top = bed.system.spawn(Top, [], { restart: 'temporary' })
    await bed.settle()
    top.tell.end()
    await bed.advance(200)
    expect(log).toEqual(['stop top'])
  })

  it('frees its children: none can be started by stop', async () => {
    const bed = await startSystem()
    let code: string | undefined
    const Late = defineActor({
      name: 'Late',
      module,
      start: () => ({}),
      on: { end: (self) => self.stop() },
      stop(self) {
        try {
          self.spawn(Worker, [[]])
        } catch (error) {
          code = (error as { code: string }).code
        }
      },
    })
    bed.system.spawn(Late, [], { restart: 'temporary' }).tell.end()
    await bed.settle()
    expect(code).toBe('actor-stopping')
  })

  it('holds an actor no longer for a signal handler that never ends', async () => {
    const bed = await startSystem()
    const target = spawn(bed, [], { restart: 'temporary', name: 'target' })
    const Watcher = defineActor({
      name: 'Watcher',
      module,
      concurrency: 2,
      start: () => ({}),
      on: {
        watch: (self, ref: ActorRef<never>) => self.watch(ref),
        fail() {
          throw new Error('told to')
        },
        hold: (_self, open: Promise<void>) => open,
        echo: (_self, n: number) => n,
      },
      signals: { down: () => new Promise(() => {}) },
    })
    const watcher = bed.system.spawn(Watcher, [])
    await watcher.ask.watch(target as ActorRef<never>)
    target.tell.end()
    await bed.settle()
    watcher.tell.fail()
    await bed.settle()
    const open = gate()
    watcher.tell.hold(open.promise)
    expect(await watcher.ask.echo(1)).toBe(1)
    open.open()
  })
})
