import { type ActorRef, type DeadLetter, defineActor } from 'troupe'
import { describe, expect, it } from 'vitest'
import { startSystem } from './support/start-system.ts'

const module = import.meta.url

const Failing = defineActor({
  name: 'Failing',
  module,
  start: () => ({ seen: [] as number[], isMended: false }),
  on: {
    take(self, n: number) {
      if (!mended) throw new Error(`no ${n}`)
      self.state.seen.push(n)
    },
    seen: (self) => self.state.seen,
    end: (self) => self.stop(),
  },
})
let mended = false

const Listener = defineActor({
  name: 'Listener',
  module,
  start: () => ({ heard: [] as DeadLetter[] }),
  on: {
    deadLetter: (self, letter: DeadLetter) => void self.state.heard.push(letter),
    heard: (self) => self.state.heard,
    end: (self) => self.stop(),
  },
})

const supervise = { restartsMax: 10_000 }

describe('dead letters', () => {
  it('are kept with reason, actor, handler, arguments and error, the last ones, oldest first', async () => {
    mended = false
    const { system, settle, account } = await startSystem({ deadLettersKept: 3, supervise })
    const failing = system.spawn(Failing, [], { name: 'failing' })
    for (let n = 1; n <= 5; n++) failing.tell.take(n)
    await settle()
    const recent = await system.deadLetters.ask.recent()
    expect(recent.map(({ args }) => args)).toEqual([[3], [4], [5]])
    expect(recent[0]).toMatchObject({
      reason: 'failed',
      actor: '/failing',
      handler: 'take',
      count: 1,
      error: { message: 'no 3' },
    })
    expect((await account()).deadLettersByReason.failed).toBe(5)
  })

  it('can be looked for by actor and reason', async () => {
    mended = false
    const { system, settle } = await startSystem({ supervise })
    const [a, b] = ['a', 'b'].map((name) => system.spawn(Failing, [], { name, restart: 'temporary' }))
    a?.tell.take(1)
    b?.tell.end()
    b?.tell.take(2)
    await settle()
    const ask = system.deadLetters.ask
    expect((await ask.recent({ actor: '/a' })).map(({ args }) => args)).toEqual([[1]])
    expect((await ask.recent({ reason: 'actor-stopped' })).map(({ args }) => args)).toEqual([[2]])
    expect(await ask.recent({ actor: '/a', reason: 'actor-stopped' })).toEqual([])
  })

  it('are told to each subscriber once, until it unsubscribes or stops', async () => {
    mended = false
    const { system, settle } = await startSystem({ supervise })
    const failing = system.spawn(Failing, [])
    const [first, second] = [1, 2].map(() => system.spawn(Listener, [], { restart: 'temporary' })) as [
      ListenerRef,
      ListenerRef,
    ]
    for (const listener of [first, first, second]) await system.deadLetters.ask.subscribe(listener)
    failing.tell.take(1)
    await settle()
    await system.deadLetters.ask.unsubscribe(second)
    failing.tell.take(2)
    await settle()
    expect((await first.ask.heard()).map(({ args }) => args)).toEqual([[1], [2]])
    expect((await second.ask.heard()).map(({ args }) => args)).toEqual([[1]])
    first.tell.end()
    await settle()
    failing.tell.take(3)
    await settle()
    expect((await system.deadLetters.ask.recent()).map(({ args }) => args)).toEqual([[1], [2], [3]])
  })

  it('can be sent again, and are forgotten then', async () => {
    mended = false
    const { system, settle } = await startSystem({ supervise })
    const failing = system.spawn(Failing, [], { name: 'failing' })
    for (const n of [1, 2, 3]) failing.tell.take(n)
    await settle()
    mended = true
    expect(await system.deadLetters.ask.replay({ actor: '/failing' })).toBe(3)
    expect(await failing.ask.seen()).toEqual([1, 2, 3])
    expect(await system.deadLetters.ask.recent()).toEqual([])
    expect(await system.deadLetters.ask.replay()).toBe(0)
  })

  it('beyond what their own mailbox holds are only counted', async () => {
    mended = false
    const { system, account } = await startSystem()
    const failing = system.spawn(Failing, [], { restart: 'temporary', mailbox: { messagesMax: 30_000 } })
    failing.tell.end()
    for (let n = 0; n < 25_000; n++) failing.tell.take(n)
    const { deadLettersByReason } = await account()
    expect(deadLettersByReason['actor-stopped']).toBe(25_000)
    expect((await system.deadLetters.ask.recent()).length).toBe(1_000)
    expect(Number(/dead_letters_unkept\S* (\d+)/.exec(system.metrics())?.[1])).toBe(15_000)
  })

  it('are not kept at all with deadLettersKept: 0', async () => {
    mended = false
    const { system, settle } = await startSystem({ deadLettersKept: 0, supervise })
    system.spawn(Failing, []).tell.take(1)
    await settle()
    expect(await system.deadLetters.ask.recent()).toEqual([])
  })

  type ListenerRef = ActorRef<{ deadLetter(letter: DeadLetter): void; heard(): DeadLetter[]; end(): void }>
})
