import { defineActor, UsageError } from 'troupe'
import { describe, expect, it } from 'vitest'
import { gate, startSystem } from './support/start-system.ts'

const module = import.meta.url

const Ticker = defineActor({
  name: 'Ticker',
  module,
  start: (_self, now: () => number = () => 0) => ({ now, ticks: [] as string[], kept: undefined as unknown }),
  on: {
    once: (self, key: string, ms: number, label = '') => self.timers.once(key, ms, 'tick', label),
    every: (self, key: string, ms: number, label = '') => self.timers.every(key, ms, 'tick', label),
    unknown: (self) => self.timers.once('key', 1, 'nothing' as never),
    stream: (self) => self.timers.once('key', 1, 'feed' as never),
    tick: (self, label: string) => void self.state.ticks.push(`${label}${self.state.now()}`),
    again(self, ms: number) {
      self.state.ticks.push(`again${self.state.now()}`)
      self.timers.once('again', ms, 'again', ms)
    },
    hasAgain: (self) => self.timers.has('again'),
    cancel: (self, key: string) => self.timers.cancel(key),
    has: (self, key: string) => self.timers.has(key),
    hold: (_self, open: Promise<void>) => open,
    ticks: (self) => self.state.ticks,
    async *feed() {
      yield 1
    },
    keep: (self, keep: (timers: typeof self.timers) => void) => keep(self.timers),
    fail() {
      throw new Error('told to')
    },
  },
})

/** Handlers that are busy until the gate opens, then cancel a timer whose message may be queued. */
const Busy = defineActor({
  name: 'Busy',
  module,
  start: () => ({ ticks: 0 }),
  on: {
    async run(self, open: Promise<void>, then: 'cancel' | 'replace' | 'nothing') {
      self.timers.once('key', 10, 'tick')
      await open
      if (then === 'cancel') self.timers.cancel('key')
      if (then === 'replace') self.timers.once('key', 1_000, 'tick')
    },
    tick: (self) => void self.state.ticks++,
    ticks: (self) => self.state.ticks,
  },
})

async function ticker() {
  const bed = await startSystem()
  let elapsed = 0
  const actor = bed.system.spawn(Ticker, [() => elapsed])
  await actor.ready()
  const advance = async (ms: number): Promise<void> => {
    for (let n = 0; n < ms; n++) {
      elapsed++
      await bed.advance(1)
    }
  }
  return {
    ...bed,
    actor,
    advance,
    jump: (ms: number) => {
      elapsed += ms
      bed.jump(ms)
    },
  }
}

describe('timers', () => {
  it('once: sends one message after its time', async () => {
    const { actor, advance } = await ticker()
    await actor.ask.once('a', 10, 'a')
    await advance(9)
    expect(await actor.ask.ticks()).toEqual([])
    await advance(20)
    expect(await actor.ask.ticks()).toEqual(['a10'])
    expect(await actor.ask.has('a')).toBe(false)
  })

  it('every: sends one message each time, without drift', async () => {
    const { actor, advance, jump } = await ticker()
    await actor.ask.every('a', 10)
    await advance(20)
    jump(3) // late
    await advance(20)
    expect(await actor.ask.ticks()).toEqual(['10', '20', '30', '40'])
  })

  it('every: leaves out what a long pause has missed, and keeps its rhythm', async () => {
    const { actor, advance, jump } = await ticker()
    await actor.ask.every('a', 10)
    await advance(10)
    jump(55)
    await advance(20)
    const ticks = await actor.ask.ticks()
    expect(ticks[0]).toBe('10')
    expect(ticks.slice(-2)).toEqual(['70', '80'])
    expect(ticks.length).toBe(4)
  })

  it('every: a busy actor finds one message and not a pile', async () => {
    const { actor, advance, settle } = await ticker()
    await actor.ask.every('a', 10)
    const open = gate()
    actor.tell.hold(open.promise)
    await advance(100)
    open.open()
    await settle()
    expect((await actor.ask.ticks()).length).toBe(1)
    await advance(10)
    expect((await actor.ask.ticks()).length).toBe(2)
  })

  it('are replaced under the same key, and kept apart under others', async () => {
    const { actor, advance } = await ticker()
    await actor.ask.once('a', 10, 'old')
    await actor.ask.once('a', 20, 'new')
    await actor.ask.once('b', 15, 'other')
    await advance(30)
    expect(await actor.ask.ticks()).toEqual(['other15', 'new20'])
  })

  it('send nothing after cancel', async () => {
    const { actor, advance } = await ticker()
    await actor.ask.every('a', 10)
    await advance(15)
    await actor.ask.cancel('a')
    await advance(50)
    expect(await actor.ask.ticks()).toEqual(['10'])
  })

  it.each([
    ['cancel', 0],
    ['replace', 0],
    ['nothing', 1],
  ] as const)('%s: a message that was queued already is handled %d times', async (then, ticks) => {
    const { system, advance, settle } = await startSystem()
    const busy = system.spawn(Busy, [])
    const open = gate()
    busy.tell.run(open.promise, then)
    await advance(20)
    open.open()
    await settle()
    expect(await busy.ask.ticks()).toBe(ticks)
  })

  it('set again by their own handler can still be looked up and cancelled', async () => {
    const { actor, advance, settle } = await ticker()
    actor.tell.again(10)
    await settle()
    await advance(25)
    expect(await actor.ask.hasAgain()).toBe(true)
    await actor.ask.cancel('again')
    await advance(50)
    expect(await actor.ask.ticks()).toEqual(['again0', 'again10', 'again20'])
  })

  it('end with their incarnation, and cannot be set by what it left running', async () => {
    const { actor, advance, settle } = await ticker()
    let kept: { once(key: string, ms: number, handler: string, label: string): void } | undefined
    await actor.ask.keep((timers) => void (kept = timers as never))
    await actor.ask.every('a', 10)
    actor.tell.again(10)
    await settle()
    actor.tell.fail()
    await advance(100)
    expect(await actor.ask.ticks()).toEqual([])
    expect(() => kept?.once('x', 1, 'tick', '')).toThrow(expect.objectContaining({ code: 'actor-gone' }))
  })

  it('become dead letters when the mailbox is full', async () => {
    const bed = await startSystem()
    const actor = bed.system.spawn(Ticker, [], { mailbox: { messagesMax: 1 } })
    await actor.ready()
    await actor.ask.once('a', 10)
    const open = gate()
    actor.tell.hold(open.promise)
    await bed.settle()
    actor.tell.cancel('nothing')
    await bed.advance(20)
    expect((await bed.account()).deadLettersByReason['mailbox-full']).toBe(1)
    open.open()
  })

  it.each([
    ['unknown', 'unknown-handler'],
    ['stream', 'unknown-handler'],
  ] as const)('refuse a handler that cannot be told: %s', async (handler, code) => {
    const { actor } = await ticker()
    await expect(actor.ask[handler]()).rejects.toMatchObject({ code })
  })

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, '5' as never])('refuse a time of %s', async (ms) => {
    const { actor } = await ticker()
    await expect(actor.ask.once('a', ms)).rejects.toBeInstanceOf(UsageError)
  })

  it('refuse to repeat without a pause', async () => {
    const { actor } = await ticker()
    await expect(actor.ask.every('a', 0)).rejects.toBeInstanceOf(UsageError)
  })
})
