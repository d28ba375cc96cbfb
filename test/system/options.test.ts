import { createSystem } from 'troupe'
import { describe, expect, it } from 'vitest'
import { Scribe } from '#fixtures/promises/scribe.actor'
import { eventually } from '../support/eventually.ts'
import { withSystem } from '../support/with-system.ts'

describe.each([0, 2])('createSystem, with %i worker threads', (threads) => {
  it('supervise.strategy says who comes back with a top-level actor', () =>
    withSystem({ threads, supervise: { strategy: 'one-for-all', restartsMax: 5 } }, async (system) => {
      const [failing, other] = [system.spawn(Scribe, []), system.spawn(Scribe, [])]
      await other.ask.note('lost with the state')
      failing.tell.fail('now')
      await eventually(async () => expect(await other.ask.noted()).toEqual([]))
    }))

  it('supervise.restartsMax says how often top-level actors may fail', async () => {
    const supervise = { restartsMax: 3, windowMs: 600_000 }
    const system = await createSystem({ threads, supervise, signals: false, log: 'silent', spare: false })
    const { exitCode } = process
    const scribe = system.spawn(Scribe, [])
    for (const n of [1, 2, 3]) await scribe.ask.fail(`${n}`).catch(() => {})
    expect(await scribe.ask.noted()).toEqual([])
    scribe.tell.fail('once too often')
    const said = 'failed more than 3 times in 600000 ms'
    await expect(system.terminated).rejects.toMatchObject({ message: expect.stringContaining(said) })
    process.exitCode = exitCode
    await system.shutdown()
  })

  it('supervise.windowMs says when that is forgotten', () =>
    withSystem({ threads, supervise: { windowMs: 1 } }, async (system) => {
      const scribe = system.spawn(Scribe, [])
      for (let n = 0; n < 5; n++) {
        await scribe.ask.fail(`${n}`).catch(() => {})
        await scribe.ask.nap(5)
      }
      expect(await scribe.ask.noted()).toEqual([])
    }))

  it('deadLettersKept says how many dead letters are kept', () =>
    withSystem({ threads, deadLettersKept: 2, supervise: { restartsMax: 100 } }, async (system) => {
      const scribe = system.spawn(Scribe, [])
      for (let n = 0; n < 5; n++) scribe.tell.fail(`${n}`)
      await eventually(async () => {
        const letters = await system.deadLetters.ask.recent()
        expect(letters.map(({ args }) => args)).toEqual([['3'], ['4']])
      })
    }))
})

describe('createSystem', () => {
  it.each([
    [2 ** 13, 2 ** 10 - 64, 2 ** 10],
    [2 ** 16, 2 ** 13 - 64, 2 ** 13],
  ])('ringBytes: %i take messages of %i bytes, and none of %i, to another thread', (ringBytes, fits, tooLarge) =>
    withSystem({ threads: 1, ringBytes }, async (system) => {
      const scribe = system.spawn(Scribe, [])
      await scribe.ready()
      expect(scribe.tell.note('x'.repeat(fits))).toBe('accepted')
      const tell = (): unknown => scribe.tell.note('x'.repeat(tooLarge))
      expect(tell).toThrow(expect.objectContaining({ code: 'message-too-large' }))
      expect((await scribe.ask.noted()).length).toBe(1)
    }),
  )

  it('log: a level alone is short for that level to standard error; left out it is warn', async () => {
    for (const [log, level] of [
      ['error', 'error'],
      [undefined, 'warn'],
      [{ level: 'info' }, 'info'],
    ] as const) {
      const system = await createSystem({ threads: 0, signals: false, ...(log === undefined ? {} : { log }) })
      expect(system.options.log).toEqual({ level, destination: 2 })
      await system.shutdown()
    }
  })
})
