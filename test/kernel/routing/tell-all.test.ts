import { type ActorDefinition, type ActorRef, defineActor, type Frame, router, type SpawnOptions } from 'troupe'
import { describe, expect, it } from 'vitest'
import { gate, startSystem, type TestBed } from '../support/start-system.ts'

const module = import.meta.url

/** What counts for more than 64 bytes: members share its envelope. */
const LARGE = 'x'.repeat(1_000)

interface MemberProtocol {
  note(...values: unknown[]): void
  size(text: string): void
  hold(text: string, open: Promise<void>): Promise<void>
  fail(text: string): void
  look(text: string): Promise<void>
  end(): void
  seen(): unknown[]
}

const Member = defineActor({
  name: 'Member',
  module,
  concurrency: 2,
  start: (_self, log: unknown[] = []) => ({ log }),
  on: {
    note: (self, ...values: unknown[]) => void self.state.log.push(values),
    size: (self, text: string) => void self.state.log.push(text.length),
    hold: (self, text: string, open: Promise<void>) => {
      self.state.log.push(`held ${text.length}`)
      return open
    },
    fail(self, text: string) {
      self.state.log.push(`delivery ${self.context.delivery}`)
      throw new Error(`told to fail by ${text.length} letters`)
    },
    /** Goes on for ever, unless its signal says otherwise. */
    look(self, _text: string): Promise<void> {
      const { signal } = self.context
      const { log } = self.state
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          log.push('aborted')
          resolve()
        })
      })
    },
    end: (self) => self.stop(),
    seen: (self) => self.state.log,
  },
})

/** Another kind: its handlers have other numbers, and `size` is not among them. */
const Other = defineActor({
  name: 'Other',
  module,
  start: () => ({ log: [] as unknown[] }),
  on: {
    seen: (self) => self.state.log,
    unrelated: () => {},
    note: (self, ...values: unknown[]) => void self.state.log.push(['other', ...values]),
  },
})

/** Outside of all actors: what an actor answers is a copy in debug mode. */
const taken: object[] = []

const Taker = defineActor({
  name: 'Taker',
  module,
  start: () => undefined,
  on: { take: (_self, value: object) => void taken.push(value) },
})

type Member = ActorRef<MemberProtocol>

const spawn = (bed: TestBed, options?: SpawnOptions, log?: unknown[]): Member =>
  bed.system.spawn(Member, log === undefined ? [] : [log], options) as Member

async function broadcaster<P = MemberProtocol>(
  bed: TestBed,
  members: readonly ActorRef<never>[],
): Promise<ActorRef<P>> {
  const all = bed.system.spawn(router<P>(), [members as unknown as ActorRef<P>[], { strategy: 'broadcast' }])
  await all.ready()
  return all
}

const seenBy = (members: readonly Member[]): Promise<unknown[][]> =>
  Promise.all(members.map((member) => member.ask.seen()))

async function letters(bed: TestBed): Promise<unknown[]> {
  await bed.settle()
  return (await bed.system.deadLetters.ask.recent()).map(({ reason, actor, handler }) => [reason, actor, handler])
}

