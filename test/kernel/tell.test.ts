import { defineActor, UsageError } from 'troupe'
import { describe, expect, it } from 'vitest'
import { gate, startSystem } from './support/start-system.ts'

const module = import.meta.url

const Recorder = defineActor({
  name: 'Recorder',
  module,
  start: () => ({ seen: [] as unknown[] }),
  on: {
    note: (self, ...args: unknown[]) => void self.state.seen.push(args),
    seen: (self) => self.state.seen,
    hold: (_self, open: Promise<void>) => open,
    fail() {
      throw new Error('told to')
    },
    end: (self) => self.stop(),
    // Names that are also those of fields inside the runtime.
    target: (self, value: number) => void self.state.seen.push(['target', value]),
    options: (self, value: number) => void self.state.seen.push(['options', value]),
    scope: (self, value: number) => void self.state.seen.push(['scope', value]),
  },
})

describe('tell', () => {
  it('answers accepted, and the messages of one sender are handled in order', async () => {
    const { system } = await startSystem()
    const recorder = system.spawn(Recorder, [])
    for (let n = 0; n < 1_000; n++) expect(recorder.tell.note(n)).toBe('accepted')
    expect(await recorder.ask.seen()).toEqual(Array.from({ length: 1_000 }, (_, n) => [n]))
  })

  it.each([[[]], [[1]], [[1, 'b']], [[1, 2, 3]], [[undefined, null, 'c', 4, 5]]])(
    'hands over the arguments as they were given: %j',
    async (args) => {
      const { system } = await startSystem()
      const recorder = system.spawn(Recorder, [])
      recorder.tell.note(...args)
      expect(await recorder.ask.seen()).toEqual([args])
    },
  )

  it('answers mailbox-full when the mailbox has no room, and changes nothing', async () => {
    const { system, account } = await startSystem()
    const recorder = system.spawn(Recorder, [], { mailbox: { messagesMax: 2 } })
    await recorder.ready()
    const open = gate()
    recorder.tell.hold(open.promise)
    await account()
    expect([recorder.tell.note(1), recorder.tell.note(2), recorder.tell.note(3)]).toEqual([
      'accepted',
      'accepted',
      'mailbox-full',
    ])
    open.open()
    expect(await recorder.ready().then(() => recorder.ask.seen())).toEqual([[1], [2]])
  })

  it('answers actor-stopped once the actor has stopped, and never throws', async () => {
    const { system, settle } = await startSystem()
    const recorder = system.spawn(Recorder, [], { restart: 'temporary' })
    recorder.tell.end()
    await settle()
    expect(recorder.tell.note(1)).toBe('actor-stopped')
  })

  it('leaves an unknown handler to JavaScript: there is no such function', async () => {
    const { system } = await startSystem()
    const recorder = system.spawn(Recorder, [])
    expect(() => (recorder.tell as never as { nothing(): void }).nothing()).toThrow(TypeError)
  })

  it('reaches handlers whatever their names are', async () => {
    const { system } = await startSystem()
    const recorder = system.spawn(Recorder, [])
    recorder.tell.target(1)
    recorder.with({ ttlMs: 50 }).tell.options(2)
    await recorder.ask.scope(3)
    expect(await recorder.ask.seen()).toEqual([
      ['target', 1],
      ['options', 2],
      ['scope', 3],
    ])
  })

  it('is not begun after its ttlMs, and goes to dead letters as expired', async () => {
    const { system, advance, account, settle } = await startSystem()
    const recorder = system.spawn(Recorder, [])
    const open = gate()
    recorder.tell.hold(open.promise)
    await settle()
    recorder.with({ ttlMs: 50 }).tell.note('late')
    recorder.with({ ttlMs: 500 }).tell.note('in time')
    await advance(100)
    open.open()
    expect(await recorder.ask.seen()).toEqual([['in time']])
    expect((await account()).deadLettersByReason.expired).toBe(1)
  })

  it.each([
    [{ deadlineMs: 0 }, 'deadlineMs'],
    [{ ttlMs: -1 }, 'ttlMs'],
    [{ window: 0 }, 'window'],
    [{ window: 1_025 }, 'window'],
    [{ deadline: 5 }, 'deadline'],
  ])('refuses call options that are wrong: %j', async (options, name) => {
    const { system } = await startSystem()
    const recorder = system.spawn(Recorder, [])
    expect(() => recorder.with(options as never)).toThrow(UsageError)
    expect(() => recorder.with(options as never)).toThrow(name)
  })
})
