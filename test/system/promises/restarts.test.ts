import { createSystem } from 'troupe'
import { describe, expect, it } from 'vitest'
import { Ordered, Scribe, Stillborn } from '#fixtures/promises/scribe.actor'
import { eventually } from '../../support/eventually.ts'
import { withSystem } from '../../support/with-system.ts'

const soon = { minMs: 1, maxMs: 1 }

describe.each([0, 2])('a restart, with %i worker threads', (threads) => {
  it('keeps the address, the mailbox and the stash', () =>
    withSystem({ threads }, async (system) => {
      const scribe = system.spawn(Scribe, [], { backoff: soon })
      const { address } = scribe.toJSON()
      await scribe.ask.pause()
      scribe.tell.note('stashed')
      const nap = scribe.ask.nap(20)
      scribe.tell.fail('now')
      scribe.tell.note('waiting')
      await nap
      scribe.tell.goOn() // the new incarnation is not paused, but the stash is still there
      await eventually(async () => expect(await scribe.ask.noted()).toEqual(['waiting', 'stashed']))
      expect(scribe.toJSON().address).toBe(address)
    }))

  it.each([
    ['drop', 'failed', 1],
    ['quarantine', 'quarantined', 1],
  ] as const)("with onFailure.message '%s' makes the failing message a dead letter: %s", (message, reason, count) =>
    withSystem({ threads }, async (system) => {
      const scribe = system.spawn(Scribe, [], { backoff: soon, onFailure: { message } })
      await expect(scribe.ask.fail('mine')).rejects.toThrow('mine')
      const [letter] = await eventually(async () => {
        const letters = await system.deadLetters.ask.recent({ reason })
        expect(letters.length).toBe(count)
        return letters
      })
      expect(letter).toMatchObject({ actor: scribe.path, handler: 'fail', args: ['mine'], error: { message: 'mine' } })
    }),
  )

  it("with onFailure.message 'retry' hands the message over again, then quarantines it", () =>
    withSystem({ threads }, async (system) => {
      const onFailure = { message: 'retry', retriesMax: 2 } as const
      const scribe = system.spawn(Scribe, [], { backoff: soon, onFailure })
      expect(await scribe.ask.deliveries(2)).toBe(3)
      await expect(scribe.ask.deliveries(3)).rejects.toThrow('delivery 3')
      expect((await system.account()).deadLettersByReason.quarantined).toBe(1)
    }))

  it('that never succeeds parks the actor: asks fail at once, tells are refused, until it is unparked', () =>
    withSystem({ threads }, async (system) => {
      const scribe = system.spawn(Scribe, [], { name: 'parked', backoff: { ...soon, restartsMax: 0 } })
      await scribe.ask.fail('once').catch(() => {})
      await eventually(() => {
        expect(system.inspect().actors.find(({ path }) => path === '/parked')?.state).toBe('parked')
      })
      expect(scribe.tell.note(1)).toBe('actor-stopped')
      await expect(scribe.ask.noted()).rejects.toMatchObject({
        code: 'actor-parked',
      })
      expect(await system.unpark('/parked')).toBe(true)
      await scribe.ready()
      expect(await scribe.ask.noted()).toEqual([])
    }))

  it('is not tried after an error that must not be retried', () =>
    withSystem({ threads }, async (system) => {
      const parked: string[] = []
      system.events.on('parked', ({ path }) => parked.push(path))
      const actor = system.spawn(Stillborn, [], { name: 'never', backoff: soon, parkOn: ['cannot-be'] })
      await expect(actor.ready()).rejects.toMatchObject({ code: 'actor-parked' })
      await eventually(() => expect(parked).toEqual(['/never']))
    }))
})

describe.each([0, 2])('the root, with %i worker threads', (threads) => {
  it('that is failed once more than its window allows ends the system, with the chain of causes', async () => {
    const system = await createSystem({ threads, signals: false, log: 'silent', spare: false })
    const exitCode = process.exitCode
    const scribe = system.spawn(Scribe, [])
    scribe.tell.fail('first')
    scribe.tell.fail('second')
    await expect(system.terminated).rejects.toMatchObject({
      code: 'root-failed',
      message: expect.stringContaining('second'),
      cause: expect.objectContaining({ message: 'second' }),
    })
    expect(process.exitCode).toBe(1)
    process.exitCode = exitCode
    await system.shutdown()
  })

  it("keeps the rest with onRootFailure: 'stop-child'", () =>
    withSystem({ threads, onRootFailure: 'stop-child' }, async (system) => {
      const bad = system.spawn(Scribe, [])
      const good = system.spawn(Scribe, [])
      bad.tell.fail('first')
      bad.tell.fail('second')
      await eventually(() => expect(bad.tell.note(1)).toBe('actor-stopped'))
      good.tell.note(1)
      expect(await good.ask.noted()).toEqual([1])
    }))
})

describe.each([0, 2])('an actor that stops, with %i worker threads', (threads) => {
  it('awaits `stop`, after its children have stopped, the last started first', () =>
    withSystem({ threads }, async (system) => {
      const listener = system.spawn(Scribe, [])
      const parent = system.spawn(Ordered, [listener, 'parent', ['a', 'b', 'c']], { restart: 'transient' })
      await parent.ready()
      parent.tell.quit()
      const inOrder = ['c', 'b', 'a', 'parent'].flatMap((label) => [`${label} begins`, `${label} ends`])
      await eventually(async () => expect(await listener.ask.noted()).toEqual(inOrder))
    }))
})
