import { type ActorSystem, createSystem } from 'troupe'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Scribe, Stillborn } from '#fixtures/promises/scribe.actor'
import { eventually } from '../../support/eventually.ts'

describe.each([0, 1])('what goes wrong at first is said clearly, with %i worker threads', (threads) => {
  let system: ActorSystem

  beforeAll(async () => {
    system = await createSystem({ threads, signals: false, log: 'silent', spare: false })
  })
  afterAll(() => system.shutdown())

  it.each([
    [{ nmae: 'x' }, "did you mean 'name'"],
    [{ placment: 'any' }, 'placement'],
    [{ mailBox: {} }, "did you mean 'mailbox'"],
  ])('spawn with %j', (options, said) => {
    expect(() => system.spawn(Scribe, [], options as never)).toThrow(said)
  })

  it('a promise in a message is to be awaited', async () => {
    const scribe = system.spawn(Scribe, [], { placement: threads === 0 ? 'here' : 'any' })
    if (threads > 0) expect(() => scribe.tell.note(Promise.resolve(1))).toThrow('await it first')
    await scribe.ready()
  })

  it('a parked actor is said to be parked, and why', async () => {
    const actor = system.spawn(Stillborn, [], { name: 'parked', parkOn: ['cannot-be'], backoff: {} })
    await actor.ready().catch(() => {})
    await eventually(() => {
      expect(system.inspect().actors.find(({ path }) => path === '/parked')?.state).toBe('parked')
    })
    await expect(actor.ready()).rejects.toMatchObject({
      code: 'actor-parked',
      message: '/parked is parked: start-failed: Error: no',
    })
    await expect(actor.ask.greet()).rejects.toMatchObject({ code: 'actor-parked' })
  })
})
