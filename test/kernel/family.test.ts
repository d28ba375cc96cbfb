import { defineActor } from 'troupe'
import { describe, expect, it } from 'vitest'
import { startSystem } from './support/start-system.ts'

const module = import.meta.url

const Leaf = defineActor({
  name: 'Leaf',
  module,
  start: () => ({}),
  on: { ping: () => 'pong', end: (self) => self.stop() },
})

const Nursery = defineActor({
  name: 'Nursery',
  module,
  start: () => ({}),
  on: {
    raise(self, count: number, isNamed: boolean) {
      for (let n = 0; n < count; n++) {
        if (isNamed) self.spawn(Leaf, [], { name: `leaf-${n}`, restart: 'temporary' })
        else self.spawn(Leaf, [], { restart: 'temporary' })
      }
    },
    end: (self) => self.stop(),
  },
})

/** Milliseconds of this process's own time that raising and stopping so many children takes. */
async function cost(count: number, isNamed: boolean): Promise<number> {
  const { system, account, settle } = await startSystem({ actorsMax: 2 ** 17 })
  const others = system.inspect().actors.length
  const { user: before } = process.cpuUsage()
  const nursery = system.spawn(Nursery, [], { restart: 'temporary', name: 'nursery' })
  await nursery.with({ deadlineMs: 60_000 }).ask.raise(count, isNamed)
  await settle()
  expect(system.inspect().actors.length).toBe(others + count + 1) // and the nursery
  if (isNamed) expect((await system.whereis(`/nursery/leaf-${count - 1}`))?.path).toBe(`/nursery/leaf-${count - 1}`)
  nursery.tell.end()
  while (nursery.tell.end() !== 'actor-stopped') await settle()
  await settle()
  const { user: after } = process.cpuUsage()
  expect(system.inspect().actors.length).toBe(others)
  await account()
  return (after - before) / 1_000
}

describe('a parent', () => {
  it.each([false, true])(
    'of 100,000 children costs as much for each as one of 10,000 (named: %s)',
    { timeout: 60_000 },
    async (isNamed) => {
      await cost(10_000, isNamed) // warm
      const small = await cost(10_000, isNamed)
      const large = await cost(100_000, isNamed)
      // Linear would be 10 times; what is quadratic takes 100 times.
      expect(large / small).toBeLessThan(35)
    },
  )

  it('gives addresses free when children end: more come and go than there is room for', async () => {
    const { system, settle } = await startSystem({ actorsMax: 64 })
    for (let round = 0; round < 20; round++) {
      const leaves = Array.from({ length: 50 }, () => system.spawn(Leaf, [], { restart: 'temporary' }))
      expect(await Promise.all(leaves.map((leaf) => leaf.ask.ping()))).toEqual(leaves.map(() => 'pong'))
      for (const leaf of leaves) leaf.tell.end()
      await settle()
    }
  })

  it('is told when there is no address left, and nothing is lost by that', async () => {
    const { system, settle } = await startSystem({ actorsMax: 64 })
    const refs = []
    let code: string | undefined
    try {
      for (;;) refs.push(system.spawn(Leaf, [], { restart: 'temporary' }))
    } catch (error) {
      code = (error as { code: string }).code
    }
    expect(code).toBe('too-many-actors')
    expect(refs.length).toBeGreaterThan(50)
    refs[0]?.tell.end()
    await settle()
    expect(await system.spawn(Leaf, []).ask.ping()).toBe('pong')
  })

  it('takes back what has a name that is taken: the address is free again', async () => {
    const { system } = await startSystem({ actorsMax: 64 })
    system.spawn(Leaf, [], { name: 'one' })
    for (let n = 0; n < 200; n++) {
      expect(() => system.spawn(Leaf, [], { name: 'one' })).toThrow(expect.objectContaining({ code: 'name-taken' }))
    }
    expect(await system.spawn(Leaf, []).ask.ping()).toBe('pong')
  })
})
