import { type ActorDefinition, type ActorSystem, createSystem, defineActor } from 'troupe'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Origin } from '#fixtures/threads/origin.actor'
import { Reloaded } from '#fixtures/threads/reloaded.actor'

let system: ActorSystem
const restarts: unknown[] = []

beforeEach(async () => {
  restarts.length = 0
  system = await createSystem({ threads: 1, log: 'silent' })
  system.events.on('restarted', (event) => restarts.push(event))
})

afterEach(() => system.shutdown())

/** Defined on this thread, not where it says. */
function definedIn(module: string): ActorDefinition<[], object> {
  return defineActor({ name: 'Ghost', module, start: () => ({}), on: {} })
}

const options = { backoff: { minMs: 1, maxMs: 2 } }

test.each([
  ['a module that is not there', new URL('./no-such-module.js', import.meta.url).href, 'module-not-loaded'],
  ['a module without that definition', import.meta.resolve('#fixtures/threads/nothing'), 'definition-missing'],
])('%s: ready() rejects, and it is never tried again', async (_what, module, code) => {
  const parked = new Promise((resolve) => system.events.on('parked', resolve))
  const ghost = system.spawn(definedIn(module), [], { ...options, name: 'ghost' })
  await expect(ghost.ready()).rejects.toMatchObject({ code: expect.stringMatching(/^actor-(parked|stopped)$/) })
  expect(await parked).toMatchObject({ path: '/ghost', reason: { kind: 'start-failed', error: { code } } })
  await expect(ghost.ready()).rejects.toThrow()
  expect(system.inspect().actors.find(({ path }) => path === '/ghost')?.state).toBe('parked')
  expect(restarts).toEqual([])
})

const [major, minor] = process.versions.node.split('.').map(Number) as [number, number]
const runsTypeScript = major > 22 || (major === 22 && minor >= 18)

const unbuilt = new URL('../fixtures/threads/origin.actor.ts', import.meta.url).href

test.runIf(runsTypeScript)('an actor module in TypeScript works unbuilt', async () => {
  const origin = system.spawn({ ...Origin, module: unbuilt } as typeof Origin, [], options)
  expect(await origin.ask.origin()).toBe(unbuilt)
})

test.skipIf(runsTypeScript)(
  'an actor module in TypeScript is refused by a Node that cannot run it, with what to do',
  async () => {
    const ghost = system.spawn({ ...Origin, module: unbuilt } as typeof Origin, [], options)
    await expect(ghost.ready()).rejects.toThrow(/22\.18/)
  },
)

test('a thread that replaces another one loads the modules of its actors anew', async () => {
  const reloaded = system.spawn(Reloaded, [], options)
  expect([await reloaded.ask.count(), await reloaded.ask.count()]).toEqual([1, 2])
  expect(await system.killThread(reloaded as never)).toBe(true)
  expect(await reloaded.ask.count()).toBe(1)
})
