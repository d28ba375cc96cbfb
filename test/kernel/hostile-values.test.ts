import { type ActorRef, implement } from 'troupe'
import { expect, it } from 'vitest'
import { THEN } from '#fixtures/threads/odd-values'
import { startSystem } from './support/start-system.ts'

/** What throws as soon as anybody asks whether it is a promise. */
const hostile = (): object =>
  new Proxy(
    {},
    {
      get: () => {
        throw new Error('touched')
      },
    },
  )

/** Says that it is a promise, and throws when it is to be awaited. */
const broken = (): object => ({ [THEN]: () => thrown() })

function thrown(): never {
  throw new Error('touched')
}

interface HostProtocol {
  answer(make: () => object): unknown
  fail(make: () => object): never
  end(): void
  watch(ref: ActorRef<never>): void
  sendReleased(to: ActorRef<HostProtocol>): Promise<unknown>
  alive(): string
}

const Host = implement<HostProtocol>()({
  name: 'Host',
  module: import.meta.url,
  start: (_self, make: (() => object) | undefined) => (make?.() ?? {}) as object,
  on: {
    answer: (_self, make) => make(),
    fail: (_self, make) => {
      throw make()
    },
    end: (self) => self.stop(),
    watch: (self, ref) => self.watch(ref),
    sendReleased(self, to) {
      const frame = self.frame(8)
      frame.release()
      return to.ask.answer(frame as never) as Promise<unknown>
    },
    alive: () => 'alive',
  },
  signals: { down: (_self, _ref, _reason) => hostile() as never },
  stop: () => hostile() as never,
})

const backoff = { minMs: 1, maxMs: 1 }

it.each([
  ['throws when it is looked at', hostile],
  ['throws when it is awaited', broken],
])('a handler that answers something which %s has failed, and the kernel goes on', async (_, make) => {
  const { system, events, advance } = await startSystem()
  const host = system.spawn(Host, [undefined], { name: 'host', backoff })
  await expect(host.ask.answer(make)).rejects.toThrow('touched')
  await advance(1)
  expect(events).toMatchObject([{ type: 'restarted', path: '/host', reason: { kind: 'failure' } }])
  expect(await host.ask.alive()).toBe('alive')
})

it('one that throws something hostile has failed like any other, also where errors are sorted by code', async () => {
  const { system, events, advance } = await startSystem()
  const host = system.spawn(Host, [undefined], { name: 'host', backoff, parkOn: ['some-code'] })
  await expect(host.ask.fail(hostile)).rejects.toBeDefined()
  await advance(1)
  expect(events).toMatchObject([{ type: 'restarted', path: '/host' }])
})

it.each([
  ['throws when it is looked at', hostile],
  ['throws when it is awaited', broken],
])('a `start` that answers something which %s has failed', async (_, make) => {
  const { system, advance } = await startSystem()
  const host = system.spawn(Host, [make], { backoff: { ...backoff, restartsMax: 0 } })
  const ready = expect(host.ready()).rejects.toMatchObject({ code: 'actor-parked', cause: { message: 'touched' } })
  await advance(1)
  await ready
})

it('a `stop` that does is over', async () => {
  const { system, logged, settle } = await startSystem()
  const host = system.spawn(Host, [undefined], { restart: 'temporary' })
  host.tell.end()
  await settle()
  await expect(host.ask.alive()).rejects.toMatchObject({ code: 'actor-stopped' })
  expect(logged).toEqual(['error stop failed'])
})

it('a signal handler that does fails its actor', async () => {
  const { system, events, advance } = await startSystem()
  const mortal = system.spawn(Host, [undefined], { restart: 'temporary' })
  const host = system.spawn(Host, [undefined], { name: 'host', backoff })
  await host.ask.watch(mortal as never)
  mortal.tell.end()
  await advance(1)
  expect(events).toMatchObject([{ type: 'restarted', path: '/host', reason: { kind: 'failure' } }])
})

it('an ask with a frame whose time is over is rejected, and waits for nothing', async () => {
  const { system, advance } = await startSystem()
  const host = system.spawn(Host, [undefined], {})
  const sender = system.spawn(Host, [undefined], {})
  await expect(sender.ask.sendReleased(host as never)).rejects.toMatchObject({ code: 'frame-released' })
  await advance(10_000)
})

it('an ask whose arguments are refused waits for nothing', async () => {
  const { system, advance, logged } = await startSystem({ debug: true })
  const host = system.spawn(Host, [undefined], {})
  await expect(host.ask.answer(hostile as never)).rejects.toMatchObject({ code: 'not-sendable' })
  await advance(10_000)
  expect(logged).toEqual([])
})
