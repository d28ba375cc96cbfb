import { type ActorRef, defineActor, implement } from 'troupe'
import { createTestSystem, InjectedCrash, type TestSystem, withTestSystem } from 'troupe/testing'
import { afterEach, describe, expect, test, vi } from 'vitest'

interface Listener {
  heard(word: string): void
}

const Counter = defineActor({
  name: 'Counter',
  module: import.meta.url,
  start: (_self, from: number) => ({ total: from }),
  on: {
    add(self, by: number) {
      self.state.total += by
    },
    total: (self) => self.state.total,
  },
})

interface Talker {
  say(count: number): void
}

const TalkerActor = implement<Talker>()({
  name: 'Talker',
  module: import.meta.url,
  start: (_self, listener: ActorRef<Listener>, word: string) => ({ listener, word }),
  on: {
    say(self, count) {
      self.state.listener.tell.heard(`${self.state.word}${count}`)
      if (count > 1) self.ref.tell.say(count - 1)
    },
  },
})

interface Clockwork {
  tick(): void
}

const ClockworkActor = implement<Clockwork>()({
  name: 'Clockwork',
  module: import.meta.url,
  start: (self, listener: ActorRef<Listener>) => {
    self.timers.every('tick', 1_000, 'tick')
    return { listener, ticks: 0 }
  },
  on: {
    tick(self) {
      self.state.listener.tell.heard(`tick ${++self.state.ticks}`)
    },
  },
})

/** What a listener hears of three talkers under a seed. */
async function talk(seed: number): Promise<string[]> {
  return withTestSystem(
    async (system) => {
      const listener = system.probe<Listener>()
      const backoff = { minMs: 10, maxMs: 100 }
      const talkers = ['a', 'b', 'c'].map((word) => system.spawn(TalkerActor, [listener.ref, word], { backoff }))
      for (const talker of talkers) talker.tell.say(5)
      await system.advance(10_000)
      return listener.messages.map(({ args }) => args[0])
    },
    { seed },
  )
}

let system: TestSystem | undefined

afterEach(async () => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  await system?.shutdown()
  system = undefined
})

