import { defineActor, implement, UsageError } from 'troupe'
import { describe, expect, it } from 'vitest'
import { startSystem } from './support/start-system.ts'

const module = import.meta.url
const good = { name: 'Good', module, start: () => ({}), on: {} }

describe('a definition', () => {
  it.each([
    ['no object', undefined, 'invalid-definition', /object|name/],
    ['no name', { ...good, name: undefined }, 'invalid-definition', /name must be 1 to 100/],
    ['an empty name', { ...good, name: '' }, 'invalid-definition', /name/],
    ['a name with other signs', { ...good, name: 'a/b' }, 'invalid-definition', /a\/b/],
    ['a name that is too long', { ...good, name: 'x'.repeat(101) }, 'invalid-definition', /100/],
    ['no module', { ...good, module: undefined }, 'invalid-definition', /import\.meta\.url/],
    ['a module that is no URL', { ...good, module: './a.ts' }, 'invalid-definition', /'?\.\/a\.ts/],
    ['no start', { ...good, start: undefined }, 'invalid-definition', /start/],
    ['no handlers', { ...good, on: undefined }, 'invalid-definition', /on must be/],
    ['a handler that is no function', { ...good, on: { add: 1 } }, 'invalid-definition', /'add'/],
    ['a stop that is no function', { ...good, stop: true }, 'invalid-definition', /stop/],
    ['a sizeOf that is no function', { ...good, sizeOf: 64 }, 'invalid-definition', /sizeOf/],
    ['a signal that is no function', { ...good, signals: { down: 1 } }, 'invalid-definition', /down/],
    ['an unknown signal', { ...good, signals: { dwon() {} } }, 'unknown-option', /dwon.*down, exit/],
    ['an unknown key', { ...good, onStop() {} }, 'unknown-option', /onStop/],
    ['no concurrency', { ...good, concurrency: 0 }, 'invalid-option', /concurrency.*1 to 1000000.*0/],
    ['half a message at a time', { ...good, concurrency: 1.5 }, 'invalid-option', /concurrency/],
    ['streamsMax below 0', { ...good, streamsMax: -1 }, 'invalid-option', /streamsMax/],
    ['handlerMs of 0', { ...good, handlerMs: 0 }, 'invalid-option', /handlerMs/],
    ['attributeErrors of another type', { ...good, attributeErrors: 'yes' }, 'invalid-option', /attributeErrors/],
    ['an unknown strategy', { ...good, supervise: { strategy: 'all' } }, 'invalid-option', /strategy/],
    ['an unknown key in supervise', { ...good, supervise: { restarts: 1 } }, 'unknown-option', /restarts/],
    ['too many handlers', { ...good, on: manyHandlers(4_096) }, 'invalid-definition', /4095.*4096/],
  ])('is refused with %s', (_, behavior, code, message) => {
    for (const define of [defineActor, implement()] as ((behavior: unknown) => unknown)[]) {
      const attempt = (): unknown => define(behavior)
      expect(attempt).toThrow(UsageError)
      expect(attempt).toThrow(message)
      expect(attempt).toThrow(expect.objectContaining({ code }))
    }
  })

  it.each(['then', 'constructor', 'toJSON', 'toString', 'valueOf', 'prototype'])(
    'is refused with a handler that JavaScript looks for itself: %s',
    (name) => {
      expect(() => defineActor({ ...good, on: { [name]: () => 1 } })).toThrow(
        expect.objectContaining({ code: 'reserved-handler-name', message: expect.stringContaining(`'${name}'`) }),
      )
    },
  )

  it('may have 4,095 handlers, all of which can be called', async () => {
    const { system } = await startSystem()
    const many = system.spawn(defineActor({ ...good, on: manyHandlers(4_095) }), [])
    const ask = many.ask as unknown as Record<string, () => Promise<number>>
    expect(await ask['h0']?.()).toBe(0)
    expect(await ask['h4094']?.()).toBe(4_094)
  })

  it('leaves the object that it was given alone', () => {
    const behavior = Object.freeze({ ...good, on: Object.freeze({ add: () => {} }) })
    expect(() => defineActor(behavior)).not.toThrow()
  })
})

describe('spawn', () => {
  it.each([
    [undefined, 'not-a-definition'],
    [good, 'not-a-definition'],
  ])('refuses what is no definition: %j', async (definition, code) => {
    const { system } = await startSystem()
    expect(() => system.spawn(definition as never, [])).toThrow(expect.objectContaining({ code }))
  })

  it.each([
    [undefined, 'invalid-args'],
    ['args', 'invalid-args'],
  ])('refuses arguments that are no array: %j', async (args, code) => {
    const { system } = await startSystem()
    expect(() => system.spawn(defineActor(good), args as never)).toThrow(expect.objectContaining({ code }))
  })

  it.each([
    [{ name: '' }, 'invalid-name', /1 to 200/],
    [{ name: 'a/b' }, 'invalid-name', /a\/b/],
    [{ name: 'x'.repeat(201) }, 'invalid-name', /200/],
    [{ name: 5 }, 'invalid-name', /5/],
    [{ restart: 'always' }, 'invalid-option', /restart.*'permanent'.*got 'always'/],
    [{ shutdownMs: -1 }, 'invalid-option', /shutdownMs/],
    [{ significant: true }, 'invalid-option', /significant/],
    [{ significant: true, restart: 'transient' }, 'invalid-option', /autoShutdown/],
    [{ backoff: { minMs: 0 } }, 'invalid-option', /minMs/],
    [{ onFailure: { message: 'ignore' } }, 'invalid-option', /message/],
    [{ parkOn: 'EACCES' }, 'invalid-option', /parkOn/],
    [{ placement: 'there' }, 'invalid-option', /placement.*there/],
    [{ placement: { key: 5 } }, 'invalid-option', /placement/],
    [{ restarts: 1 }, 'unknown-option', /restarts/],
  ])('refuses the options %j', async (options, code, message) => {
    const { system } = await startSystem()
    const attempt = (): unknown => system.spawn(defineActor(good), [], options as never)
    expect(attempt).toThrow(UsageError)
    expect(attempt).toThrow(message)
    expect(attempt).toThrow(expect.objectContaining({ code }))
  })

  it('refuses a name that a sibling has, and takes it again when that one has stopped', async () => {
    const { system, settle } = await startSystem()
    const Ending = defineActor({ ...good, name: 'Ending', on: { end: (self) => self.stop() } })
    const first = system.spawn(Ending, [], { name: 'a', restart: 'temporary' })
    expect(() => system.spawn(Ending, [], { name: 'a' })).toThrow(expect.objectContaining({ code: 'name-taken' }))
    first.tell.end()
    await settle()
    const second = system.spawn(Ending, [], { name: 'a' })
    expect(second.path).toBe('/a')
    expect(second.equals(first)).toBe(false)
    expect(first.tell.end()).toBe('actor-stopped')
  })

  it('answers a ref at once, which takes messages before its actor has started', async () => {
    const { system } = await startSystem()
    const Slow = defineActor({
      ...good,
      name: 'Slow',
      start: async () => {
        await null
        return { seen: [] as number[] }
      },
      on: {
        note: (self, n: number) => void self.state.seen.push(n),
        seen: (self) => self.state.seen,
      },
    })
    const slow = system.spawn(Slow, [])
    expect(slow.tell.note(1)).toBe('accepted')
    expect(await slow.ask.seen()).toEqual([1])
  })

  it('keeps the arguments for every restart, whatever becomes of the array that was passed', async () => {
    const { system } = await startSystem()
    const Plain = defineActor({
      ...good,
      name: 'Plain',
      start: (_self, a: number, b: number) => ({ sum: a + b }),
      on: {
        sum: (self) => self.state.sum,
        fail() {
          throw new Error('told to')
        },
      },
    })
    const args: [number, number] = [1, 2]
    const plain = system.spawn(Plain, args)
    args[0] = 100
    await plain.ask.fail().catch(() => {})
    expect(await plain.ask.sum()).toBe(3)
  })
})

describe('a ref', () => {
  it('shows its path when printed, and its address as JSON', async () => {
    const { system } = await startSystem()
    const ref = system.spawn(defineActor(good), [], { name: 'gate' })
    expect(`${String(ref)} ${JSON.stringify(ref)}`).toMatch(
      /ActorRef\(\/gate\) \{"actor":"\/gate","address":"\d+\.\d+"\}/,
    )
  })

  it('equals another ref to the same actor, and nothing else', async () => {
    const { system } = await startSystem()
    const [a, b] = ['a', 'b'].map((name) => system.spawn(defineActor(good), [], { name }))
    expect(a?.equals(await system.whereis('a'))).toBe(true)
    expect([b, undefined, null, {}, a?.toJSON()].map((other) => a?.equals(other))).toEqual([
      false,
      false,
      false,
      false,
      false,
    ])
  })
})

describe('whereis', () => {
  it('finds actors by name and by path, and nobody under a wrong one', async () => {
    const { system } = await startSystem()
    const Leaf = defineActor({ ...good, name: 'Leaf' })
    const Branch = defineActor({
      ...good,
      name: 'Branch',
      start: (self) => void self.spawn(Leaf, [], { name: 'leaf' }),
      on: { find: async (self, path: string) => (await self.whereis(path))?.path },
    })
    const branch = system.spawn(Branch, [], { name: 'branch' })
    await branch.ready()
    expect((await system.whereis('branch'))?.path).toBe('/branch')
    expect((await system.whereis('/branch/leaf'))?.path).toBe('/branch/leaf')
    expect(await branch.ask.find('branch/leaf')).toBe('/branch/leaf')
    for (const path of ['leaf', '/branch/leaf/more', '/nobody']) expect(await system.whereis(path)).toBeUndefined()
    await expect(system.whereis(5 as never)).rejects.toBeInstanceOf(UsageError)
  })
})

function manyHandlers(count: number): Record<string, () => number> {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`h${n}`, () => n]))
}
