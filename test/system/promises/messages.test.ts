import { describe, expect, it } from 'vitest'
import { Scribe } from '#fixtures/promises/scribe.actor'
import { eventually } from '../../support/eventually.ts'
import { withSystem } from '../../support/with-system.ts'

describe.each([0, 2])('messages, with %i worker threads', (threads) => {
  it('are values: neither side sees what the other does to them afterwards', () =>
    withSystem({ threads, debug: true }, async (system) => {
      const scribe = system.spawn(Scribe, [])
      const page = { text: 'as sent' }
      const pages = ['as sent']
      scribe.tell.note(pages)
      pages.push('later')
      expect(await scribe.ask.scribbleOn(page)).toBe('as sent!')
      expect(page.text).toBe('as sent')
      expect(await scribe.ask.noted()).toEqual([['as sent']])
    }))

  it('arrive in the order in which one sender sent them, through restarts too', () =>
    withSystem({ threads }, async (system) => {
      const COUNT = 10_000
      const listener = system.spawn(Scribe, [], { placement: 'any', backoff: { minMs: 1, maxMs: 1 } })
      const sender = system.spawn(Scribe, [], { placement: 'any' })
      await listener.ready()
      sender.tell.tellAllAndFail(listener, COUNT)
      // What it noted before it failed is gone with its state; what was behind is what the next incarnation gets.
      const rest = Array.from({ length: COUNT / 2 }, (_, n) => COUNT / 2 + n)
      await eventually(async () => expect(await listener.ask.noted()).toEqual(rest))
      expect((await system.account()).deadLettersByReason.failed).toBe(1)
      sender.tell.tellAll(listener, 100, false)
      const more = Array.from({ length: 100 }, (_, n) => n)
      await eventually(async () => expect(await listener.ask.noted()).toEqual([...rest, ...more]))
    }))

  it('of an actor that stops all come before the notice of its end', () =>
    withSystem({ threads }, async (system) => {
      const listener = system.spawn(Scribe, [], { placement: 'any' })
      const sender = system.spawn(Scribe, [], { placement: 'any', restart: 'transient' })
      await Promise.all([listener.ready(), sender.ready()])
      await listener.ask.watch(sender as never)
      sender.tell.tellAll(listener, 1_000, true)
      const all = [...Array.from({ length: 1_000 }, (_, n) => n), 'down normal']
      await eventually(async () => expect(await listener.ask.noted()).toEqual(all))
    }))

  it('to a stopped actor are answered so, and are dead letters if they were on their way', () =>
    withSystem({ threads }, async (system) => {
      const scribe = system.spawn(Scribe, [], { restart: 'transient' })
      await scribe.ready()
      scribe.tell.quit()
      for (const n of [1, 2, 3]) expect(scribe.tell.note(n)).toBe('accepted')
      const reason = 'actor-stopped'
      await eventually(async () => {
        const letters = await system.deadLetters.ask.recent({ reason })
        expect(letters.map(({ args }) => args)).toEqual([[1], [2], [3]])
      })
      expect((await system.account()).deadLettersByReason[reason]).toBe(3)
      await eventually(() => expect(scribe.tell.note(1)).toBe('actor-stopped'))
      await expect(scribe.ask.noted()).rejects.toMatchObject({ code: 'actor-stopped' })
    }))
})