describe('a test system', () => {
  test('does the same under the same seed, and something else under another', async () => {
    const first = await talk(1)
    expect(await talk(1)).toEqual(first)
    const orders = new Set<string>()
    for (let seed = 1; seed <= 10; seed++) orders.add((await talk(seed)).join())
    expect(orders.size).toBeGreaterThan(5)
  })

  test('keeps the order of each sender under every seed', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const heard = await talk(seed)
      expect(heard).toHaveLength(15)
      expect(heard.filter((word) => word.startsWith('b'))).toEqual(['b5', 'b4', 'b3', 'b2', 'b1'])
    }
  })

  test('answers asks without time passing', async () => {
    system = await createTestSystem()
    const counter = system.spawn(Counter, [5])
    counter.tell.add(2)
    expect(await counter.ask.total()).toBe(7)
    expect(system.clock.nowMs()).toBe(0)
  })

  test('lets time pass only when told to, each timer at its own time', async () => {
    system = await createTestSystem()
    const listener = system.probe<Listener>()
    system.spawn(ClockworkActor, [listener.ref])
    await system.advance(999)
    await listener.expectNothing()
    await system.advance(3_600_000)
    expect(listener.messages).toHaveLength(3_600)
    expect(system.clock.nowMs()).toBe(3_600_999)
  })

  test('ends an ask at its deadline in virtual time', async () => {
    system = await createTestSystem()
    const silent = system.probe<{ question(): string }>()
    silent.reply('question', () => new Promise(() => {}))
    const answer = silent.ref.ask.question().catch((error: { code: string }) => error.code)
    await system.advance(5_000)
    expect(await answer).toBe('ask-timeout')
  })

  test('crashes an actor when told to, and its supervisor starts it again', async () => {
    system = await createTestSystem()
    const counter = system.spawn(Counter, [5])
    counter.tell.add(2)
    await system.settle()
    const events: string[] = []
    system.events.on('restarted', ({ path, reason }) => events.push(`${path} ${reason.kind}`))
    system.crash(counter as ActorRef<never>)
    expect(await counter.ask.total()).toBe(5)
    expect(events).toEqual([`${counter.path} failure`])
  })

  test('crashes an actor with the error it is given', async () => {
    system = await createTestSystem({ onRootFailure: 'stop-child', supervise: { restartsMax: 0 } })
    const counter = system.spawn(Counter, [5], { restart: 'temporary' })
    await system.settle()
    system.crash(counter as ActorRef<never>, new RangeError('too far'))
    await expect(counter.ready()).resolves.toBeUndefined() // not yet: before the next message
    await system.settle()
    expect(counter.tell.add(1)).toBe('actor-stopped')
    expect(() => system?.crash(counter as ActorRef<never>)).toThrow('has stopped')
  })

  test('crashes actors at random, by the seed', async () => {
    const crashes = async (seed: number): Promise<string[]> =>
      withTestSystem(
        async (t) => {
          const paths: string[] = []
          t.events.on('restarted', ({ path }) => paths.push(`${path} at ${t.clock.nowMs()}`))
          const counters = ['a', 'b'].map((name) => t.spawn(Counter, [0], { name, backoff: { minMs: 1, maxMs: 10 } }))
          for (let n = 0; n < 50; n++) counters[n % 2]?.tell.add(1)
          await t.advance(1_000)
          return paths
        },
        { seed, crashRate: 0.1 },
      )
    const first = await crashes(3)
    expect(first.length).toBeGreaterThan(0)
    expect(await crashes(3)).toEqual(first)
    expect(await crashes(4)).not.toEqual(first)
  })

  test('keeps its account under random crashes', async () => {
    let crashes = 0
    for (let seed = 1; seed <= 20; seed++) {
      await withTestSystem(
        async (t) => {
          t.events.on('restarted', () => crashes++)
          const counter = t.spawn(Counter, [0], { backoff: { minMs: 1, maxMs: 10 } })
          const once = t.spawn(Counter, [0], { restart: 'temporary', mailbox: { messagesMax: 20 } })
          for (let n = 0; n < 50; n++) counter.tell.add(1)
          let accepted = 50
          for (let n = 0; n < 50; n++) if (once.tell.add(1) === 'accepted') accepted++
          await t.advance(1_000)
          // What a crash left in the mailbox of the one that does not come back is a dead letter; all else was handled.
          const account = await t.account()
          const { 'actor-stopped': unhandled } = account.deadLettersByReason
          const own = { sent: account.sent - unhandled, handled: account.handled, deadLettered: account.deadLettered }
          expect(account).toMatchObject({ isExact: true, queued: 0 })
          expect(own).toEqual({ sent: accepted, handled: accepted, deadLettered: unhandled })
        },
        { seed, crashRate: 0.1 },
      )
    }
    expect(crashes).toBeGreaterThan(20)
  })

  test('gives up on actors that never settle', async () => {
    const Restless = implement<{ go(): void }>()({
      name: 'Restless',
      module: import.meta.url,
      start: () => ({}),
      on: {
        go(self) {
          self.ref.tell.go()
        },
      },
    })
    system = await createTestSystem({ stepsMax: 100 })
    const restless = system.spawn(Restless, [])
    restless.tell.go()
    await expect(system.settle()).rejects.toMatchObject({ code: 'never-idle' })
  })

  test('shuts down although an actor waits for time to pass', async () => {
    const Slow = defineActor({
      name: 'Slow',
      module: import.meta.url,
      start: () => ({}),
      stop: () => new Promise(() => {}),
      on: {},
    })
    system = await createTestSystem({ shutdownMs: 1_000 })
    system.spawn(Slow, [], { shutdownMs: 500 })
    await system.settle()
    await system.shutdown()
    expect(system.clock.nowMs()).toBe(500)
  })

  test.each([undefined, false])('copies messages on their way, unless debug is false: %s', async (debug) => {
    const Holder = defineActor({
      name: 'Holder',
      module: import.meta.url,
      start: () => ({ held: [] as string[][] }),
      on: {
        hold: (self, words: string[]) => void self.state.held.push(words),
        held: (self) => self.state.held.map((words) => words.join()),
      },
    })
    system = await createTestSystem(debug === undefined ? {} : { debug })
    const holder = system.spawn(Holder, [])
    const words = ['as sent']
    holder.tell.hold(words)
    words.push('later')
    expect(await holder.ask.held()).toEqual([debug === false ? 'as sent,later' : 'as sent'])
  })

  test('refuses options that are out of range', async () => {
    await expect(createTestSystem({ seed: -1 })).rejects.toMatchObject({ code: 'invalid-option' })
    await expect(createTestSystem({ crashRate: 2 })).rejects.toThrow('crashRate must be a number from 0 to 1')
    await expect(createTestSystem({ stepsMax: 0 })).rejects.toThrow('stepsMax')
    await expect(createTestSystem({ sed: 1 } as never)).rejects.toMatchObject({ code: 'unknown-option' })
  })
})

describe('withTestSystem', () => {
  test('prints the seed when its body fails, and fails as it did', async () => {
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    const failing = withTestSystem(() => Promise.reject(new InjectedCrash('/x')), { seed: 42 })
    await expect(failing).rejects.toThrow('/x was crashed by the test')
    expect(write.mock.calls.flat().join('')).toContain('TROUPE_SEED=42')
  })

  test('takes the seed from the environment', async () => {
    vi.stubEnv('TROUPE_SEED', '7')
    expect(await withTestSystem(({ seed }) => seed)).toBe(7)
    vi.stubEnv('TROUPE_SEED', 'seven')
    await expect(createTestSystem()).rejects.toThrow(
      "TROUPE_SEED must be a whole number from 0 to 4294967295, got 'seven'",
    )
  })
})
