import { describe, expect, it } from 'vitest'
import { Scribe } from '#fixtures/promises/scribe.actor'
import { eventually } from '../../support/eventually.ts'
import { withSystem } from '../../support/with-system.ts'

describe.each([0, 2])('an ask, with %i worker threads', (threads) => {
  it('ends at its deadline; the late answer is counted and dropped', () =>
    withSystem({ threads }, async (system) => {
      const scribe = system.spawn(Scribe, [])
      await scribe.ready()
      // One that is over before it arrives has no answer at all.
      await eventually(async () => {
        await expect(scribe.with({ deadlineMs: 50 }).ask.nap(100)).rejects.toMatchObject({ code: 'ask-timeout' })
        expect(system.metrics()).toMatch(/troupe_late_replies_total\{[^}]*\} [1-9]/)
      })
    }))

  it('ends when its signal is aborted, and the receiver is told', () =>
    withSystem({ threads }, async (system) => {
      const [scribe, listener] = [system.spawn(Scribe, []), system.spawn(Scribe, [])]
      const abort = new AbortController()
      const ask = scribe.with({ signal: abort.signal }).ask.napUntilCancelled(listener)
      ask.catch(() => {})
      await eventually(async () => expect(await listener.ask.noted()).toEqual(['napping']))
      abort.abort(new Error('enough'))
      await expect(ask).rejects.toThrow('enough')
      await eventually(async () => expect(await listener.ask.noted()).toEqual(['napping', 'cancelled']))
    }))

  it('ends with the error of the handler, its class, code and cause included', () =>
    withSystem({ threads }, async (system) => {
      const scribe = system.spawn(Scribe, [], { backoff: { minMs: 1, maxMs: 1 } })
      const error = await scribe.ask.failInDetail().catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(RangeError)
      expect(error).toMatchObject({ message: 'broken', code: 'E_BROKEN', detail: { at: [7] } })
      const { cause } = error as Error
      expect(cause).toBeInstanceOf(TypeError)
      expect(cause).toMatchObject({ message: 'the cause' })
    }))

  it('ends when its target stops', () =>
    withSystem({ threads }, async (system) => {
      const scribe = system.spawn(Scribe, [], { restart: 'transient' })
      await scribe.ready()
      scribe.tell.quit()
      await expect(scribe.ask.nap(10_000)).rejects.toMatchObject({ code: 'actor-stopped' })
    }))

  it('that would wait for itself fails at once, and names the cycle', () =>
    withSystem({ threads }, async (system) => {
      const a = system.spawn(Scribe, [], { name: 'a', placement: 'any', backoff: { minMs: 1, maxMs: 1 } })
      const b = system.spawn(Scribe, [], { name: 'b', placement: 'any', backoff: { minMs: 1, maxMs: 1 } })
      const error = (await a.ask.askRound([b, a, b]).catch((thrown: unknown) => thrown)) as { code: string }
      expect(error.code).toBe('ask-cycle')
      expect((error as unknown as Error).message).toContain('/a')
      expect((error as unknown as Error).message).toContain('/b')
      expect(await a.ask.askRound([b])).toBe('asked round')
    }))
})

describe.each([0, 2])('a stream, with %i worker threads', (threads) => {
  it('makes no more items than its consumer has room for', () =>
    withSystem({ threads }, async (system) => {
      const scribe = system.spawn(Scribe, [])
      const items = scribe.with({ window: 4 }).stream.count(0)
      expect((await items.next()).value).toBe(0)
      await eventually(async () => expect((await scribe.ask.counted()).made).toBeGreaterThanOrEqual(4))
      for (let n = 0; n < 100; n++) expect((await scribe.ask.counted()).made).toBeLessThanOrEqual(5)
      await items.return?.()
    }))

  it('ends at the producer when its consumer leaves the loop; between items other messages are handled', () =>
    withSystem({ threads }, async (system) => {
      const scribe = system.spawn(Scribe, [])
      const seen: number[] = []
      for await (const n of scribe.stream.count(5)) {
        seen.push(n)
        if (seen.length === 3) break
        expect(await scribe.ask.counted()).toMatchObject({ isEnded: false })
      }
      expect(seen).toEqual([5, 6, 7])
      await eventually(async () => expect(await scribe.ask.counted()).toMatchObject({ isEnded: true }))
    }))

  it('ends with an error when the producing actor starts again', () =>
    withSystem({ threads }, async (system) => {
      const scribe = system.spawn(Scribe, [], { backoff: { minMs: 1, maxMs: 1 } })
      const items = scribe.with({ window: 1 }).stream.count(0)
      await items.next()
      scribe.tell.fail('now')
      const rest = async () => {
        for await (const _ of { [Symbol.asyncIterator]: () => items });
      }
      await expect(rest()).rejects.toMatchObject({ code: 'actor-gone' })
    }))
})
