import {
  type ActorRef,
  type ActorSystem,
  CapacityError,
  createSystem,
  type ExitReason,
  type SystemEvent,
  UnreachableError,
  UsageError,
} from 'troupe'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { oddThing, type oddThrown, oddValues, THEN, type wholeErrors } from '#fixtures/threads/odd-values'
import { Nursery, Stillborn, Thrower, type ThrowerProtocol, Watcher } from '#fixtures/threads/thrower.actor'
import { eventually } from '../support/eventually.ts'
import { withSystem } from '../support/with-system.ts'

const worlds = [
  ['between threads', { threads: 1 }],
  ['with threads: 0 in debug mode', { threads: 0, debug: true }],
] as const

const backoff = { minMs: 1, maxMs: 1 }
/** A rejection says so by itself: an ask that hangs would be `ask-timeout`. */
const PATIENCE = { deadlineMs: 10_000 }

/** What a promise is rejected with. */
async function rejection(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown
  try {
    value = await promise
  } catch (error) {
    return error
  }
  throw new Error(`expected a rejection, got ${String(value)}`)
}

/** All items of a stream that fails, and with what. */
async function readAll(stream: AsyncIterable<unknown>): Promise<{ items: unknown[]; error: unknown }> {
  const items: unknown[] = []
  const read = async (): Promise<void> => {
    for await (const item of stream) items.push(item)
  }
  return { items, error: await rejection(read()) }
}

const notSendable = (shown: string) => ({
  constructor: UsageError,
  code: 'not-sendable',
  message: `what was thrown cannot be sent: ${shown}`,
})

