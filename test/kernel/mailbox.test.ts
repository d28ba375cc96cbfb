import { type ActorRef, type DeadLetter, defineActor, type MailboxOptions, UsageError } from 'troupe'
import { describe, expect, it } from 'vitest'
import { gate, startSystem, type TestBed } from './support/start-system.ts'

const module = import.meta.url

const Inbox = defineActor({
  name: 'Inbox',
  module,
  start: () => ({ seen: [] as unknown[], isStashing: false }),
  on: {
    note(self, value: unknown) {
      if (self.state.isStashing) self.stash()
      else self.state.seen.push(value)
    },
    seen: (self) => self.state.seen,
    hold: (_self, open: Promise<void>) => open,
    stashing(self, isStashing: boolean) {
      self.state.isStashing = isStashing
      if (!isStashing) self.unstash()
    },
    fail(_self, open?: Promise<void>): void | Promise<never> {
      const error = new Error('told to')
      if (open === undefined) throw error
      return open.then(() => Promise.reject(error))
    },
  },
})

/** An actor that is busy until `open` is called. */
async function busy(bed: TestBed, mailbox: MailboxOptions) {
  const actor = bed.system.spawn(Inbox, [], { mailbox })
  await actor.ready()
  const held = gate()
  actor.tell.hold(held.promise)
  await bed.settle()
  return { actor, open: () => held.open() }
}

async function letters(bed: TestBed): Promise<[string, unknown][]> {
  await bed.settle()
  const recent: readonly DeadLetter[] = await bed.system.deadLetters.ask.recent()
  return recent.map(({ reason, args }) => [reason, args[0]])
}

describe('the limits of a mailbox', () => {
  it('count messages', async () => {
    const bed = await startSystem()
    const { actor, open } = await busy(bed, { messagesMax: 3 })
    expect([1, 2, 3, 4].map((n) => actor.tell.note(n))).toEqual(['accepted', 'accepted', 'accepted', 'mailbox-full'])
    open()
    await actor.ready()
    expect(await actor.ask.seen()).toEqual([1, 2, 3])
  })

  it('count bytes: 64 a message, plus its strings and views', async () => {
    const bed = await startSystem()
    const { actor, open } = await busy(bed, { bytesMax: 1_024 })
    expect(actor.tell.note('x'.repeat(1_024 - 64 + 1))).toBe('mailbox-full')
    expect(actor.tell.note(new Uint8Array(500))).toBe('accepted')
    expect(actor.tell.note('x'.repeat(1_024 - 64 - 564 - 63))).toBe('accepted')
    // 63 bytes are left, an ordinary message takes 64.
    expect(actor.tell.note(1)).toBe('mailbox-full')
    open()
    await actor.ready()
    expect((await actor.ask.seen()).length).toBe(2)
  })

  it('count what sizeOf says', async () => {
    const bed = await startSystem()
    const Sized = defineActor({
      name: 'Sized',
      module,
      start: () => ({}),
      on: { note: (_self, _bytes: number) => {} },
      sizeOf: ([bytes]) => bytes as number,
    })
    const actor = bed.system.spawn(Sized, [], { mailbox: { bytesMax: 1_024 } })
    await actor.ready()
    expect([actor.tell.note(1_000), actor.tell.note(25), actor.tell.note(24)]).toEqual([
      'accepted',
      'mailbox-full',
      'accepted',
    ])
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('no idea')
      },
    ],
    ['answers no number', () => Number.NaN],
  ])('do not break, and the sender does not fail, when sizeOf %s', async (_, sizeOf) => {
    const bed = await startSystem()
    const Odd = defineActor({ name: 'Odd', module, start: () => ({}), on: { note: () => {} }, sizeOf })
    const actor = bed.system.spawn(Odd, [], { mailbox: { bytesMax: 1_024 } })
    await actor.ready()
    const results = Array.from({ length: 17 }, () => actor.tell.note())
    expect(results.filter((result) => result === 'accepted').length).toBe(16)
    expect(bed.logged.length).toBe(17)
  })

  it('include the stash', async () => {
    const bed = await startSystem()
    const actor = bed.system.spawn(Inbox, [], { mailbox: { messagesMax: 3 } })
    actor.tell.stashing(true)
    await bed.settle()
    for (const n of [1, 2]) actor.tell.note(n)
    await bed.settle()
    expect([actor.tell.note(3), actor.tell.note(4)]).toEqual(['accepted', 'mailbox-full'])
    await bed.settle()
    expect(actor.tell.stashing(false)).toBe('mailbox-full')
  })

  it('are told to those who wait for room', async () => {
    const bed = await startSystem()
    const { actor, open } = await busy(bed, { messagesMax: 1 })
    actor.tell.note(1)
    let hasRoom = false
    const ready = actor.ready().then(() => (hasRoom = true))
    await bed.settle()
    expect(hasRoom).toBe(false)
    open()
    await ready
    expect(actor.tell.note(2)).toBe('accepted')
  })

  it('leave room for small messages after one that was too large', async () => {
    const bed = await startSystem()
    const actor = bed.system.spawn(Inbox, [], { mailbox: { bytesMax: 1_024 } })
    await actor.ready()
    expect(actor.tell.note('x'.repeat(2_000))).toBe('mailbox-full')
    await actor.ready()
    expect(actor.tell.note(1)).toBe('accepted')
  })
})