describe('a broadcast', () => {
  it.each([[[]], [[1]], [['small', 2]], [[1, 2, 3, 4]], [[LARGE]], [[1, LARGE]], [[LARGE, 2, new Uint8Array(9), 4]]])(
    'hands each member the arguments as they were given, whatever they are and however many',
    async (args) => {
      const bed = await startSystem()
      const members = [spawn(bed), spawn(bed), spawn(bed)]
      const all = await broadcaster(bed, members)
      all.tell.note(...args)
      await bed.settle()
      expect(await seenBy(members)).toEqual(members.map(() => [args]))
    },
  )

  it('finds the handler by its name in members of any kind; where there is none it is a dead letter', async () => {
    const bed = await startSystem()
    const other = bed.system.spawn(Other, [])
    const members = [spawn(bed), other as unknown as Member, spawn(bed, { mailbox: { messagesMax: 5 } }), spawn(bed)]
    const all = await broadcaster(bed, members)
    all.tell.note(LARGE)
    all.tell.size(LARGE)
    await bed.settle()
    const member = [[LARGE], LARGE.length]
    expect(await seenBy(members)).toEqual([member, [['other', LARGE]], member, member])
    expect(await letters(bed)).toEqual([['unknown-handler', other.path, 'size']])
  })

  it('is one message to each member: each is counted', async () => {
    const bed = await startSystem()
    const members = Array.from({ length: 10 }, () => spawn(bed))
    const all = await broadcaster(bed, members)
    const before = await bed.account()
    all.tell.size(LARGE)
    all.tell.note(1)
    const after = await bed.account()
    expect(after.handled - before.handled).toBe(2 + 2 * members.length)
  })

  it('counts with its bytes in the mailbox of each member, and is a dead letter of one that has no room', async () => {
    const bed = await startSystem()
    const members = [spawn(bed), spawn(bed, { mailbox: { bytesMax: 2 * (64 + LARGE.length) } })]
    const all = await broadcaster(bed, members)
    const held = gate()
    for (const member of members) {
      for (let n = 0; n < 2; n++) member.tell.hold('', held.promise)
    }
    await bed.settle()
    for (let n = 0; n < 3; n++) all.tell.size(LARGE)
    await bed.settle()
    held.open()
    await bed.settle()
    const sizes = (await seenBy(members)).map((seen) => seen.filter((one) => one === LARGE.length).length)
    expect(sizes).toEqual([3, 2])
    expect(await letters(bed)).toEqual([['mailbox-full', members[1]?.path, 'size']])
  })

  it('keeps to the limit of messages of each member', async () => {
    const bed = await startSystem()
    const members = [spawn(bed), spawn(bed, { mailbox: { messagesMax: 2 } })]
    const all = await broadcaster(bed, members)
    const held = gate()
    for (const member of members) {
      for (let n = 0; n < 2; n++) member.tell.hold('', held.promise)
    }
    await bed.settle()
    for (let n = 0; n < 3; n++) all.tell.note(n)
    await bed.settle()
    held.open()
    await bed.settle()
    expect((await seenBy(members)).map((seen) => seen.length - 2)).toEqual([3, 2])
  })

  it('is a dead letter of a member that is stopping, and no more than that', async () => {
    const bed = await startSystem()
    const members = [spawn(bed, { restart: 'temporary' }), spawn(bed)]
    const all = await broadcaster(bed, members)
    const [first, second] = members as [Member, Member]
    first.tell.end()
    all.tell.size(LARGE)
    await bed.settle()
    expect(await second.ask.seen()).toEqual([LARGE.length])
    expect(await letters(bed)).toEqual([['actor-stopped', first.path, 'size']])
  })

  it('that one member fails at is still handled by the others, and tried again by those that try again', async () => {
    const bed = await startSystem()
    const logs: unknown[][] = [[], [], []]
    const trying: SpawnOptions = { onFailure: { message: 'retry', retriesMax: 2 }, backoff: {} }
    const members = logs.map((log, n) => spawn(bed, n === 1 ? trying : { backoff: {} }, log))
    const all = await broadcaster(bed, members)
    all.tell.fail(LARGE)
    await bed.advance(60_000)
    expect(logs).toEqual([['delivery 1'], ['delivery 1', 'delivery 2', 'delivery 3'], ['delivery 1']])
  })

  it('that one member is killed at still waits in the mailboxes of the others', async () => {
    const bed = await startSystem()
    const [killed, slow] = [spawn(bed, { restart: 'temporary', shutdownMs: 10 }), spawn(bed)]
    const all = await broadcaster(bed, [killed, slow])
    const held = gate()
    for (let n = 0; n < 2; n++) slow.tell.hold('', held.promise)
    const never = gate()
    all.tell.hold(LARGE, never.promise)
    await bed.settle()
    const stopped = bed.system.stop(killed as unknown as ActorRef<never>)
    await bed.advance(1_000)
    await stopped
    held.open()
    never.open()
    await bed.settle()
    expect(await slow.ask.seen()).toEqual(['held 0', 'held 0', `held ${LARGE.length}`])
  })

  it('has a signal of its own in each member: the end of one does not abort what the others do', async () => {
    const bed = await startSystem()
    const logs: unknown[][] = [[], []]
    const members = logs.map((log) => spawn(bed, { restart: 'temporary', shutdownMs: 10 }, log)) as [Member, Member]
    const all = await broadcaster(bed, members)
    all.tell.look(LARGE)
    await bed.settle()
    const stopped = bed.system.stop(members[0] as unknown as ActorRef<never>)
    await bed.advance(1_000)
    await stopped
    expect(logs).toEqual([['aborted'], []])
    const other = bed.system.stop(members[1] as unknown as ActorRef<never>)
    await bed.advance(1_000)
    await other
  })

  it('is, in debug mode, a copy for each member', async () => {
    const bed = await startSystem({ debug: true })
    const members = [bed.system.spawn(Taker, []), bed.system.spawn(Taker, [])]
    const all = await broadcaster<{ take(value: object): void }>(bed, members as never)
    taken.length = 0
    all.tell.take({ text: LARGE })
    await bed.settle()
    const [first, second] = taken
    expect(taken).toEqual([{ text: LARGE }, { text: LARGE }])
    expect(first).not.toBe(second)
  })
})

interface ReaderProtocol {
  read(frame: Frame, more?: unknown, evenMore?: unknown): void
  keep(frame: Frame): void
  letGo(frame: Frame): void
  hold(frame: Frame, open: Promise<void>): Promise<void>
  kept(): number[]
  /** What the frame of the last message says now. */
  stale(): string
  end(): void
}

