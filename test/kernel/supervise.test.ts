import { type ActorRef, defineActor, type SpawnOptions, type SuperviseOptions } from 'troupe'
import { describe, expect, it } from 'vitest'
import { startSystem } from './support/start-system.ts'

const module = import.meta.url

interface ChildProtocol {
  fail(): void
  end(): void
}

const Child = defineActor({
  name: 'Child',
  module,
  start: (_self, log: string[], name: string) => {
    log.push(`start ${name}`)
    return { log, name }
  },
  on: {
    fail(self) {
      throw new Error(`${self.state.name} was told to`)
    },
    end: (self) => self.stop(),
  },
  stop: ({ state }, { kind }) => void (kind === 'shutdown' && state.log.push(`stop ${state.name}`)),
})

type ChildRef = ActorRef<ChildProtocol>

/** A parent that supervises its children like this, and what happens to them. */
async function family(supervise: SuperviseOptions | undefined, children: Readonly<Record<string, SpawnOptions>>) {
  const bed = await startSystem()
  const log: string[] = []
  const Parent = defineActor({
    name: 'Parent',
    module,
    ...(supervise === undefined ? {} : { supervise }),
    start: (self) => {
      const refs = Object.entries(children).map(([name, options]) =>
        self.spawn(Child, [log, name], { name, ...options }),
      )
      return { refs }
    },
    on: { refs: (self) => self.state.refs },
  })
  const parent = bed.system.spawn(Parent, [], { name: 'parent', restart: 'temporary' })
  const [a, b, c] = (await parent.ask.refs()) as unknown as [ChildRef, ChildRef, ChildRef]
  const take = async (): Promise<string[]> => {
    await bed.settle()
    return log.splice(0)
  }
  await take()
  const hasParent = async (): Promise<boolean> => (await bed.system.whereis('parent')) !== undefined
  return { ...bed, a, b, c, take, hasParent }
}

const abc = { a: {}, b: {}, c: {} }

describe('what a definition says of its children', () => {
  it.each([
    [undefined, ['start b']],
    ['one-for-one', ['start b']],
    ['rest-for-one', ['stop c', 'start b', 'start c']],
    ['one-for-all', ['stop c', 'stop a', 'start a', 'start b', 'start c']],
  ] as const)('strategy: %s, when the second of three fails', async (strategy, happens) => {
    const { b, take } = await family(strategy === undefined ? undefined : { strategy }, abc)
    b.tell.fail()
    expect(await take()).toEqual(happens)
  })

  it.each([
    [undefined, 1],
    [{ restartsMax: 0 }, 0],
    [{ restartsMax: 3 }, 3],
  ])(
    'restartsMax: with %j it takes %i failures of all children together, and one more is its own',
    async (supervise, count) => {
      const { a, b, take, hasParent, events } = await family(supervise, abc)
      for (let n = 0; n < count; n++) {
        ;[a, b][n % 2]?.tell.fail()
        expect(await take()).toHaveLength(1)
      }
      a.tell.fail()
      expect((await take()).filter((entry) => entry.startsWith('stop'))).toEqual(['stop c', 'stop b'])
      expect(await hasParent()).toBe(false)
      expect(events.filter(({ type }) => type === 'escalated')).toMatchObject([{ path: '/parent' }])
    },
  )

  it.each([
    [undefined, 5_000],
    [{ windowMs: 200 }, 200],
  ])('windowMs: with %j failures are forgotten after %i ms', async (supervise, windowMs) => {
    const { a, advance, hasParent } = await family(supervise, abc)
    for (let n = 0; n < 4; n++) {
      a.tell.fail()
      await advance(windowMs + 1)
    }
    expect(await hasParent()).toBe(true)
    a.tell.fail()
    await advance(windowMs - 1)
    expect(await hasParent()).toBe(true)
    a.tell.fail()
    await advance(1)
    expect(await hasParent()).toBe(false)
  })

  it("onExceeded: 'stop-child' ends the child that fails too often, and nobody else", async () => {
    const { a, b, take, hasParent } = await family({ restartsMax: 0, onExceeded: 'stop-child' }, abc)
    b.tell.fail()
    expect(await take()).toEqual([])
    expect(await hasParent()).toBe(true)
    expect([a.tell.end(), b.tell.end()]).toEqual(['accepted', 'actor-stopped'])
  })

  const significant = { restart: 'transient', significant: true } as const

  it.each([
    ['any-significant', 1],
    ['all-significant', 2],
  ] as const)(
    'autoShutdown: %s ends it when %i of its two significant children have ended',
    async (autoShutdown, count) => {
      const children = { a: significant, b: {}, c: significant }
      const { a, c, take, hasParent } = await family({ autoShutdown }, children)
      for (const [n, child] of [a, c].slice(0, count).entries()) {
        expect(await hasParent()).toBe(true)
        child.tell.end()
        const stopped = (await take()).includes('stop b')
        expect(stopped).toBe(n === count - 1)
      }
      expect(await hasParent()).toBe(false)
    },
  )

  it('autoShutdown: a child that is not significant may end', async () => {
    const { a, b, take, hasParent } = await family(
      { autoShutdown: 'any-significant' },
      { a: significant, b: { restart: 'transient' } },
    )
    b.tell.end()
    expect(await take()).toEqual([])
    expect(await hasParent()).toBe(true)
    a.tell.end()
    await take()
    expect(await hasParent()).toBe(false)
  })
})