describe('a full mailbox', () => {
  it("with 'reject' tells the sender, and nothing goes to dead letters", async () => {
    const bed = await startSystem()
    const { actor, open } = await busy(bed, { messagesMax: 1, overflow: 'reject' })
    actor.tell.note(1)
    expect(actor.tell.note(2)).toBe('mailbox-full')
    expect(await letters(bed)).toEqual([])
    open()
  })

  it("with 'drop-newest' accepts, and the newest goes to dead letters", async () => {
    const bed = await startSystem()
    const { actor, open } = await busy(bed, { messagesMax: 2, overflow: 'drop-newest' })
    expect([1, 2, 3].map((n) => actor.tell.note(n))).toEqual(['accepted', 'accepted', 'accepted'])
    await expect(actor.ask.seen()).rejects.toMatchObject({ code: 'mailbox-full' })
    open()
    await actor.ready()
    expect(await actor.ask.seen()).toEqual([1, 2])
    expect(await letters(bed)).toEqual([
      ['mailbox-full', 3],
      ['mailbox-full', undefined],
    ])
  })

  it("with 'drop-oldest' accepts, and the oldest goes to dead letters; an ask among them hears of it", async () => {
    const bed = await startSystem()
    const { actor, open } = await busy(bed, { messagesMax: 2, overflow: 'drop-oldest' })
    const asked = actor.ask.seen().catch((error: { code: string }) => error.code)
    for (const n of [1, 2, 3]) expect(actor.tell.note(n)).toBe('accepted')
    open()
    expect(await asked).toBe('message-dropped-oldest')
    await bed.settle()
    expect(await actor.ask.seen()).toEqual([2, 3])
    expect((await letters(bed)).map(([reason]) => reason)).toEqual(['dropped-oldest', 'dropped-oldest'])
  })

  it("with 'drop-oldest' drops nothing for a message that will never fit", async () => {
    const bed = await startSystem()
    const { actor, open } = await busy(bed, { bytesMax: 1_024, overflow: 'drop-oldest' })
    actor.tell.note(1)
    expect(actor.tell.note('x'.repeat(2_000))).toBe('mailbox-full')
    open()
    expect(await actor.ask.seen()).toEqual([1])
  })

  it("with 'drop-oldest' takes a flood in linear time, and holds no more than its limit", async () => {
    const bed = await startSystem({ deadLettersKept: 0 })
    const { actor, open } = await busy(bed, { messagesMax: 100, overflow: 'drop-oldest' })
    for (let n = 0; n < 200_000; n++) actor.tell.note(n)
    open()
    await bed.settle()
    const seen = await actor.ask.seen()
    expect([seen.length, seen[0], seen[99]]).toEqual([100, 199_900, 199_999])
  })

  it("with 'drop-oldest' never drops notices and streams", async () => {
    const bed = await startSystem()
    const target = bed.system.spawn(Inbox, [], { restart: 'temporary' })
    const downs: string[] = []
    const Watcher = defineActor({
      name: 'Watcher',
      module,
      start: (self, ref: ActorRef<never>) => void self.watch(ref),
      on: {
        hold: (_self, open: Promise<void>) => open,
        note: (_self, _n: number) => {},
        async *feed() {
          yield* [1, 2, 3]
        },
      },
      signals: { down: (_self, ref) => void downs.push(ref.path) },
    })
    const watcher = bed.system.spawn(Watcher, [target as ActorRef<never>], {
      mailbox: { messagesMax: 2, overflow: 'drop-oldest' },
    })
    const items = watcher.with({ window: 1 }).stream.feed()
    expect((await items.next()).value).toBe(1)
    await bed.settle()
    const open = gate()
    watcher.tell.hold(open.promise)
    await bed.settle()
    const second = items.next()
    const third = items.next() // asks the busy actor for one more
    target.tell.fail()
    await bed.settle()
    for (let n = 0; n < 100; n++) watcher.tell.note(n)
    open.open()
    await bed.settle()
    expect(downs).toEqual([target.path])
    expect([(await second).value, (await third).value]).toEqual([2, 3])
  })

  it("with 'conflate' gives a message the place of the queued one with its key", async () => {
    const bed = await startSystem()
    const { actor, open } = await busy(bed, { messagesMax: 3, overflow: 'conflate' })
    const tell = (key: string, value: unknown) => actor.with({ key }).tell.note(value)
    expect([
      tell('a', 'a1'),
      tell('b', 'b1'),
      tell('c', 'c1'),
      tell('a', 'a2'),
      tell('d', 'd1'),
      actor.tell.note(0),
    ]).toEqual(['accepted', 'accepted', 'accepted', 'accepted', 'mailbox-full', 'mailbox-full'])
    tell('a', 'a3')
    open()
    await actor.ready()
    await bed.settle()
    expect(await actor.ask.seen()).toEqual(['a3', 'b1', 'c1'])
    expect(await letters(bed)).toEqual([
      ['conflated', 'a1'],
      ['conflated', 'a2'],
    ])
    tell('a', 'a4')
    expect(await actor.ask.seen()).toEqual(['a3', 'b1', 'c1', 'a4'])
  })

  it("with 'conflate' holds one message a key, however many come, also through a restart", async () => {
    const bed = await startSystem({ deadLettersKept: 0 })
    const actor = bed.system.spawn(Inbox, [], { mailbox: { messagesMax: 10, overflow: 'conflate' } })
    await actor.ready()
    const open = gate()
    actor.tell.fail(open.promise)
    await bed.settle()
    for (let n = 0; n < 50_000; n++) actor.with({ key: `k${n % 5}` }).tell.note(n)
    expect((await bed.account()).queued).toBe(6)
    open.open()
    await bed.settle()
    expect(await actor.ask.seen()).toEqual([49_995, 49_996, 49_997, 49_998, 49_999])
  })

  it("with 'conflate' keeps the queued one when the new one does not fit", async () => {
    const bed = await startSystem()
    const { actor, open } = await busy(bed, { bytesMax: 1_024, overflow: 'conflate' })
    expect(actor.with({ key: 'a' }).tell.note('old')).toBe('accepted')
    expect(actor.with({ key: 'a' }).tell.note('x'.repeat(2_000))).toBe('mailbox-full')
    open()
    expect(await actor.ask.seen()).toEqual(['old'])
  })

  it('dead-letters conflated messages once, also when the actor stops', async () => {
    const bed = await startSystem()
    const actor = bed.system.spawn(Inbox, [], {
      mailbox: { overflow: 'conflate' },
      restart: 'temporary',
    })
    await actor.ready()
    const open = gate()
    actor.tell.fail(open.promise)
    await bed.settle()
    for (const value of [1, 2, 3]) actor.with({ key: 'a' }).tell.note(value)
    open.open()
    await bed.account()
    expect((await letters(bed)).slice(-2)).toEqual([expect.anything(), ['actor-stopped', 3]])
  })
})

