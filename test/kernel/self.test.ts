import { type ActorRef, defineActor, implement, type Self } from 'troupe'
import { describe, expect, it } from 'vitest'
import { gate, startSystem } from './support/start-system.ts'

const module = import.meta.url

interface LeakyProtocol {
  leak(take: (self: Self<{ n: number }, LeakyProtocol>) => void): void
  fail(): never
  end(): void
}
const Leaky = implement<LeakyProtocol>()({
  name: 'Leaky',
  module,
  start: () => ({ n: 1 }),
  on: {
    leak: (self, take) => take(self),
    fail() {
      throw new Error('told to')
    },
    end: (self) => self.stop(),
  },
})
type LeakySelf = Self<{ n: number }, LeakyProtocol>

const Idle = defineActor({ name: 'Idle', module, start: () => ({}), on: {} })

describe('self after its incarnation', () => {
  const uses: [string, (self: LeakySelf, other: ActorRef) => unknown][] = [
    ['ref', (self) => self.ref],
    ['path', (self) => self.path],
    ['state', (self) => self.state],
    ['state =', (self) => (self.state = { n: 2 })],
    ['context', (self) => self.context],
    ['timers', (self) => self.timers],
    ['log', (self) => self.log],
    ['spawn', (self) => self.spawn(Idle, [])],
    ['watch', (self, other) => self.watch(other as ActorRef<never>)],
    ['unwatch', (self, other) => self.unwatch(other as ActorRef<never>)],
    ['link', (self, other) => self.link(other as ActorRef<never>)],
    ['unlink', (self, other) => self.unlink(other as ActorRef<never>)],
    ['stash', (self) => self.stash()],
    ['unstash', (self) => self.unstash()],
    ['become', (self) => self.become({ leak() {}, fail() {}, end() {} })],
    ['ask', (self, other) => self.ask(other)],
    ['whereis', (self) => self.whereis('x')],
    ['compute', (self) => self.compute(module, 'x')],
    ['stop', (self) => self.stop()],
    ['frame', (self) => self.frame(8)],
  ]
  it.each(uses)('throws actor-gone: %s', async (_, use) => {
    for (const how of ['fail', 'end'] as const) {
      const { system, settle } = await startSystem()
      const other = system.spawn(Idle, []) as ActorRef
      const leaky = system.spawn(Leaky, [], { restart: how === 'end' ? 'temporary' : 'permanent' })
      let leaked: LeakySelf | undefined
      await leaky.ask.leak((self) => void (leaked = self))
      leaky.tell[how]()
      await settle()
      expect(() => use(leaked as LeakySelf, other)).toThrow(expect.objectContaining({ code: 'actor-gone' }))
    }
  })

  it('has no use for an ask facade that it made before', async () => {
    const { system, settle } = await startSystem()
    const Echo = defineActor({ name: 'Echo', module, start: () => ({}), on: { echo: (_self, n: number) => n } })
    const echo = system.spawn(Echo, [])
    const leaky = system.spawn(Leaky, [])
    let ask: { echo(n: number): Promise<number> } | undefined
    await leaky.ask.leak((self) => void (ask = self.ask(echo)))
    leaky.tell.fail()
    await settle()
    await expect(ask?.echo(1)).rejects.toMatchObject({ code: 'actor-gone' })
  })

  it('what an old handler still does has no effect on the new incarnation', async () => {
    const { system, settle } = await startSystem()
    const open = gate()
    const Slow = defineActor({
      name: 'Slow',
      module,
      concurrency: 2,
      start: () => ({ n: 0 }),
      on: {
        async add(self, wait: Promise<void>) {
          const { state } = self
          await wait
          state.n = 100
          return 'answered'
        },
        fail() {
          throw new Error('told to')
        },
        n: (self) => self.state.n,
      },
    })
    const slow = system.spawn(Slow, [])
    const answer = slow.ask.add(open.promise).catch((error: { code: string }) => error.code)
    slow.tell.fail()
    await settle()
    open.open()
    expect(await answer).toBe('actor-gone')
    expect(await slow.ask.n()).toBe(0)
  })
})

describe('the context of a message', () => {
  it.each(['tell', 'ask'] as const)('aborts its signal when the incarnation ends: %s', async (how) => {
    const { system, settle } = await startSystem()
    const signals: AbortSignal[] = []
    const Waiting = defineActor({
      name: 'Waiting',
      module,
      concurrency: 2,
      start: () => ({}),
      on: {
        async wait(self) {
          signals.push(self.context.signal)
          await new Promise(() => {})
        },
        fail() {
          throw new Error('told to')
        },
      },
    })
    const waiting = system.spawn(Waiting, [])
    const sent = waiting[how].wait()
    if (how === 'ask') (sent as Promise<unknown>).catch(() => {})
    await settle()
    expect(signals[0]?.aborted).toBe(false)
    waiting.tell.fail()
    await settle()
    expect(signals[0]?.aborted).toBe(true)
  })

  it('of a tell has no deadline', async () => {
    const { system } = await startSystem()
    const contexts: unknown[] = []
    const Looking = defineActor({
      name: 'Looking',
      module,
      start: () => ({}),
      on: { look: (self) => void contexts.push([self.context.deadlineMs, self.context.delivery]) },
    })
    const looking = system.spawn(Looking, [])
    looking.tell.look()
    await looking.ask.look()
    expect(contexts[0]).toEqual([Number.POSITIVE_INFINITY, 1])
  })
})

