import { type ActorRef, CapacityError, defineActor, implement, UnreachableError, UsageError } from 'troupe'
import { describe, expect, it } from 'vitest'
import { gate, startSystem } from './support/start-system.ts'

const module = import.meta.url

class OwnError extends Error {
  readonly extra = 7
}

const Answerer = defineActor({
  name: 'Answerer',
  module,
  start: () => ({ seen: [] as string[], aborted: 'no' as unknown }),
  on: {
    echo: (_self, value: unknown) => value,
    hold: (_self, open: Promise<unknown>) => open,
    note: (self, text: string) => void self.state.seen.push(text),
    seen: (self) => self.state.seen,
    fail: () => {
      throw new OwnError('failed as asked')
    },
    failLater: async () => {
      await null
      throw new OwnError('failed later')
    },
    end: (self) => self.stop(),
    async watchSignal(self, open: Promise<unknown>) {
      const { signal } = self.context
      const { state } = self
      signal.addEventListener('abort', () => void (state.aborted = signal.reason))
      await open
    },
    aborted: (self) => self.state.aborted,
    deadline: (self) => self.context.deadlineMs,
  },
})

interface Link {
  call(chain: ActorRef<Link>[]): string | Promise<string>
  idle(): void
}
/** Asks the first of the chain, which asks the next, … */
const Relay = implement<Link>()({
  name: 'Relay',
  module,
  start: () => ({}),
  on: {
    call: (self, [next, ...rest]) => (next === undefined ? 'end' : self.ask(next, { deadlineMs: 100 }).call(rest)),
    idle() {},
  },
})