describe('the time of a message', () => {
  it('runs out after the mailbox ttlMs, or after its own, whichever is shorter', async () => {
    const bed = await startSystem()
    const { actor, open } = await busy(bed, { ttlMs: 100 })
    actor.tell.note('mailbox')
    actor.with({ ttlMs: 1_000 }).tell.note('own, longer')
    await bed.advance(90)
    actor.with({ ttlMs: 5 }).tell.note('own, shorter')
    actor.tell.note('in time')
    await bed.advance(20)
    open()
    await bed.settle()
    expect(await actor.ask.seen()).toEqual(['in time'])
    expect((await bed.account()).deadLettersByReason.expired).toBe(3)
  })
})

describe('mailbox options', () => {
  it.each([
    [{ messagesMax: 0 }, /messagesMax.*1 to 16777216.*got 0/],
    [{ messagesMax: 1.5 }, /messagesMax/],
    [{ bytesMax: 1_023 }, /bytesMax.*1024/],
    [{ overflow: 'block' }, /overflow.*'reject'.*got 'block'/],
    [{ ttlMs: 0 }, /ttlMs/],
    [{ retain: 1 }, /retain/],
    [{ deliveriesMax: 0 }, /deliveriesMax/],
    [{ retain: true, overflow: 'conflate' }, /retain keeps every message.*conflate/],
    [{ messageMax: 1 }, /unknown option 'messageMax'.*messagesMax/],
  ])('are refused when they are wrong: %j', async (mailbox, message) => {
    const { system } = await startSystem()
    const spawn = () => system.spawn(Inbox, [], { mailbox: mailbox as never })
    expect(spawn).toThrow(UsageError)
    expect(spawn).toThrow(message)
  })
})

