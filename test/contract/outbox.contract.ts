import { describe, expect, it } from 'vitest'
import type { Outbox } from '#actors/reliable/outbox'
import type { OutboxLimits } from '#actors/reliable/outbox-options'

export interface OutboxUnderTest {
  readonly name: string
  /** A new one, empty. */
  makeOutbox(limits?: OutboxLimits): Promise<Outbox>
  /** The next one at the same place, after `close`; undefined for one that forgets. */
  readonly reopen?: (outbox: Outbox) => Promise<Outbox>
}

export const idOf = (sequence: number): Uint8Array => new Uint8Array(16).fill(sequence % 251)
export const payloadOf = (sequence: number): Uint8Array => Buffer.from(`payload ${sequence}`)

/** Stores messages of these sequences. */
export function storeAll(outbox: Outbox, sequences: readonly number[]): void {
  for (const sequence of sequences) outbox.store(sequence, idOf(sequence), sequence % 256, payloadOf(sequence))
}

export const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, n) => from + n)

/** What it would load, checked to be what `storeAll` has stored. */
export function loaded(outbox: Outbox): number[] {
  return Array.from(outbox.unconfirmed(), ({ sequence, id, flags, payload }) => {
    expect(new Uint8Array(id)).toEqual(idOf(sequence))
    expect(flags).toBe(sequence % 256)
    expect(Buffer.from(payload).toString()).toBe(`payload ${sequence}`)
    return sequence
  })
}

