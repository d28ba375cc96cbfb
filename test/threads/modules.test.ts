import { type ActorDefinition, type ActorSystem, createSystem, defineActor } from 'troupe'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Patient } from '#fixtures/threads/patient.actor'
import { until } from '../support/until.ts'

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
  const ghost = system.spawn(definedIn(module), [], options)
  await expect(ghost.ready()).rejects.toMatchObject({ code: expect.stringMatching(/^actor-(parked|stopped)$/) })
  await expect(ghost.ready()).rejects.toThrow()
  const letters = (): number => system.inspect().actors.filter(({ state }) => state === 'parked').length
  await until(() => letters() === 1, 'it is parked')
  expect(restarts).toEqual([])
  expect(code).toMatch(/^(module|definition)-/)
})

const [major, minor] = process.versions.node.split('.').map(Number) as [number, number]
const runsTypeScript = major > 22 || (major === 22 && minor >= 18)

test.runIf(runsTypeScript)('an actor module in TypeScript works unbuilt', async () => {
  const module = new URL('../fixtures/threads/patient.actor.ts', import.meta.url).href
  const { name } = Patient
  const patient = system.spawn({ ...Patient, module, name } as typeof Patient, [5], options)
  expect(await patient.ask.total()).toBe(5)
})

test.skipIf(runsTypeScript)(
  'an actor module in TypeScript is refused by a Node that cannot run it, with what to do',
  async () => {
    const module = new URL('../fixtures/threads/patient.actor.ts', import.meta.url).href
    const ghost = system.spawn({ ...Patient, module } as typeof Patient, [5], options)
    await expect(ghost.ready()).rejects.toThrow(/22\.18/)
  },
)