describe('the stash', () => {
  it('puts messages aside, and back before all others, in order', async () => {
    const bed = await startSystem()
    const actor = bed.system.spawn(Inbox, [])
    actor.tell.stashing(true)
    for (const n of [1, 2, 3]) actor.tell.note(n)
    actor.tell.stashing(false)
    actor.tell.note(4)
    expect(await actor.ask.seen()).toEqual([1, 2, 3, 4])
  })

  it('counts as queued', async () => {
    const bed = await startSystem()
    const actor = bed.system.spawn(Inbox, [])
    actor.tell.stashing(true)
    for (const n of [1, 2, 3]) actor.tell.note(n)
    expect((await bed.account()).queued).toBe(3)
  })

  it('keeps an ask waiting until it is handled', async () => {
    const { system, settle } = await startSystem()
    const Late = defineActor({
      name: 'Late',
      module,
      start: () => ({ isOpen: false }),
      on: {
        value(self) {
          if (self.state.isOpen) return 'answer'
          return self.stash()
        },
        open(self) {
          self.state.isOpen = true
          self.unstash()
        },
      },
    })
    const late = system.spawn(Late, [])
    const answer = late.ask.value()
    await settle()
    late.tell.open()
    expect(await answer).toBe('answer')
  })

  it('takes the message that called it, also among several at the same time', async () => {
    const { system, settle } = await startSystem()
    const Several = defineActor({
      name: 'Several',
      module,
      concurrency: 4,
      start: () => ({ seen: [] as string[], isOpen: false }),
      on: {
        async first(self, open: Promise<void>) {
          if (!self.state.isOpen) self.stash()
          await open
          self.state.seen.push('first')
        },
        second: (self) => void self.state.seen.push('second'),
        open(self) {
          self.state.isOpen = true
          self.unstash()
        },
        seen: (self) => self.state.seen,
      },
    })
    const several = system.spawn(Several, [])
    const open = gate()
    several.tell.first(open.promise)
    several.tell.second()
    await settle()
    open.open()
    await settle()
    several.tell.open()
    await settle()
    expect(await several.ask.seen()).toEqual(['second', 'first', 'first'])
  })

  it('needs a message that is being handled', async () => {
    const { system, settle } = await startSystem()
    const thrown: unknown[] = []
    const attempt = (stash: () => void): void => {
      try {
        stash()
      } catch (error) {
        thrown.push((error as { code: string }).code)
      }
    }
    const target = system.spawn(Inbox, [], { restart: 'temporary' })
    const Outside = defineActor({
      name: 'Outside',
      module,
      start(self) {
        attempt(() => self.stash())
        self.watch(target)
        return {}
      },
      on: {
        later(self) {
          setImmediate(() => attempt(() => self.stash()))
        },
        async *feed(self) {
          attempt(() => self.stash())
          yield 1
        },
      },
      signals: { down: (self) => attempt(() => self.stash()) },
    })
    const outside = system.spawn(Outside, [])
    await outside.ask.later()
    target.tell.fail()
    await settle()
    for await (const _ of outside.stream.feed()) break
    await settle()
    expect(thrown).toEqual(Array.from({ length: 4 }, () => 'no-current-message'))
    expect((await outside.ask.later(), 'still works')).toBe('still works')
  })
})