const Reader: ActorDefinition<[log: unknown[]], ReaderProtocol> = defineActor({
  name: 'Reader',
  module,
  start: (_self, log: unknown[]) => ({
    log,
    last: undefined as Frame | undefined,
    kept: undefined as Frame | undefined,
  }),
  on: {
    read(self, frame: Frame, ...more: unknown[]) {
      self.state.last = frame
      self.state.log.push([frame.bytes[0], frame.length, ...more])
    },
    keep(self, frame: Frame) {
      self.state.kept = frame.retain()
    },
    letGo(self, frame: Frame) {
      self.state.log.push(frame.bytes[0])
      frame.release()
    },
    async hold(self, frame: Frame, open: Promise<void>) {
      await open
      self.state.log.push(frame.bytes[0])
    },
    kept: (self) => [...(self.state.kept?.bytes.subarray(0, 3) ?? [])],
    stale(self) {
      try {
        return `${self.state.last?.bytes[0]}`
      } catch (error) {
        return (error as { code: string }).code
      }
    },
    end: (self) => self.stop(),
  },
})

const Writer = defineActor({
  name: 'Writer',
  module,
  start: (_self, all: ActorRef<ReaderProtocol>) => ({ all }),
  on: {
    write(self, how: 'read' | 'keep' | 'letGo', first: number, bytes: number, ...more: unknown[]) {
      const frame = self.frame(bytes)
      frame.bytes.fill(first)
      self.state.all.tell[how](frame, ...more)
    },
    hold(self, first: number, open: Promise<void>) {
      const frame = self.frame(100)
      frame.bytes.fill(first)
      self.state.all.tell.hold(frame, open)
    },
  },
})

/** A small arena: a lease that is not given back is soon missed. */
const ARENA_BYTES = 2 ** 16

async function readers(bed: TestBed, count: number, options?: SpawnOptions) {
  const logs: unknown[][] = Array.from({ length: count }, () => [])
  const members = logs.map((log) => bed.system.spawn(Reader, [log], options))
  const all = await broadcaster<ReaderProtocol>(bed, members)
  return { logs, members, all, writer: bed.system.spawn(Writer, [all]) }
}

describe('a frame in a broadcast', () => {
  it.each([[[]], [['b']], [['b', 3]]])('is read by each member, with what else the message has: %j', async (more) => {
    const bed = await startSystem()
    const { logs, writer } = await readers(bed, 3)
    writer.tell.write('read', 7, 1_024, ...more)
    await bed.settle()
    expect(logs).toEqual(logs.map(() => [[7, 1_024, ...more]]))
  })

  it('is valid during the handler of each member only', async () => {
    const bed = await startSystem()
    const { logs, writer, members } = await readers(bed, 2)
    writer.tell.write('read', 7, 1_024)
    await bed.settle()
    expect(logs).toEqual([[[7, 1_024]], [[7, 1_024]]])
    expect(await Promise.all(members.map((member) => member.ask.stale()))).toEqual(['frame-released', 'frame-released'])
  })

  it('that one member lets go of is still there for the others', async () => {
    const bed = await startSystem()
    const { logs, writer } = await readers(bed, 3)
    writer.tell.write('letGo', 8, 1_024)
    await bed.settle()
    expect(logs).toEqual([[8], [8], [8]])
  })

  it('can be kept by each member for itself', async () => {
    const bed = await startSystem({ arenaBytes: ARENA_BYTES })
    const { writer, members } = await readers(bed, 2)
    writer.tell.write('keep', 9, 1_024)
    await bed.settle()
    for (let n = 0; n < 100; n++) writer.tell.write('read', 1, 1_024)
    await bed.settle()
    expect(await Promise.all(members.map((member) => member.ask.kept()))).toEqual([
      [9, 9, 9],
      [9, 9, 9],
    ])
  })

  it('is there for a handler that awaits, while the other members are long done', async () => {
    const bed = await startSystem({ arenaBytes: ARENA_BYTES })
    const { logs, writer } = await readers(bed, 3)
    const open = gate()
    writer.tell.hold(5, open.promise)
    await bed.settle()
    open.open()
    await bed.settle()
    expect(logs).toEqual([[5], [5], [5]])
  })

  it('is free again when the last member is done with it, also one that stopped before its turn', async () => {
    const bed = await startSystem({ arenaBytes: ARENA_BYTES })
    const { members, writer } = await readers(bed, 4, { restart: 'temporary', mailbox: { messagesMax: 3 } })
    const total = (4 * ARENA_BYTES) / 1_024
    for (let n = 0; n < total; n++) {
      writer.tell.write('read', 1, 1_024)
      if (n % 10 === 0) await bed.settle()
      if (n === 50) members[0]?.tell.end()
      if (n === 90) await bed.system.stop(members[1] as unknown as ActorRef<never>)
    }
    await bed.settle()
    expect(bed.logged.filter((line) => line.includes('frames-exhausted') || line.startsWith('error'))).toEqual([])
  })
})