describe('become', () => {
  interface DoorProtocol {
    toggle(): void
    say(): string
    words(): AsyncGenerator<string>
    fail(): never
    tryBecome(table: object): string
  }
  type DoorSelf = Self<object, DoorProtocol>
  const fail = (): never => {
    throw new Error('told to')
  }
  const tryBecome = (self: DoorSelf, table: object): string => {
    try {
      self.become(table as never)
      return 'taken'
    } catch (error) {
      return (error as { code: string }).code
    }
  }
  interface Table {
    toggle(self: DoorSelf): void
    fail(): never
    say(): string
    words(): AsyncGenerator<string>
    tryBecome: typeof tryBecome
  }
  const open: Table = {
    toggle: (self: DoorSelf): void => self.become(closed),
    say: () => 'open',
    async *words() {
      yield 'open'
    },
    fail,
    tryBecome,
  }
  const closed: Table = {
    toggle: (self: DoorSelf): void => self.become(open),
    say: () => 'closed',
    async *words() {
      yield 'closed'
    },
    fail,
    tryBecome,
  }
  const Door = implement<DoorProtocol>()({ name: 'Door', module, start: () => ({}), on: closed as never })

  it('handles messages by the other table from the next one on, until the incarnation ends', async () => {
    const { system } = await startSystem()
    const door = system.spawn(Door, [])
    const said = [
      door.ask.say(),
      door.ask.toggle(),
      door.ask.say(),
      door.ask.toggle(),
      door.ask.say(),
      door.ask.toggle(),
    ]
    expect(await Promise.all(said)).toEqual(['closed', undefined, 'open', undefined, 'closed', undefined])
    for await (const word of door.stream.words()) expect(word).toBe('open')
    await door.ask.fail().catch(() => {})
    expect(await door.ask.say()).toBe('closed')
  })

  const wrong: [string, object][] = [
    ['lacks a handler', { toggle() {}, say: () => '', words: open.words, fail }],
    ['has something else than a handler', { ...open, say: 'open' }],
    ['streams where it should answer', { ...open, say: open.words }],
    ['answers where it should stream', { ...open, words: open.say }],
  ]
  it.each(wrong)('refuses a table that %s, and changes nothing', async (_, table) => {
    const { system } = await startSystem()
    const door = system.spawn(Door, [])
    expect(await door.ask.tryBecome(table)).toBe('incomplete-handlers')
    expect(await door.ask.say()).toBe('closed')
  })
})

describe('handlers', () => {
  it('run one at a time, also across await', async () => {
    const { system } = await startSystem()
    const log: string[] = []
    const Careful = defineActor({
      name: 'Careful',
      module,
      start: () => ({}),
      on: {
        async work(_self, n: number) {
          log.push(`begin ${n}`)
          for (let step = 0; step < n % 3; step++) await null
          log.push(`end ${n}`)
        },
      },
    })
    const careful = system.spawn(Careful, [])
    await Promise.all([3, 1, 2].map((n) => careful.ask.work(n)))
    expect(log).toEqual(['begin 3', 'end 3', 'begin 1', 'end 1', 'begin 2', 'end 2'])
  })

  it('that take longer than handlerMs are told of, once, and nothing else happens to them', async () => {
    const { system, events, advance, settle } = await startSystem()
    const open = gate<string>()
    const Slow = defineActor({
      name: 'Slow',
      module,
      handlerMs: 40,
      start: () => ({}),
      on: { hold: (_self, promise: Promise<string>) => promise },
    })
    const slow = system.spawn(Slow, [], { name: 'slow' })
    const answer = slow.ask.hold(open.promise)
    await advance(39)
    expect(events).toEqual([])
    await advance(1_000)
    expect(events).toEqual([{ type: 'actor-stuck', path: '/slow', handler: 'hold', forMs: 40 }])
    open.open('in the end')
    expect(await answer).toBe('in the end')
    await slow.ask.hold(Promise.resolve('at once'))
    await advance(1_000)
    await settle()
    expect(events).toHaveLength(1)
  })

  it('run up to n at a time with concurrency: n, each with its own context', async () => {
    const { system, settle } = await startSystem()
    const gates = Array.from({ length: 5 }, () => gate())
    let running = 0
    let most = 0
    const Wide = defineActor({
      name: 'Wide',
      module,
      concurrency: 3,
      start: () => ({}),
      on: {
        async work(self, n: number) {
          const { context } = self
          most = Math.max(most, ++running)
          await gates[n]?.promise
          running--
          return context.deadlineMs
        },
      },
    })
    const wide = system.spawn(Wide, [])
    const answers = gates.map((_, n) => wide.with({ deadlineMs: 1_000 * (n + 1) }).ask.work(n))
    await settle()
    expect(running).toBe(3)
    for (const one of gates.toReversed()) {
      one.open()
      await settle()
    }
    expect(await Promise.all(answers)).toEqual([2_000, 3_000, 4_000, 5_000, 6_000])
    expect(most).toBe(3)
  })

  it('may answer later, by a promise that another message resolves', async () => {
    const { system, settle } = await startSystem()
    const Broker = defineActor({
      name: 'Broker',
      module,
      concurrency: 100,
      start: () => ({ waiting: [] as ((value: string) => void)[] }),
      on: {
        take: (self) => new Promise<string>((resolve) => void self.state.waiting.push(resolve)),
        give: (self, value: string) => void self.state.waiting.shift()?.(value),
      },
    })
    const broker = system.spawn(Broker, [])
    const taken = [broker.ask.take(), broker.ask.take()]
    await settle()
    broker.tell.give('first')
    broker.tell.give('second')
    expect(await Promise.all(taken)).toEqual(['first', 'second'])
  })
})