describe.each([0, 1])('a full mailbox, with %i worker threads', (threads) => {
  const full = { messagesMax: 2 }
  const fill = async (overflow: 'reject' | 'drop-newest' | 'drop-oldest') => {
    const seen: { noted?: readonly unknown[]; results?: string[]; reasons?: Record<string, number> } = {}
    await withSystem({ threads }, async (system) => {
      const scribe = system.spawn(Scribe, [], { mailbox: { ...full, overflow } })
      const listener = system.spawn(Scribe, [])
      const abort = new AbortController()
      const nap = scribe.with({ signal: abort.signal }).ask.napUntilCancelled(listener)
      await eventually(async () => expect(await listener.ask.noted()).toEqual(['napping']))
      seen.results = [1, 2, 3].map((n) => scribe.tell.note(n))
      // What is in the ring has been read when the account of the thread has it.
      await eventually(() => expect(system.inspect().actors.find(({ path }) => path === scribe.path)?.queued).toBe(3))
      abort.abort()
      await expect(nap).rejects.toThrow('aborted')
      await scribe.ready()
      seen.noted = await scribe.ask.noted()
      seen.reasons = { ...(await system.account()).deadLettersByReason }
    })
    return seen
  }

  it('refuses one more message by default, with no effect but the answer', async () => {
    const { noted, results, reasons } = await fill('reject')
    expect(noted).toEqual([1, 2])
    // For an actor elsewhere `accepted` says that the message is in the ring; what its mailbox then refuses is a dead letter.
    expect(results).toEqual(['accepted', 'accepted', threads === 0 ? 'mailbox-full' : 'accepted'])
    expect(reasons?.['mailbox-full']).toBe(threads === 0 ? 0 : 1)
  })

  it("drops the newest or the oldest with 'drop-newest' or 'drop-oldest', and counts it", async () => {
    const newest = await fill('drop-newest')
    expect(newest).toMatchObject({ noted: [1, 2], results: ['accepted', 'accepted', 'accepted'] })
    expect(newest.reasons?.['mailbox-full']).toBe(1)
    const oldest = await fill('drop-oldest')
    expect(oldest).toMatchObject({ noted: [2, 3], results: ['accepted', 'accepted', 'accepted'] })
    expect(oldest.reasons?.['dropped-oldest']).toBe(1)
  })

  it('lets those wait for room who ask whether it is ready', () =>
    withSystem({ threads }, async (system) => {
      const scribe = system.spawn(Scribe, [], { mailbox: { messagesMax: 1 } })
      const listener = system.spawn(Scribe, [])
      const abort = new AbortController()
      const nap = scribe.with({ signal: abort.signal }).ask.napUntilCancelled(listener)
      await eventually(async () => expect(await listener.ask.noted()).toEqual(['napping']))
      await eventually(() => expect(scribe.tell.note(1)).toBe('mailbox-full'))
      let hasRoom = false
      const ready = scribe.ready().then(() => {
        hasRoom = true
      })
      for (let n = 0; n < 10; n++) await listener.ask.noted()
      expect(hasRoom).toBe(false)
      abort.abort()
      await expect(nap).rejects.toThrow('aborted')
      await ready
      expect(scribe.tell.note(2)).toBe('accepted')
    }))

  it('counts what is stashed', () =>
    withSystem({ threads }, async (system) => {
      const scribe = system.spawn(Scribe, [], { mailbox: { messagesMax: 3 } })
      await scribe.ask.pause()
      scribe.tell.note(1)
      scribe.tell.note(2)
      expect(await scribe.ask.noted()).toEqual([]) // they were taken out of the mailbox, and put aside
      expect(scribe.tell.note(3)).toBe('accepted')
      await eventually(() => expect(scribe.tell.note(4)).toBe('mailbox-full'))
    }))

  it("keeps the latest of each key with 'conflate'", () =>
    withSystem({ threads }, async (system) => {
      const scribe = system.spawn(Scribe, [], { mailbox: { overflow: 'conflate' } })
      await scribe.ready()
      const nap = scribe.ask.nap(100)
      for (const n of [1, 2, 3]) scribe.with({ key: 'n' }).tell.note(n)
      scribe.with({ key: 'other' }).tell.note('x')
      await nap
      expect(await scribe.ask.noted()).toEqual([3, 'x'])
      expect((await system.account()).deadLettersByReason.conflated).toBe(2)
    }))

  it('lets go of messages whose time is over', () =>
    withSystem({ threads }, async (system) => {
      const scribe = system.spawn(Scribe, [])
      await scribe.ready()
      const nap = scribe.ask.nap(60)
      scribe.with({ ttlMs: 10 }).tell.note('too late')
      scribe.tell.note('in time')
      await nap
      expect(await scribe.ask.noted()).toEqual(['in time'])
      expect((await system.account()).deadLettersByReason.expired).toBe(1)
    }))
})
