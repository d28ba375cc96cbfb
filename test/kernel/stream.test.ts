import { CapacityError, defineActor, UnreachableError, UsageError } from 'troupe'
import { describe, expect, it } from 'vitest'
import { gate, startSystem } from './support/start-system.ts'

const module = import.meta.url

const Source = defineActor({
  name: 'Source',
  module,
  start: () => ({ made: 0, ended: 0, notes: [] as number[] }),
  streamsMax: 2,
  on: {
    async *count(self, to: number) {
      const { state } = self
      try {
        for (let n = 1; n <= to; n++) {
          state.made = n
          yield n
        }
      } finally {
        state.ended++
      }
    },
    async *failing() {
      yield 1
      throw new RangeError('no more')
    },
    async *waiting(self, open: Promise<void>) {
      yield 1
      await open
      self.state.made = -1
      yield 2
    },
    made: (self) => self.state.made,
    ended: (self) => self.state.ended,
    note: (self, n: number) => void self.state.notes.push(n),
    notes: (self) => self.state.notes,
    end: (self) => self.stop(),
    fail: () => {
      throw new Error('told to')
    },
    /** A stream, though not written as `async *`. */
    once: (_self): AsyncGenerator<string> => one(),
  },
})

async function* one(): AsyncGenerator<string> {
  yield 'one'
}

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of stream) items.push(item)
  return items
}

