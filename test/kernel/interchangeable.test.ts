import { type ActorDefinition, type ActorRef, implement } from 'troupe'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ActorSystem } from '#src/system/actor-system'
import { startOnOneThread } from '#src/system/one-thread'
import { SystemEvents } from '#src/system/system-events'
import { resolveSystemOptions } from '#src/system/system-options'
import { gate, settle } from './support/start-system.ts'

const module = import.meta.url
const opened = gate()

interface PeerProtocol {
  ping(): string
  wait(): Promise<void>
  putAside(): void
  raise(): void
  watch(other: ActorRef<never>): void
  link(other: ActorRef<never>): void
  count(): AsyncGenerator<number, void, unknown>
  fail(): void
}

const behavior = {
  module,
  start: () => ({}),
  on: {
    ping: () => 'pong',
    wait: () => opened.promise,
    putAside: (self) => self.stash(),
    raise: (self) => void self.spawn(Other, []),
    watch: (self, other) => self.watch(other),
    link: (self, other) => self.link(other),
    async *count() {
      yield 1
      yield 2
    },
    fail: () => {
      throw new Error('as asked')
    },
  },
} satisfies Omit<Parameters<ReturnType<typeof implement<PeerProtocol>>>[0], 'name'>

const define = implement<PeerProtocol>()
const Peer = define({ ...behavior, name: 'Peer' })
const Other = define({ ...behavior, name: 'Other' })
const Parting = define({ ...behavior, name: 'Parting', stop: () => {} })
const Slow = define({ ...behavior, name: 'Slow', start: () => opened.promise })

let engine: Awaited<ReturnType<typeof startOnOneThread>>
let system: ActorSystem

beforeAll(async () => {
  const options = resolveSystemOptions({ threads: 0, log: 'silent', signals: false, onRootFailure: 'stop-child' })
  const events = new SystemEvents()
  engine = await startOnOneThread(options, events)
  system = new ActorSystem(engine, options, events)
})
afterAll(async () => {
  opened.open()
  await system.shutdown()
})

function areInterchangeable(one: ActorRef<PeerProtocol>, other: ActorRef<PeerProtocol>): boolean {
  const [slot, otherSlot] = [one, other].map((ref) => Number(ref.toJSON().address.split('.')[0])) as [number, number]
  const { directory } = engine.host.kernel
  expect(directory.areInterchangeable(otherSlot, slot)).toBe(directory.areInterchangeable(slot, otherSlot))
  return directory.areInterchangeable(slot, otherSlot)
}

async function spawn(definition: ActorDefinition<[], PeerProtocol> = Peer): Promise<ActorRef<PeerProtocol>> {
  const ref = system.spawn(definition, [], { backoff: { restartsMax: 0 } })
  await settle()
  return ref
}

describe('two siblings are interchangeable', () => {
  it('while they are of one definition, and idle', async () => {
    const [one, other] = [await spawn(), await spawn()]
    expect(areInterchangeable(one, other)).toBe(true)
    await other.ask.ping()
    expect(areInterchangeable(one, other)).toBe(true)
  })

  it('again when one has done what it had to do', async () => {
    const [one, other] = [await spawn(), await spawn()]
    one.tell.ping()
    expect(areInterchangeable(one, other)).toBe(false)
    await settle()
    expect(areInterchangeable(one, other)).toBe(true)
  })
})

describe('two siblings are not interchangeable', () => {
  it('if they are of two definitions, or of one with a stop', async () => {
    expect(areInterchangeable(await spawn(), await spawn(Other))).toBe(false)
    expect(areInterchangeable(await spawn(Parting), await spawn(Parting))).toBe(false)
  })

  it('if one is still starting', async () => {
    expect(areInterchangeable(await spawn(Slow), await spawn(Slow))).toBe(false)
  })

  type Deed = (one: ActorRef<PeerProtocol>, other: ActorRef<PeerProtocol>) => unknown
  const deeds: [string, Deed][] = [
    ['is handling a message', (one) => one.tell.wait()],
    ['has put a message aside', (one) => one.tell.putAside()],
    ['has a child', (one) => one.tell.raise()],
    ['watches somebody', (one, other) => one.tell.watch(other)],
    ['is linked to somebody', (one, other) => one.tell.link(other)],
    ['serves a stream', (one) => one.with({ window: 1 }).stream.count().next()],
    ['is parked', (one) => one.tell.fail()],
  ]
  it.each(deeds)('if one %s', async (_, deed) => {
    const [one, other] = [await spawn(), await spawn()]
    void deed(one, other)
    await settle()
    expect(areInterchangeable(one, other)).toBe(false)
  })

  it('if one took the place of one that was', async () => {
    const [one, other] = [await spawn(), await spawn()]
    await system.stop(other)
    const taken = await spawn(Parting)
    expect(areInterchangeable(one, taken)).toBe(false)
    expect(areInterchangeable(one, other)).toBe(false)
  })
})