/** What arrives of each thing that is thrown: a value, or an error with these properties. */
const arrivals: Record<keyof typeof wholeErrors | keyof typeof oddThrown, unknown> = {
  "one of Troupe's": {
    constructor: UsageError,
    name: 'UsageError',
    code: 'some-code',
    message: 'told to',
    cause: { constructor: TypeError, message: 'why', cause: { plain: 'c' } },
  },
  "a subclass of one of Troupe's": {
    constructor: CapacityError,
    name: 'TooManyDevices',
    code: 'too-many',
    message: 'told to',
    devices: 101,
  },
  "one of the language's": {
    constructor: RangeError,
    message: 'told to',
    code: 'E1',
    detail: { list: [1, new Date(5)] },
  },
  'one of a class that the other side does not know': {
    constructor: Error,
    name: 'DatabaseError',
    table: 'devices',
    cause: 'Socket { id: 7, onData: [Function: onData] }',
  },
  'an AggregateError': {
    constructor: AggregateError,
    message: 'told to',
    errors: [expect.objectContaining({ constructor: TypeError, message: 'one' }), 'two'],
  },
  'a DOMException': { constructor: DOMException, name: 'AbortError', message: 'told to' },
  'a function': notSendable('[Function: retry]'),
  'a symbol': notSendable('Symbol(odd)'),
  'an instance of a class with functions': notSendable('Socket { id: 7, onData: [Function: onData] }'),
  'a revoked proxy': notSendable('<Revoked Proxy>'),
  'a proxy that throws at every touch': notSendable('{}'),
  'a proxy of an error that throws at every touch': {
    constructor: UsageError,
    message: expect.stringContaining('inner'),
  },
  'an object whose then throws': { [THEN]: expect.stringMatching(/^\[threw Error: touched/) },
  'a string': 'told to',
  'a number': 0,
  'a plain object': { code: 1, onRetry: '[Function: onRetry]' },
  undefined: { constructor: UnreachableError, code: 'message-failed' },
  null: { constructor: UnreachableError, code: 'message-failed' },
  'a long string': expect.stringMatching(/^x{8192}… \(1040384 more characters\)$/),
  'an error with properties that cannot be sent': {
    message: 'told to',
    onRetry: '[Function: onRetry]',
    socket: 'Socket { id: 7, onData: [Function: onData] }',
    id: 'Symbol(s)',
    self: '{}',
    n: 1,
  },
  'an error that is its own cause': {
    message: 'told to',
    cause: { message: 'between', cause: { message: 'told to' } },
  },
  'an error with a huge message': {
    constructor: RangeError,
    code: 'huge',
    message: expect.stringMatching(/^x{8192}… \(1040384 more characters\)$/),
  },
  'an error with a huge property': { constructor: RangeError, message: 'told to', body: expect.any(String) },
  'an error with a long chain of causes': {
    constructor: RangeError,
    message: 'told to',
    cause: { message: 'level 1999', cause: { message: 'level 1998' } },
  },
  'an AggregateError of very many': {
    constructor: AggregateError,
    message: 'told to',
    errors: expect.arrayContaining([expect.objectContaining({ message: '1'.repeat(50) })]),
  },
  'an error whose properties throw': {
    constructor: Error,
    message: 'told to',
    trap: expect.stringMatching(/^\[threw/),
  },
  'a frozen error': { constructor: RangeError, message: 'told to' },
}
const names = Object.keys(arrivals)
/** An asker hears of those that the handler failed; elsewhere they are what they are. */
const isNothing = (name: string): boolean => name === 'undefined' || name === 'null'

function expectArrival(name: string, got: unknown): void {
  const arrival = arrivals[name as keyof typeof arrivals]
  if (typeof arrival !== 'object' || arrival === null) expect(got).toBe(arrival)
  else if (got instanceof Error || THEN in arrival || name === 'a plain object') expect(got).toMatchObject(arrival)
  else expect(got).toEqual(arrival)
}

describe.each(worlds)('%s', (_, world) => {
  let system: ActorSystem
  let thrower: ActorRef<ThrowerProtocol>
  let thread: number
  const events: SystemEvent[] = []

  beforeAll(async () => {
    system = await createSystem({ ...world, signals: false, log: 'silent', spare: false })
    system.events.on('all', (event) => events.push(event))
    thrower = system.spawn(Thrower, [], { name: 'thrower', backoff })
    thread = await thrower.ask.thread()
  })

  /** After all that was thrown and answered. */
  afterAll(async () => {
    expect(await thrower.with(PATIENCE).ask.thread()).toBe(thread)
    expect(events.filter(({ type }) => type === 'thread-lost')).toEqual([])
    await system.shutdown()
    expect(await system.account()).toMatchObject({ isExact: true })
  })

  describe('what a handler throws reaches its asker, and its thread lives on', () => {
    test.each(names)('%s', async (name) => {
      expectArrival(name, await rejection(thrower.with(PATIENCE).ask.fail(name)))
      expectArrival(name, await rejection(thrower.with(PATIENCE).ask.failLater(name)))
    })
  })

  describe('what a stream throws reaches its consumer after its items', () => {
    test.each(names)('%s', async (name) => {
      const { items, error } = await readAll(thrower.stream.itemsThenFail(name))
      expect(items).toEqual([1, 2])
      expectArrival(name, error)
    })
  })

  describe('what CPU work throws reaches the handler that asked for it, and its asker', () => {
    test.each(names)('%s', async (name) => {
      expectArrival(name, await rejection(thrower.with(PATIENCE).ask.compute('throwOdd', name)))
    })
  })

  describe('what `start` throws', () => {
    const options = { backoff: { ...backoff, restartsMax: 0 } }

    test.each(names.filter((name) => !isNothing(name)))(
      'is the cause of what an asker hears and of what `ready` rejects with: %s',
      async (name) => {
        const stillborn = system.spawn(Stillborn, [name], options)
        const [asked, ready] = await Promise.all([
          rejection(stillborn.with(PATIENCE).ask.hello()),
          rejection(stillborn.ready()),
        ])
        for (const error of [asked, ready]) {
          expect(error).toMatchObject({ constructor: UnreachableError, code: 'actor-parked' })
          if (world.threads > 0) expectArrival(name, (error as Error).cause)
        }
      },
    )

    test.each(['undefined', 'null'])('parks the actor as anything else does: %s', async (name) => {
      const stillborn = system.spawn(Stillborn, [name], options)
      await expect(stillborn.ready()).rejects.toMatchObject({ code: 'actor-parked' })
    })
  })

  describe('an answer that cannot be sent is an error which names it, and the actor goes on', () => {
    test.each(Object.keys(oddValues).filter((name) => !name.includes('then throws')))('%s', async (name) => {
      const restarts = events.length
      const whole = await rejection(thrower.with(PATIENCE).ask.answerDeep(name))
      expect(whole).toMatchObject({ code: 'not-sendable', constructor: UsageError })
      const { message } = whole as Error
      expect(message).toMatch(/^'answerDeep' of \/thrower answered what cannot be sent: answer\.deep\.value: /)
      expect(await thrower.ask.thread()).toBe(thread)
      expect(events.slice(restarts)).toEqual([])
    })

    test('as a whole', async () => {
      const error = await rejection(thrower.ask.answer('a function'))
      const message = "'answer' of /thrower answered what cannot be sent: answer: a function cannot be sent"
      expect(error).toMatchObject({ code: 'not-sendable', message })
    })

    test('that is too large', async () => {
      const error = await rejection(thrower.ask.huge(2 ** 18))
      expect(error).toMatchObject({ code: 'message-too-large', constructor: CapacityError })
      expect((error as Error).message).toMatch(
        /^'huge' of \/thrower answered what cannot be sent: answer: a message may have 131056 bytes, this one has 26\d{4}$/,
      )
    })

    test('that is a frame', async () => {
      const error = await rejection(thrower.ask.frame())
      expect(error).toMatchObject({
        code: 'frame-nested',
        message: expect.stringMatching(/^'frame' of \/thrower answered/),
      })
    })

    test('that is the actor itself', async () => {
      const error = await rejection(thrower.ask.self())
      expect(error).toMatchObject({ message: expect.stringContaining('an instance of Incarnation cannot be sent') })
    })

    test('whose `then` throws: that is the handler failing, as with any promise', async () => {
      const error = await rejection(thrower.ask.answer('an object whose then throws'))
      expect(error).toMatchObject({ message: 'touched' })
      await eventually(() => expect(events.at(-1)).toMatchObject({ type: 'restarted', path: '/thrower' }))
    })

    test('of CPU work', async () => {
      const error = await rejection(thrower.ask.compute('answerOdd', 'a function'))
      expect(error).toMatchObject({ code: 'not-sendable', message: expect.stringContaining("'answerOdd' of file:") })
    })
  })

  test('an item that cannot be sent ends its stream on both sides, with an error which names it', async () => {
    const endings = await thrower.ask.endings()
    const { items, error } = await readAll(thrower.stream.itemsThenOdd('an instance of a class with functions'))
    expect(items).toEqual([1])
    expect(error).toMatchObject({
      code: 'not-sendable',
      message: expect.stringMatching(
        /^'itemsThenOdd' of \/thrower answered .*: item: an instance of Socket cannot be sent/,
      ),
    })
    await eventually(async () => expect(await thrower.ask.endings()).toBe(endings + 1))
  })

  test('an item that is too large ends its stream too', async () => {
    const { items, error } = await readAll(thrower.stream.itemsThenOdd('a long string'))
    expect(items).toEqual([1])
    expect(error).toMatchObject({ code: 'message-too-large', message: expect.stringContaining('item: a message may') })
  })

  describe('the stack shows the frames of the handler, and then who waits', () => {
    const expectStack = (error: unknown, handler: string, line: string, asker: string): void => {
      const { stack = '' } = error as Error
      const [handled, asked, ...rest] = stack.split(/\n {4}-- | --(?:\n|$)/)
      expect(rest.length).toBeGreaterThan(0)
      expect(handled).toContain(`at ${handler} (`)
      expect(asked).toMatch(line)
      expect(rest.join()).toMatch(asker)
    }
    const from = world.threads === 0 ? 'on thread 1, from thread 1' : 'on thread 2, from thread 1'

    test('of an ask', async () => {
      async function whoAsks(): Promise<void> {
        await thrower.ask.fail("one of Troupe's")
      }
      async function whoAsksLater(): Promise<void> {
        await Promise.all([null, thrower.ask.failLater("one of Troupe's").then(() => 1)])
      }
      const line = (handler: string): string => `asked for '${handler}' of /thrower ${from}`
      expectStack(await rejection(whoAsks()), 'fail', line('fail'), 'whoAsks')
      expectStack(await rejection(whoAsksLater()), 'failLater', line('failLater'), 'whoAsksLater')
    })

    test('of a stream', async () => {
      async function whoReads(): Promise<void> {
        for await (const _item of thrower.stream.itemsThenFail("one of Troupe's")) await null
      }
      const error = await rejection(whoReads())
      expectStack(error, 'itemsThenFail', `opened 'itemsThenFail' of /thrower ${from}`, 'whoReads')
    })

    test('of a huge error, whose message would leave no room for them', async () => {
      async function whoAsks(): Promise<void> {
        await thrower.ask.fail('an error with a huge message')
      }
      expectStack(await rejection(whoAsks()), 'fail', "asked for 'fail'", 'whoAsks')
    })

    test('hop by hop, where the asker is an actor that fails of it', async () => {
      const relay = system.spawn(Thrower, [], { name: 'relay', placement: 'here', backoff })
      const { stack = '' } = (await rejection(relay.ask.relay(thrower, "one of Troupe's"))) as Error
      const threads = world.threads === 0 ? [1, 1, 1] : [2, 1, 1]
      expect(stack).toContain(`-- asked for 'fail' of /thrower on thread ${threads[0]}, from /relay on thread 1 --`)
      expect(stack.slice(stack.indexOf('from /relay'))).toMatch(/at (async )?relay \(/)
    })
  })

  test('an answer is what it was when it was given, whatever the actor does afterwards', async () => {
    const answer = thrower.ask.list()
    thrower.tell.push(1)
    thrower.tell.push(2)
    const length = await answer
    expect(length).toEqual([])
  })
})

describe('what a handler throws is the reason that others hear on other threads', () => {
  let system: ActorSystem
  const events: SystemEvent[] = []

  const reasonIn = (type: SystemEvent['type'], path: string): unknown => {
    const event = events.find((candidate) => candidate.type === type && 'path' in candidate && candidate.path === path)
    if (event === undefined) throw new Error(`no ${type} of ${path}`)
    return ((event as { readonly reason?: unknown }).reason as { readonly error: unknown }).error
  }

  beforeAll(async () => {
    system = await createSystem({ threads: 1, signals: false, log: 'silent', spare: false })
    system.events.on('all', (event) => events.push(event))
  })

  afterAll(async () => {
    expect(events.filter(({ type }) => type === 'thread-lost')).toEqual([])
    await system.shutdown()
  })

  test.each(names)('in `down` and in a dead letter: %s', async (name) => {
    const watcher = system.spawn(Watcher, [], { placement: 'here' })
    const mortal = system.spawn(Thrower, [], { restart: 'temporary' })
    await watcher.ask.watch(mortal)
    mortal.tell.fail(name)
    const reason = (await watcher.with(PATIENCE).ask.down()) as ExitReason & { readonly error: unknown }
    expect(reason.kind).toBe('failure')
    const letters = await eventually(async () => {
      const found = await system.deadLetters.ask.recent({ actor: mortal.path })
      expect(found).toHaveLength(1)
      return found
    })
    expect(letters[0]).toMatchObject({ handler: 'fail', reason: 'failed', args: [name] })
    if (isNothing(name)) expect([reason.error, letters[0]?.error]).toEqual([oddThing(name), oddThing(name)])
    else {
      expectArrival(name, reason.error)
      expectArrival(name, letters[0]?.error)
    }
  })

  test.each(names)('in events, from the thread of the parent: %s', async (name) => {
    const far = system.spawn(Thrower, [], { backoff })
    const nursery = system.spawn(Nursery, [], { name: `nursery-${names.indexOf(name)}` })
    far.tell.fail(name)
    const near = await nursery.ask.bear(name)
    const [restarted, parked] = await eventually(() => [reasonIn('restarted', far.path), reasonIn('parked', near)])
    if (isNothing(name)) expect([restarted, parked]).toEqual([oddThing(name), oddThing(name)])
    else for (const error of [restarted, parked]) expectArrival(name, error)
  })
})

test('an error gets through a ring that has no room for all of it, with class and code', async () => {
  await withSystem({ threads: 1, ringBytes: 8_192 }, async (system) => {
    const thrower = system.spawn(Thrower, [], { name: 'thrower', backoff })
    const thread = await thrower.ask.thread()
    for (const name of names) {
      const error = await rejection(thrower.ask.fail(name))
      const arrival = arrivals[name as keyof typeof arrivals] as object | undefined
      for (const key of ['constructor', 'code']) {
        if (typeof arrival === 'object' && Object.hasOwn(arrival, key)) {
          expect((error as Record<string, unknown>)[key], name).toBe(Reflect.get(arrival, key))
        }
      }
    }
    const huge = (await rejection(thrower.ask.fail('an error with a huge message'))) as Error
    expect(huge.message).toMatch(/^x{50,}/)
    expect(huge.stack).toContain("asked for 'fail'")
    expect(await thrower.with(PATIENCE).ask.thread()).toBe(thread)
  })
})

test('what failed the root arrives at `terminated` with class, code and properties', async () => {
  const system = await createSystem({ threads: 1, signals: false, log: 'silent', spare: false })
  const thrower = system.spawn(Thrower, [])
  await thrower.ready()
  thrower.tell.fail("a subclass of one of Troupe's")
  thrower.tell.fail("a subclass of one of Troupe's")
  const error = (await rejection(system.terminated)) as Error
  process.exitCode = 0
  expect(error).toMatchObject({ code: 'root-failed' })
  expectArrival("a subclass of one of Troupe's", error.cause)
})