describe('a stream', () => {
  it('brings all items in order, and ends', async () => {
    const { system } = await startSystem()
    const source = system.spawn(Source, [])
    expect(await collect(source.stream.count(100))).toEqual(Array.from({ length: 100 }, (_, n) => n + 1))
    expect(await source.ask.ended()).toBe(1)
  })

  it.each([
    ['by default', {}, 16],
    ['when told so', { window: 4 }, 4],
    ['at the least', { window: 1 }, 1],
  ])('is at most a window ahead of a slow consumer, %s', async (_, options, window) => {
    const { system, settle } = await startSystem()
    const source = system.spawn(Source, [])
    const items = source.with(options).stream.count(1_000)
    await items.next()
    for (let taken = 1; taken < 40; taken++) {
      await settle()
      const made = await source.ask.made()
      expect(made).toBeLessThanOrEqual(taken + window)
      expect(made).toBeGreaterThan(taken)
      await items.next()
    }
  })

  it('makes nothing before the first item is asked for', async () => {
    const { system, settle } = await startSystem()
    const source = system.spawn(Source, [])
    source.stream.count(5)
    await settle()
    expect(await source.ask.made()).toBe(0)
  })

  it('ends within one credit when its consumer leaves the loop, and its finally runs', async () => {
    const { system, settle } = await startSystem()
    const source = system.spawn(Source, [])
    for await (const n of source.with({ window: 8 }).stream.count(1_000)) if (n === 3) break
    await settle()
    expect(await source.ask.made()).toBeLessThanOrEqual(3 + 8)
    expect(await source.ask.ended()).toBe(1)
  })

  it('lets other messages be handled between two items', async () => {
    const { system } = await startSystem()
    const source = system.spawn(Source, [])
    for await (const n of source.stream.count(50)) {
      source.tell.note(n)
      expect((await source.ask.notes()).length).toBe(n)
    }
  })

  it('brings what the handler threw, after the items before it, and the actor fails', async () => {
    const { system, events } = await startSystem()
    const source = system.spawn(Source, [])
    const items: number[] = []
    const read = async (): Promise<void> => {
      for await (const n of source.stream.failing()) items.push(n)
    }
    await expect(read()).rejects.toThrow(new RangeError('no more'))
    expect(items).toEqual([1])
    expect(await source.ask.made()).toBe(0)
    expect(events).toMatchObject([{ type: 'restarted' }])
  })

  it.each(['end', 'fail'] as const)('rejects when the incarnation of its actor ends: %s', async (how) => {
    const { system, settle } = await startSystem()
    const source = system.spawn(Source, [], { restart: how === 'end' ? 'temporary' : 'permanent' })
    const items = source.with({ window: 1 }).stream.count(1_000)
    await items.next()
    source.tell[how]()
    await settle()
    await items.next()
    await expect(items.next()).rejects.toBeInstanceOf(UnreachableError)
    expect(await items.next()).toEqual({ done: true, value: undefined })
  })

  it('holds an actor that was restarted no longer, also while its generator still awaits', async () => {
    const { system, settle } = await startSystem()
    const stuck = gate()
    const Stuck = defineActor({
      name: 'Stuck',
      module,
      start: () => ({}),
      concurrency: 2,
      on: {
        async *wait() {
          yield 1
          await stuck.promise
        },
        fail() {
          throw new Error('told to')
        },
        echo: (_self, n: number) => n,
        hold: (_self, open: Promise<number>) => open,
      },
    })
    const actor = system.spawn(Stuck, [])
    const items = actor.stream.wait()
    await items.next()
    void items.next().catch(() => {})
    await settle()
    actor.tell.fail()
    await settle()
    // Both places are free: one is taken by a message that waits, the other one by the next.
    const open = gate<number>()
    const held = actor.ask.hold(open.promise)
    expect(await actor.ask.echo(5)).toBe(5)
    stuck.open()
    await settle()
    open.open(1)
    expect(await held).toBe(1)
  })

  it('is refused beyond streamsMax, and one that ended makes room', async () => {
    const { system, settle } = await startSystem()
    const source = system.spawn(Source, [])
    const first = source.stream.count(100)
    const second = source.stream.count(100)
    await Promise.all([first.next(), second.next()])
    const error = await collect(source.stream.count(1)).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(CapacityError)
    expect(error).toMatchObject({ code: 'too-many-streams', message: expect.stringContaining('2') })
    await first.return?.()
    await settle()
    expect(await collect(source.stream.count(1))).toEqual([1])
    await second.return?.()
  })

  it('ends with the reason of an AbortSignal, and lets go of the signal when it ended before', async () => {
    const { system, settle } = await startSystem()
    const source = system.spawn(Source, [])
    const controller = new AbortController()
    const { signal } = controller
    let listeners = 0
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = ((...args: Parameters<typeof add>) => (listeners++, add(...args))) as typeof add
    signal.removeEventListener = ((...args: Parameters<typeof remove>) => (
      listeners--, remove(...args)
    )) as typeof remove
    await collect(source.with({ signal }).stream.count(3))
    expect(listeners).toBe(0)
    const items = source.with({ signal, window: 1 }).stream.count(1_000)
    await items.next()
    await settle()
    controller.abort('enough')
    await items.next()
    await expect(items.next()).rejects.toBe('enough')
    await settle()
    expect(await source.ask.ended()).toBe(2)
  })

  it('that nobody reads does not harm the next one', async () => {
    const { system } = await startSystem()
    const source = system.spawn(Source, [])
    for (let round = 0; round < 20; round++) {
      for await (const n of source.stream.count(10)) if (n === 2) break
    }
    expect(await collect(source.stream.count(2))).toEqual([1, 2])
  })

  it('may be waited for by several readers at once', async () => {
    const { system } = await startSystem()
    const source = system.spawn(Source, [])
    const items = source.stream.count(3)
    const all = await Promise.all([items.next(), items.next(), items.next(), items.next()])
    expect(all.map(({ value }) => value as unknown)).toEqual([1, 2, 3, undefined])
  })

  it('rejects at a stopped actor and at a full mailbox', async () => {
    const { system, settle } = await startSystem()
    const source = system.spawn(Source, [], { mailbox: { messagesMax: 1 } })
    await source.ready()
    source.tell.note(1)
    await expect(collect(source.stream.count(1))).rejects.toMatchObject({ code: 'mailbox-full' })
    const stopped = system.spawn(Source, [], { restart: 'temporary' })
    stopped.tell.end()
    await settle()
    await expect(collect(stopped.stream.count(1))).rejects.toMatchObject({ code: 'actor-stopped' })
  })

  it('comes also from a handler that answers a generator made elsewhere', async () => {
    const { system } = await startSystem()
    const source = system.spawn(Source, [])
    expect(await collect(source.stream.once())).toEqual(['one'])
  })

  it('is refused by a handler that answers once', async () => {
    const { system } = await startSystem()
    const source = system.spawn(Source, [])
    const untyped = source.stream as never as Record<string, () => AsyncIterable<unknown>>
    const error = await Promise.resolve()
      .then(() => collect((untyped.made as () => AsyncIterable<unknown>)()))
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(UsageError)
  })
})