/** What every `Outbox` promises. */
export function describeOutboxContract(subject: OutboxUnderTest): void {
  const { makeOutbox, reopen } = subject

  describe(`${subject.name} keeps the outbox contract`, () => {
    it('begins empty, with a session of its own', async () => {
      const [one, other] = [await makeOutbox(), await makeOutbox()]
      expect(one).toMatchObject({ lastSequence: 0, flushedSequence: 0, unconfirmedCount: 0, unconfirmedBytes: 0 })
      expect(one.error).toBeUndefined()
      expect(one.sessionId.length).toBe(16)
      expect(one.sessionId).not.toEqual(other.sessionId)
      expect(loaded(one)).toEqual([])
      await Promise.all([one.close(), other.close()])
    })

    it('answers what is stored and not confirmed, in order, flushed or not', async () => {
      const outbox = await makeOutbox()
      storeAll(outbox, range(1, 5))
      expect(loaded(outbox)).toEqual(range(1, 5))
      await outbox.flushed()
      storeAll(outbox, [6, 9, 2 ** 40])
      expect(loaded(outbox)).toEqual([...range(1, 6), 9, 2 ** 40])
      expect(outbox).toMatchObject({ lastSequence: 2 ** 40, unconfirmedCount: 8 })
      await outbox.close()
    })

    it('keeps copies of what it is given', async () => {
      const outbox = await makeOutbox()
      const [id, payload] = [new Uint8Array(idOf(1)), new Uint8Array(payloadOf(1))]
      outbox.store(1, id, 1, payload)
      id.fill(0)
      payload.fill(0)
      expect(loaded(outbox)).toEqual([1])
      await outbox.close()
    })

    it('takes empty payloads and large ones', async () => {
      const outbox = await makeOutbox()
      outbox.store(1, idOf(1), 0, new Uint8Array(0))
      outbox.store(2, idOf(2), 255, new Uint8Array(300_000).fill(7))
      await outbox.flushed()
      const entries = Array.from(outbox.unconfirmed(), ({ flags, payload }) => [
        flags,
        payload.length,
        payload[299_999],
      ])
      expect(entries).toEqual([
        [0, 0, undefined],
        [255, 300_000, 7],
      ])
      await outbox.close()
    })

    it('says once for each group up to where it is on disk, never inside of a call', async () => {
      const outbox = await makeOutbox()
      const told: number[] = []
      outbox.onFlushed = (sequence) => void told.push(sequence)
      storeAll(outbox, range(1, 100))
      expect(told).toEqual([])
      expect(outbox.flushedSequence).toBe(0)
      await outbox.flushed()
      await new Promise((resolve) => setImmediate(resolve))
      expect(outbox.flushedSequence).toBe(100)
      expect(told).toEqual([100])
      storeAll(outbox, [101])
      await outbox.flushed()
      await new Promise((resolve) => setImmediate(resolve))
      expect(told).toEqual([100, 101])
      await outbox.close()
    })

    it('resolves flushed at once, or nearly, when there is nothing to do', async () => {
      const outbox = await makeOutbox()
      await outbox.flushed()
      await Promise.all([outbox.flushed(), outbox.flushed()])
      await outbox.close()
    })

    it('forgets what is confirmed up to a sequence, and passes over what it does not have', async () => {
      const outbox = await makeOutbox()
      storeAll(outbox, range(1, 10))
      outbox.confirm(4)
      outbox.confirm(2)
      outbox.confirm(0)
      expect(loaded(outbox)).toEqual(range(5, 10))
      expect(outbox.unconfirmedCount).toBe(6)
      outbox.confirm(1_000_000)
      expect(loaded(outbox)).toEqual([])
      expect(outbox).toMatchObject({ unconfirmedCount: 0, unconfirmedBytes: 0, lastSequence: 10 })
      // What comes later is not confirmed by that.
      storeAll(outbox, [11])
      expect(loaded(outbox)).toEqual([11])
      await outbox.close()
    })

    it('forgets single ones out of turn, and says whether they were there', async () => {
      const outbox = await makeOutbox()
      storeAll(outbox, [1, 2, 3, 5, 6])
      expect([3, 3, 4, 7, 0].map((sequence) => outbox.confirmOne(sequence))).toEqual([true, false, false, false, false])
      expect(loaded(outbox)).toEqual([1, 2, 5, 6])
      outbox.confirm(2)
      expect(outbox.confirmOne(2)).toBe(false)
      expect(outbox.confirmOne(5)).toBe(true)
      expect(loaded(outbox)).toEqual([6])
      await outbox.close()
    })

    it('goes on answering while entries are confirmed', async () => {
      const outbox = await makeOutbox()
      storeAll(outbox, range(1, 6))
      const seen: number[] = []
      for (const { sequence } of outbox.unconfirmed()) {
        seen.push(sequence)
        if (sequence === 2) outbox.confirm(4)
        if (sequence === 5) storeAll(outbox, [7])
      }
      expect(seen).toEqual([1, 2, 5, 6, 7])
      await outbox.close()
    })

    it('is full at its limit of entries, stores nothing then, and has room again when one is confirmed', async () => {
      const outbox = await makeOutbox({ entriesMax: 3 })
      storeAll(outbox, [1, 2, 3])
      const full = expect.objectContaining({ name: 'CapacityError', code: 'outbox-full' })
      expect(() => storeAll(outbox, [4])).toThrow(full)
      expect(outbox).toMatchObject({ lastSequence: 3, unconfirmedCount: 3 })
      outbox.confirmOne(2)
      storeAll(outbox, [4])
      expect(() => storeAll(outbox, [5])).toThrow(full)
      expect(loaded(outbox)).toEqual([1, 3, 4])
      await outbox.close()
    })

    it('is full at its limit of bytes, and has room again when all are confirmed', async () => {
      const outbox = await makeOutbox({ bytesMax: 16_384 })
      const full = expect.objectContaining({ name: 'CapacityError', code: 'outbox-full' })
      for (let round = 0; round < 20; round++) {
        const before = outbox.lastSequence
        let last = before
        expect(() => {
          for (;;) outbox.store(++last, idOf(last), 0, new Uint8Array(1_000))
        }).toThrow(full)
        expect(last - before).toBeGreaterThan(5)
        expect(last - before).toBeLessThanOrEqual(17)
        expect(outbox.unconfirmedBytes).toBeLessThanOrEqual(16_384)
        outbox.confirm(last)
      }
      await outbox.close()
    })

    it('refuses one message that would never have room', async () => {
      const outbox = await makeOutbox({ bytesMax: 16_384 })
      expect(() => outbox.store(1, idOf(1), 0, new Uint8Array(16_384))).toThrow(
        expect.objectContaining({ name: 'CapacityError', code: 'message-too-large' }),
      )
      expect(outbox.lastSequence).toBe(0)
      await outbox.close()
    })

    it.each([
      ['a sequence that is not larger than the last', 5, 16, 0],
      ['sequence 0', 0, 16, 0],
      ['half a sequence', 7.5, 16, 0],
      ['a sequence that is no safe number', 2 ** 53, 16, 0],
      ['a short id', 6, 15, 0],
      ['a long id', 6, 17, 0],
      ['flags of more than a byte', 6, 16, 256],
      ['negative flags', 6, 16, -1],
    ])('refuses %s', async (_what, sequence, idBytes, flags) => {
      const outbox = await makeOutbox()
      storeAll(outbox, [5])
      expect(() => outbox.store(sequence, new Uint8Array(idBytes), flags, new Uint8Array(1))).toThrow(
        expect.objectContaining({ name: 'UsageError', code: 'invalid-value' }),
      )
      expect(loaded(outbox)).toEqual([5])
      await outbox.close()
    })

    it('refuses options out of range', async () => {
      for (const limits of [{ bytesMax: 1 }, { entriesMax: 0 }, { bytesMax: Number.NaN }]) {
        await expect((async () => makeOutbox(limits))()).rejects.toThrow(
          expect.objectContaining({ code: 'invalid-option' }),
        )
      }
    })

    it('takes nothing after close, which may be called again', async () => {
      const outbox = await makeOutbox()
      storeAll(outbox, [1])
      await Promise.all([outbox.close(), outbox.close()])
      expect(() => storeAll(outbox, [2])).toThrow(expect.objectContaining({ code: 'outbox-closed' }))
      outbox.confirm(1)
      expect(outbox.confirmOne(1)).toBe(false)
      expect(outbox.flushedSequence).toBe(1)
      await outbox.flushed()
    })

    it.skipIf(reopen === undefined)('is the same after it was opened again', async () => {
      let outbox = await makeOutbox()
      const session = new Uint8Array(outbox.sessionId)
      storeAll(outbox, range(1, 10))
      outbox.confirm(3)
      outbox.confirmOne(7)
      await outbox.close()
      outbox = await reopen!(outbox)
      expect(new Uint8Array(outbox.sessionId)).toEqual(session)
      expect(outbox).toMatchObject({ lastSequence: 10, flushedSequence: 10, unconfirmedCount: 6 })
      expect(loaded(outbox)).toEqual([4, 5, 6, 8, 9, 10])
      storeAll(outbox, [11])
      outbox.confirm(10)
      await outbox.close()
      outbox = await reopen!(outbox)
      expect(loaded(outbox)).toEqual([11])
      outbox.confirm(11)
      await outbox.close()
      outbox = await reopen!(outbox)
      expect(loaded(outbox)).toEqual([])
      expect(outbox.lastSequence).toBe(11)
      expect(new Uint8Array(outbox.sessionId)).toEqual(session)
      await outbox.close()
    })
  })
}
