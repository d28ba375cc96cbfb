import { describe, expect, it } from 'vitest'
import { Framer, numbered } from '#fixtures/promises/framer.actor'
import { eventually } from '../../support/eventually.ts'
import { withSystem } from '../../support/with-system.ts'

const KIB = 1_024

describe.each([0, 2])('frames, with %i worker threads', (threads) => {
  it.each([1, 1_000, 70_000])('of %i bytes arrive as they were filled, at all that they were sent to', (bytes) =>
    withSystem({ threads }, async (system) => {
      const sender = system.spawn(Framer, [])
      const receivers = Array.from({ length: 4 }, () => system.spawn(Framer, []))
      for (const value of [1, 2, 3]) sender.tell.send(receivers, bytes, value)
      for (const receiver of receivers) {
        const expected = [1, 2, 3].map((value) => `${bytes}×${value}`)
        await eventually(async () => expect(await receiver.ask.taken()).toEqual(expected))
      }
    }),
  )

  it('take bytes anywhere within, and refuse those that do not fit', () =>
    withSystem({ threads }, async (system) => {
      const framer = system.spawn(Framer, [])
      for (const [bytes, at] of [
        [0, 0],
        [0, 5_000],
        [3, 4_997],
        [5_000, 0],
        [3_000, 1_999],
      ] as const) {
        const expected = new Uint8Array(5_000)
        expected.set(numbered(bytes), at)
        expect(await framer.ask.write(bytes, at)).toEqual(expected)
      }
      for (const [bytes, at] of [
        [0, 5_001],
        [3, 4_998],
        [5_001, 0],
        [3_000, 2_001],
        [1, -1],
        [1, 0.5],
      ] as const) {
        expect(await framer.ask.write(bytes, at)).toBe('invalid-write')
      }
    }))

  it('arrive also at actors of the same thread that were not there yet when they were sent', () =>
    withSystem({ threads }, async (system) => {
      const sender = system.spawn(Framer, [])
      await sender.ready()
      for (let value = 1; value <= 20; value++) {
        const receiver = system.spawn(Framer, [], { placement: { with: sender as never } })
        sender.tell.send([receiver], 100, value)
        await eventually(async () => expect(await receiver.ask.taken()).toEqual([`100×${value}`]))
      }
    }))

  it('are valid during the handler that got them; what it retains or copies stays', () =>
    withSystem({ threads }, async (system) => {
      const [sender, receiver] = [system.spawn(Framer, []), system.spawn(Framer, [])]
      await sender.ask.sendToRemember(receiver, 100, 7)
      const remembered = await eventually(() => receiver.ask.remembered())
      expect(remembered).toMatchObject({ frame: 'frame-released', kept: '100×7', copy: '100×7' })
      await receiver.ask.release()
      expect(await receiver.ask.remembered()).toMatchObject({ kept: 'frame-released', copy: '100×7' })
    }))

  it('are to be had up to arenaBytes for one thread, and again when others were released', () =>
    withSystem({ threads, arenaBytes: 64 * KIB }, async (system) => {
      const framer = system.spawn(Framer, [])
      expect(await framer.ask.fillUp(16 * KIB)).toEqual({ count: 4, code: 'frames-exhausted' })
      await framer.ask.release()
      expect(await framer.ask.fillUp(16 * KIB)).toEqual({ count: 4, code: 'frames-exhausted' })
    }))

  it('are given back when nobody needs them: more pass than there is room for', () =>
    withSystem({ threads, arenaBytes: 256 * KIB }, async (system) => {
      const [sender, receiver] = [system.spawn(Framer, []), system.spawn(Framer, [])]
      for (let n = 1; n <= 100; n++) {
        await sender.ask.send([receiver], 16 * KIB, n)
        await eventually(async () => expect(await receiver.ask.taken()).toHaveLength(n))
      }
    }))

  it.each([false, true])('hold what they held after their release, but for debug: %s', (debug) =>
    withSystem({ threads, debug, arenaBytes: 64 * KIB }, async (system) => {
      const [sender, receiver] = [system.spawn(Framer, []), system.spawn(Framer, [])]
      await sender.ask.sendToRemember(receiver, 100, 7)
      await eventually(() => receiver.ask.remembered())
      await receiver.ask.release()
      await sender.ask.fillUp(16 * KIB) // it made the frame, and finds it released when it needs room
      const { view } = await receiver.ask.remembered()
      if (debug) expect(view).toMatch(/^100×(?!7|many)\d+$/)
      else expect(view).toBe('100×7')
    }),
  )
})

it('a frame of 16 KiB or more is read while its sender goes on', () =>
  withSystem({ threads: 2 }, async (system) => {
    const [sender, receiver] = [1, 2].map(() => system.spawn(Framer, [], { placement: 'pinned' }))
    await Promise.all([sender!.ready(), receiver!.ready()])
    expect(await sender!.ask.sendToMark(receiver!, 16 * KIB)).toBe(true)
  }))

it('frames of messages that are retained outlive the thread that sent them and the one that had them', () =>
  withSystem({ threads: 2, arenaBytes: 256 * KIB }, async (system) => {
    const backoff = { minMs: 1, maxMs: 1 }
    const sender = system.spawn(Framer, [], { backoff })
    const keeper = system.spawn(Framer, [], { backoff, mailbox: { retain: true } })
    await Promise.all([sender.ready(), keeper.ready()])
    expect(system.threadOf(sender)).not.toBe(system.threadOf(keeper))
    sender.tell.sendToHold(keeper, 16 * KIB, 1)
    for (const value of [2, 3]) sender.tell.send([keeper], 16 * KIB, value)
    const queued = (): number => system.inspect().actors.find(({ path }) => path === keeper.path)?.queued ?? 0
    await eventually(() => expect(queued()).toBe(3))
    expect(await Promise.all([system.killThread(sender), system.killThread(keeper)])).toEqual([true, true])
    const expected = [1, 2, 3].map((value) => `${16 * KIB}×${value}`)
    await eventually(async () => expect(await keeper.ask.taken()).toEqual(expected))
    // All of them were given back: there is room for as many as there ever was.
    expect(await sender.ask.fillUp(16 * KIB)).toMatchObject({ count: 16 })
    expect(await system.account()).toMatchObject({ lost: 0, isExact: true })
  }))