describe('ask', () => {
  it('resolves with the answer of the handler, also a promised one', async () => {
    const { system } = await startSystem()
    const actor = system.spawn(Answerer, [])
    expect(await actor.ask.echo(5)).toBe(5)
    expect(await actor.ask.hold(Promise.resolve('later'))).toBe('later')
  })

  it.each(['fail', 'failLater'] as const)('rejects with the very error that the handler threw: %s', async (handler) => {
    const { system } = await startSystem()
    const actor = system.spawn(Answerer, [])
    const error = await actor.ask[handler]().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(OwnError)
    expect(error).toMatchObject({ extra: 7 })
  })

  it('rejects with ask-timeout after 5 s by default, naming actor, handler and time', async () => {
    const { system, advance } = await startSystem()
    const actor = system.spawn(Answerer, [], { name: 'slow' })
    const open = gate()
    const answer = actor.ask.hold(open.promise).catch((error: unknown) => error)
    await advance(4_999)
    expect(await Promise.race([answer, 'waiting'])).toBe('waiting')
    await advance(1)
    expect(await answer).toMatchObject({ code: 'ask-timeout', message: expect.stringMatching(/slow.*'hold'.*5000 ms/) })
    open.open()
  })

  it('counts an answer that comes too late, and gives it to nobody', async () => {
    const { system, advance, settle } = await startSystem()
    const actor = system.spawn(Answerer, [])
    const open = gate<string>()
    const answer = actor
      .with({ deadlineMs: 10 })
      .ask.hold(open.promise)
      .catch((error: Error) => error.message)
    await advance(20)
    expect(await answer).toContain('10 ms')
    open.open('late')
    await settle()
    expect(lateReplies(system)).toBe(1)
  })

  it('is not handled any more when its deadline passed while it was queued, and that is no late answer', async () => {
    const { system, advance, account } = await startSystem()
    const actor = system.spawn(Answerer, [])
    const open = gate()
    actor.tell.hold(open.promise)
    const answer = actor
      .with({ deadlineMs: 10 })
      .ask.note('x')
      .catch((error: { code: string }) => error.code)
    await advance(20)
    open.open()
    expect(await answer).toBe('ask-timeout')
    expect(await actor.ask.seen()).toEqual([])
    expect((await account()).deadLettersByReason.expired).toBe(1)
    expect(lateReplies(system)).toBe(0)
  })

  it('rejects with ask-timeout also when its receiver is the first to see that the deadline has passed', async () => {
    const { system, settle, advance, jump, account } = await startSystem()
    const actor = system.spawn(Answerer, [])
    const open = gate()
    actor.tell.hold(open.promise)
    await settle()
    const answer = actor
      .with({ deadlineMs: 10 })
      .ask.note('x')
      .catch((error: { code: string }) => error.code)
    jump(20) // timers are late
    open.open()
    expect((await account()).deadLettersByReason.expired).toBe(1)
    await advance(0)
    expect(await answer).toBe('ask-timeout')
  })

  it('rejects at once with the reason of an AbortSignal; the handler sees its own signal aborted', async () => {
    const { system, settle } = await startSystem()
    const actor = system.spawn(Answerer, [])
    const controller = new AbortController()
    const open = gate()
    const answer = actor
      .with({ signal: controller.signal })
      .ask.watchSignal(open.promise)
      .catch((error: unknown) => error)
    await settle()
    controller.abort('enough')
    expect(await answer).toBe('enough')
    open.open()
    expect(await actor.ask.aborted()).toBe('enough')
  })

  it('is not even sent with a signal that was aborted before', async () => {
    const { system, account } = await startSystem()
    const actor = system.spawn(Answerer, [])
    const { sent } = await account()
    await expect(actor.with({ signal: AbortSignal.abort('before') }).ask.note('x')).rejects.toBe('before')
    expect((await account()).sent).toBe(sent)
  })

  it('rejects when its target stops while the ask is queued', async () => {
    const { system } = await startSystem()
    const actor = system.spawn(Answerer, [], { restart: 'temporary' })
    actor.tell.end()
    await expect(actor.ask.echo(1)).rejects.toMatchObject({ code: 'actor-stopped' })
  })

  it('rejects when its target dies while it handles the ask', async () => {
    const { system, advance } = await startSystem()
    const Parent = defineActor({
      name: 'Parent',
      module,
      start: (self) => ({ child: self.spawn(Answerer, [], { shutdownMs: 10 }) }),
      on: { child: (self) => self.state.child, end: (self) => self.stop() },
    })
    const parent = system.spawn(Parent, [], { restart: 'temporary' })
    const actor = await parent.ask.child()
    const answer = actor
      .with({ deadlineMs: 1e9 })
      .ask.hold(gate().promise)
      .catch((error: unknown) => error)
    parent.tell.end()
    await advance(20)
    expect(await answer).toBeInstanceOf(UnreachableError)
  })

  it('rejects at once when its target has stopped, is full, or is parked', async () => {
    const { system, settle } = await startSystem()
    const stopped = system.spawn(Answerer, [], { restart: 'temporary' })
    stopped.tell.end()
    await settle()
    await expect(stopped.ask.echo(1)).rejects.toMatchObject({ code: 'actor-stopped' })

    const full = system.spawn(Answerer, [], { mailbox: { messagesMax: 1 } })
    await full.ready()
    const open = gate()
    full.tell.hold(open.promise)
    await settle()
    full.tell.note('x')
    await expect(full.ask.echo(1)).rejects.toBeInstanceOf(CapacityError)
    open.open()

    const parked = system.spawn(Answerer, [], { parkOn: ['Error'], name: 'parked' })
    await expect(parked.ask.fail()).rejects.toBeInstanceOf(OwnError)
    await settle()
    await expect(parked.ask.echo(1)).rejects.toMatchObject({ code: 'actor-parked' })
    expect(parked.tell.note('x')).toBe('actor-stopped')
  })

  it('tells the handler when its asker stops waiting', async () => {
    const { system, jump } = await startSystem()
    const actor = system.spawn(Answerer, [])
    await actor.ready()
    jump(10)
    expect(await actor.with({ deadlineMs: 100 }).ask.deadline()).toBe(1_110)
  })

  it('fails at once in a cycle, and names it', async () => {
    const { system } = await startSystem()
    const [a, b, c] = ['a', 'b', 'c'].map((name) => system.spawn(Relay, [], { name })) as [Relayed, Relayed, Relayed]
    const error = await a.ask.call([b, c, a]).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(UsageError)
    expect(error).toMatchObject({ code: 'ask-cycle', message: expect.stringContaining('/a -> /b -> /c -> /a') })
  })

  it('fails at once when an actor asks itself', async () => {
    const { system } = await startSystem()
    const a = system.spawn(Relay, [], { name: 'a' })
    await expect(a.ask.call([a])).rejects.toMatchObject({ code: 'ask-cycle' })
  })

  it('may be made by up to 16 actors in a chain', async () => {
    const { system } = await startSystem()
    const relays = Array.from({ length: 18 }, () => system.spawn(Relay, []))
    const [first, ...rest] = relays as [Relayed, ...Relayed[]]
    expect(await first.ask.call(rest.slice(0, 16))).toBe('end')
    await expect(first.ask.call(rest)).rejects.toMatchObject({ code: 'ask-chain-too-long' })
  })

  it('belongs to no chain any more when its message has been handled', async () => {
    const { system, advance } = await startSystem()
    const later = gate<unknown>()
    const Callback = defineActor({
      name: 'Callback',
      module,
      start: () => ({}),
      on: {
        // What runs after the handler is no part of the ask that started it.
        start(self, asker: ActorRef<{ idle(): void }>) {
          queueMicrotask(() => self.ask(asker, { deadlineMs: 50 }).idle().then(later.open, later.fail))
        },
      },
    })
    const callback = system.spawn(Callback, [])
    const Asker = implement<Link>()({
      name: 'Asker',
      module,
      start: () => ({}),
      on: {
        async call(self) {
          await self.ask(callback).start(self.ref)
          return 'end'
        },
        idle() {},
      },
    })
    expect(await system.spawn(Asker, []).ask.call([])).toBe('end')
    await advance(100)
    await expect(later.promise).resolves.toBeUndefined()
  })

  it('through self.ask takes a deadline and a signal of its own', async () => {
    const { system, settle, advance } = await startSystem()
    const actor = system.spawn(Answerer, [], { name: 'answerer' })
    const open = gate()
    const controller = new AbortController()
    const answers: Promise<unknown>[] = []
    const Asker = defineActor({
      name: 'Asker',
      module,
      start: () => ({}),
      on: {
        begin(self) {
          for (const options of [{ deadlineMs: 50 }, { signal: controller.signal }, {}]) {
            answers.push(
              self
                .ask(actor, options)
                .hold(open.promise)
                .catch((error: unknown) => error),
            )
          }
        },
      },
    })
    system.spawn(Asker, []).tell.begin()
    await settle()
    const [timed, aborted, patient] = answers
    await advance(49)
    expect(await Promise.race([timed, 'waiting'])).toBe('waiting')
    await advance(1)
    expect(await timed).toMatchObject({ code: 'ask-timeout', message: expect.stringContaining('50 ms') })
    controller.abort('enough')
    expect(await aborted).toBe('enough')
    open.open()
    expect(await patient).toBeUndefined()
  })

  it('through self.ask ends with the incarnation that asked', async () => {
    const { system, settle, account } = await startSystem()
    const actor = system.spawn(Answerer, [])
    const open = gate()
    let answer: Promise<unknown> | undefined
    const Impatient = defineActor({
      name: 'Impatient',
      module,
      start: () => ({}),
      on: {
        begin(self) {
          void self
            .ask(actor)
            .hold(open.promise)
            .catch(() => {})
          answer = self
            .ask(actor)
            .note('never')
            .catch((error: unknown) => error)
        },
        fail() {
          throw new Error('told to')
        },
      },
    })
    const impatient = system.spawn(Impatient, [])
    impatient.tell.begin()
    await settle()
    impatient.tell.fail()
    await settle()
    expect(await answer).toMatchObject({ code: 'actor-gone' })
    open.open()
    expect(await actor.ask.seen()).toEqual([])
    expect((await account()).deadLettersByReason.cancelled).toBe(1)
  })
})

type Relayed = ActorRef<Link>

function lateReplies(system: { metrics?: unknown }): number {
  const text = String((system as { metrics(): string }).metrics())
  return Number(/late_replies_total\S* (\d+)/.exec(text)?.[1] ?? 0)
}
