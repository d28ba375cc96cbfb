import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, open as openFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FileOutbox } from '#actors/reliable/file-outbox'
import type { Outbox } from '#actors/reliable/outbox'
import { type OutboxDisk, systemDisk } from '#actors/reliable/outbox-disk'
import type { FileOutboxOptions } from '#actors/reliable/outbox-options'
import { describeOutboxContract, idOf, loaded, payloadOf, range, storeAll } from '../../contract/outbox.contract.ts'

let root = ''
let lastNumber = 0
const newPlace = (): string => join(root, String(++lastNumber))
const places = new WeakMap<Outbox, string>()

beforeAll(async () => void (root = await mkdtemp(join(tmpdir(), 'outbox-'))))
afterAll(() => rm(root, { recursive: true }))

async function open(place: string, options: FileOutboxOptions = {}, disk?: OutboxDisk): Promise<FileOutbox> {
  const outbox = await FileOutbox.open(place, options, disk)
  places.set(outbox, place)
  return outbox
}

const segmentsIn = (place: string): string[] => readdirSync(place).filter((name) => name.startsWith('segment-'))
const lastSegment = (place: string): string => join(place, segmentsIn(place).at(-1)!)

/** A copy of the files, as if the process had died now. */
function copied(place: string): string {
  const copy = newPlace()
  cpSync(place, copy, { recursive: true, filter: (path) => basename(path) !== 'lock' })
  return copy
}

describeOutboxContract({
  name: 'FileOutbox',
  makeOutbox: (limits) => open(newPlace(), limits),
  reopen: (outbox) => open(places.get(outbox)!),
})

describe('a file outbox', () => {
  it('keeps its files to its user', async () => {
    const place = newPlace()
    const outbox = await open(place)
    if (process.platform !== 'win32') {
      expect(statSync(place).mode & 0o777).toBe(0o700)
      for (const name of readdirSync(place)) expect(statSync(join(place, name)).mode & 0o777).toBe(0o600)
    }
    await outbox.close()
    expect(readdirSync(place)).toEqual(['segment-0000000001'])
  })

  it('loads what was stored when the process died, confirmed or not', async () => {
    const place = newPlace()
    const outbox = await open(place)
    storeAll(outbox, range(1, 20))
    outbox.confirm(5)
    await outbox.flushed()
    const later = await open(copied(place))
    expect(loaded(later)).toEqual(range(6, 20))
    expect(later.recovery).toEqual({ storedMessages: 20, tornBytes: 0, damaged: [] })
    await Promise.all([outbox.close(), later.close()])
  })

  it('begins files and deletes those in which all is confirmed, oldest first', async () => {
    const place = newPlace()
    const outbox = await open(place, { segmentBytes: 1_024 })
    for (const sequence of range(1, 100)) {
      storeAll(outbox, [sequence])
      await outbox.flushed()
    }
    const all = segmentsIn(place)
    expect(all.length).toBeGreaterThan(3)
    for (const sequence of range(50, 100)) outbox.confirmOne(sequence)
    await outbox.flushed()
    expect(segmentsIn(place)[0]).toBe(all[0])
    expect(loaded(outbox)).toEqual(range(1, 49))
    outbox.confirm(100)
    await outbox.flushed()
    expect(segmentsIn(place).length).toBe(1)
    expect(outbox.diskBytes).toBe(statSync(lastSegment(place)).size)
    await outbox.close()
    const later = await open(place, { segmentBytes: 1_024 })
    expect(later).toMatchObject({ lastSequence: 100, unconfirmedCount: 0 })
    await later.close()
  })

  it('stays within its limit on disk, however long it runs', async () => {
    const place = newPlace()
    const outbox = await open(place, { bytesMax: 16_384 })
    let largest = 0
    for (const sequence of range(1, 2_000)) {
      storeAll(outbox, [sequence])
      if (sequence % 100 === 0) await outbox.flushed()
      if (sequence > 50) outbox.confirmOne(sequence - 50)
      largest = Math.max(largest, outbox.diskBytes)
    }
    await outbox.flushed()
    expect(loaded(outbox)).toEqual(range(1_951, 2_000))
    expect(largest).toBeLessThanOrEqual(16_384 + 50 * 24)
    const bytes = segmentsIn(place).reduce((sum, name) => sum + statSync(join(place, name)).size, 0)
    expect(bytes).toBe(outbox.diskBytes)
    await outbox.close()
  })

  it('writes what one turn stores as one group, and what comes meanwhile as the next', async () => {
    let syncs = 0
    const counting: OutboxDisk = { ...systemDisk, sync: (file) => (syncs++, systemDisk.sync(file)) }
    const outbox = await open(newPlace(), {}, counting)
    syncs = 0
    storeAll(outbox, range(1, 1_000))
    await outbox.flushed()
    expect(syncs).toBe(1)
    await new Promise((resolve) => setImmediate(resolve))
    storeAll(outbox, [1_001])
    const first = outbox.flushed()
    await Promise.resolve()
    storeAll(outbox, range(1_002, 2_000))
    await Promise.all([first, outbox.flushed()])
    expect(syncs).toBe(3)
    await outbox.close()
  })

  it('refuses more than may wait for the disk', async () => {
    const outbox = await open(newPlace(), { unflushedBytesMax: 4_096 })
    const storeMuch = (from: number): number => {
      for (let sequence = from; ; sequence++) {
        try {
          outbox.store(sequence, idOf(sequence), 0, new Uint8Array(1_000))
        } catch (error) {
          expect(error).toMatchObject({ code: 'outbox-full', message: expect.stringContaining('wait for the disk') })
          return sequence
        }
      }
    }
    const next = storeMuch(1)
    expect(next).toBe(4)
    await outbox.flushed()
    expect(storeMuch(next)).toBe(7)
    await outbox.close()
  })

  it('lets nobody else have the same place, and the next one when it is closed', async () => {
    const place = newPlace()
    const outbox = await open(place)
    await expect(open(place)).rejects.toMatchObject({ name: 'UnreachableError', code: 'outbox-locked' })
    await outbox.close()
    await (await open(place)).close()
  })

  it('takes a lock over that a dead process or thread has left, also one that is no text', async () => {
    const place = newPlace()
    mkdirSync(place)
    for (const left of [JSON.stringify({ pid: 2 ** 22 + 1, fd: 3, token: 'x' }), '{"pid":']) {
      writeFileSync(join(place, 'lock'), left)
      await (await open(place)).close()
    }
    // This process, but the file is not open: of a thread that was lost.
    writeFileSync(join(place, 'lock'), JSON.stringify({ pid: process.pid, fd: 0, token: 'x' }))
    await (await open(place)).close()
    expect(readdirSync(place).filter((name) => name.startsWith('lock'))).toEqual([])
  })

  it('writes no more once another has taken its place', async () => {
    const place = newPlace()
    const outbox = await open(place)
    const failures: unknown[] = []
    outbox.onFailed = (error) => void failures.push(error)
    await rm(join(place, 'lock'))
    const other = await open(place)
    storeAll(outbox, [1])
    await expect(outbox.flushed()).rejects.toMatchObject({ code: 'outbox-locked' })
    expect(failures).toEqual([outbox.error])
    await expect(outbox.close()).rejects.toMatchObject({ code: 'outbox-locked' })
    storeAll(other, [1])
    await other.close()
  })

  it('refuses options out of range', async () => {
    const cases: FileOutboxOptions[] = [
      { segmentBytes: 1_000 },
      { bytesMax: 100_000, segmentBytes: 25_001 },
      { unflushedBytesMax: 1 },
      { onCorruption: 'maybe' as never },
    ]
    for (const options of cases)
      await expect(open(newPlace(), options)).rejects.toMatchObject({ code: 'invalid-option' })
    await expect(open(newPlace(), { size: 1 } as never)).rejects.toMatchObject({ code: 'unknown-option' })
  })

  it('says why it cannot be opened', async () => {
    const place = newPlace()
    writeFileSync(place, 'no directory')
    await expect(open(place)).rejects.toMatchObject({ name: 'UnreachableError', code: 'outbox-failed' })
  })
})

describe('a disk that fails', () => {
  const failing = (code: string, what: 'write' | 'sync', after: number): OutboxDisk => {
    let left = after
    const fail = async (): Promise<void> => {
      if (left-- <= 0) throw Object.assign(new Error(`${code}: no`), { code })
    }
    return {
      ...systemDisk,
      [what]: async (...args: never[]) => {
        await fail()
        return (systemDisk[what] as (...args: never[]) => Promise<void>)(...args)
      },
    }
  }

  it.each([
    ['ENOSPC', 'write', 'CapacityError', 'outbox-disk-full'],
    ['EDQUOT', 'write', 'CapacityError', 'outbox-disk-full'],
    ['EIO', 'write', 'UnreachableError', 'outbox-failed'],
    ['EIO', 'sync', 'UnreachableError', 'outbox-failed'],
  ] as const)('with %s at %s ends the outbox with %s %s, and nothing is called flushed that is not', async (...row) => {
    const [code, what, name, errorCode] = row
    const place = newPlace()
    // One write and one flush make the file, the next two are a group that succeeds.
    const outbox = await open(place, {}, failing(code, what, 2))
    const failures: unknown[] = []
    const flushed: number[] = []
    outbox.onFailed = (error) => void failures.push(error)
    outbox.onFlushed = (sequence) => void flushed.push(sequence)
    storeAll(outbox, range(1, 5))
    await outbox.flushed()
    storeAll(outbox, range(6, 9))
    await expect(outbox.flushed()).rejects.toMatchObject({ name, code: errorCode, cause: { code } })
    await new Promise((resolve) => setImmediate(resolve))
    expect(outbox.error).toMatchObject({ code: errorCode })
    expect(failures).toEqual([outbox.error])
    expect(flushed).toEqual([5])
    expect(outbox.flushedSequence).toBe(5)
    expect(() => storeAll(outbox, [10])).toThrow(outbox.error)
    outbox.confirm(5)
    expect(outbox.confirmOne(6)).toBe(false)
    await expect(outbox.flushed()).rejects.toBe(outbox.error)
    await expect(outbox.close()).rejects.toBe(outbox.error)
    const later = await open(place)
    expect(loaded(later).slice(0, 5)).toEqual(range(1, 5))
    await later.close()
  })
})

describe.skipIf(!existsSync('/dev/full'))('a disk that is full', () => {
  it('keeps what was flushed, ends the outbox, and goes on from there when it has room again', async () => {
    const place = newPlace()
    // The second file goes to where the system itself says that there is no room.
    let files = 0
    const full: OutboxDisk = {
      ...systemDisk,
      open: async (path, flags) => (++files > 1 ? openFile('/dev/full', 'r+') : systemDisk.open(path, flags)),
    }
    const outbox = await open(place, { segmentBytes: 1_024 }, full)
    storeAll(outbox, range(1, 20))
    await outbox.flushed()
    storeAll(outbox, range(21, 60))
    await expect(outbox.flushed()).rejects.toMatchObject({
      name: 'CapacityError',
      code: 'outbox-disk-full',
      message: expect.stringContaining('ENOSPC'),
    })
    expect(outbox.flushedSequence).toBe(20)
    expect(() => storeAll(outbox, [61])).toThrow(outbox.error)
    await expect(outbox.close()).rejects.toBe(outbox.error)
    const later = await open(place, { segmentBytes: 1_024 })
    expect(loaded(later).slice(0, 20)).toEqual(range(1, 20))
    storeAll(later, range(later.lastSequence + 1, 100))
    await later.close()
  })

  it('cannot be opened where nothing can be written', async () => {
    const none: OutboxDisk = { ...systemDisk, open: () => openFile('/dev/full', 'r+') }
    await expect(open(newPlace(), {}, none)).rejects.toMatchObject({ code: 'outbox-disk-full' })
    const place = newPlace()
    mkdirSync(place, { mode: 0o500 })
    if (process.getuid?.() === 0) return // who may write everywhere
    await expect(open(place)).rejects.toMatchObject({
      code: 'outbox-failed',
      message: expect.stringContaining('EACCES'),
    })
  })
})

describe('a file outbox whose file ends early', () => {
  it('has every flushed message whose bytes are whole, wherever it was cut, and goes on from there', async () => {
    const place = newPlace()
    const outbox = await open(place)
    const ends: number[] = [] // file size when message n was flushed
    for (const sequence of range(1, 8)) {
      storeAll(outbox, [sequence])
      await outbox.flushed()
      ends.push(statSync(lastSegment(place)).size)
    }
    const bytes = readFileSync(lastSegment(place))
    expect(bytes.length).toBe(ends.at(-1))
    for (let cut = 64; cut < bytes.length; cut++) {
      const copy = newPlace()
      mkdirSync(copy)
      writeFileSync(join(copy, 'segment-0000000001'), bytes.subarray(0, cut))
      const whole = ends.filter((end) => end <= cut).length
      const torn = cut - (whole === 0 ? 64 : ends[whole - 1]!)
      const later = await open(copy)
      expect([cut, loaded(later)]).toEqual([cut, range(1, whole)])
      expect(later.recovery).toEqual({ storedMessages: whole, tornBytes: torn, damaged: [] })
      storeAll(later, [whole + 1])
      await later.close()
      const again = await open(copy)
      expect(loaded(again)).toEqual(range(1, whole + 1))
      expect(again.recovery.tornBytes).toBe(0)
      await again.close()
    }
    await outbox.close()
  })

  it('also takes zeros, and a hole before whole records of the same group, for torn', async () => {
    const place = newPlace()
    const outbox = await open(place)
    storeAll(outbox, [1])
    await outbox.flushed()
    const start = statSync(lastSegment(place)).size
    storeAll(outbox, [2, 3, 4])
    await outbox.close()
    const path = lastSegment(place)
    const bytes = readFileSync(path)
    bytes.fill(0, start, start + 10)
    writeFileSync(path, Buffer.concat([bytes, Buffer.alloc(5_000)]))
    const later = await open(place)
    expect(loaded(later)).toEqual([1])
    expect(later.recovery.tornBytes).toBe(bytes.length - start + 5_000)
    await later.close()
  })

  it('forgets the draft of a file that never came to be', async () => {
    const place = newPlace()
    await (await open(place)).close()
    writeFileSync(join(place, 'segment-draft'), 'half a he')
    await (await open(place)).close()
    expect(existsSync(join(place, 'segment-draft'))).toBe(false)
  })
})

describe('a file outbox whose bytes have changed', () => {
  const LAST = 60

  /** Groups of one message each, in several files if they are small. */
  async function written(options: FileOutboxOptions): Promise<string> {
    const place = newPlace()
    const outbox = await open(place, options)
    for (const sequence of range(1, LAST)) {
      storeAll(outbox, [sequence])
      await outbox.flushed()
    }
    await outbox.close()
    return place
  }

  it('is not opened, whichever flushed byte it is, but for the last group', async () => {
    const place = await written({})
    const path = lastSegment(place)
    const bytes = readFileSync(path)
    const lastStart = bytes.length - 40 - payloadOf(LAST).length
    for (let at = 0; at < lastStart; at += 7) {
      const changed = Buffer.from(bytes)
      changed[at] = changed[at]! ^ 0x40
      writeFileSync(path, changed)
      await expect(open(place), `byte ${at}`).rejects.toMatchObject({
        name: 'ProtocolError',
        code: 'outbox-corrupt',
        message: expect.stringContaining(path),
      })
    }
    writeFileSync(path, bytes)
    const outbox = await open(place)
    expect(loaded(outbox)).toEqual(range(1, LAST))
    await outbox.close()
  })

  it('goes on without them when it is told to, says where they were, and gives no number twice', async () => {
    const place = await written({})
    const path = lastSegment(place)
    const bytes = readFileSync(path)
    bytes[100] = bytes[100]! ^ 1
    writeFileSync(path, bytes)
    const outbox = await open(place, { onCorruption: 'skip' })
    expect(loaded(outbox)).toEqual(range(2, LAST))
    expect(outbox.recovery.damaged).toEqual([{ file: path, offset: 64, bytes: 40 + payloadOf(1).length }])
    expect(outbox.lastSequence).toBeGreaterThanOrEqual(LAST)
    const next = outbox.lastSequence + 1
    storeAll(outbox, [next])
    await outbox.close()
    const again = await open(place, { onCorruption: 'skip' })
    expect(loaded(again)).toEqual([...range(2, LAST), next])
    await again.close()
  })

  it('misses a file, or the head of one', async () => {
    const place = await written({ segmentBytes: 1_024 })
    const names = segmentsIn(place)
    expect(names.length).toBeGreaterThan(2)
    const second = join(place, names[1]!)
    const bytes = readFileSync(second)
    await rm(second)
    await expect(open(place)).rejects.toMatchObject({
      code: 'outbox-corrupt',
      message: expect.stringContaining(second),
    })
    writeFileSync(second, bytes.subarray(0, 60))
    await expect(open(place)).rejects.toMatchObject({
      code: 'outbox-corrupt',
      message: expect.stringContaining(second),
    })
    const outbox = await open(place, { onCorruption: 'skip', segmentBytes: 1_024 })
    expect(outbox.recovery.damaged).toEqual([{ file: second, offset: 0, bytes: 60 }])
    expect(loaded(outbox).at(-1)).toBe(LAST)
    await outbox.close()
  })

  it('never writes over a last file that it cannot read', async () => {
    const place = await written({ segmentBytes: 1_024 })
    const path = lastSegment(place)
    const bytes = readFileSync(path)
    bytes[0] = 0
    writeFileSync(path, bytes)
    const outbox = await open(place, { onCorruption: 'skip', segmentBytes: 1_024 })
    expect(outbox.lastSequence).toBeGreaterThanOrEqual(LAST)
    storeAll(outbox, [outbox.lastSequence + 1])
    await outbox.close()
    expect(readFileSync(path)).toEqual(bytes)
  })

  it('notices a change while it runs, when it reads', async () => {
    const place = newPlace()
    const outbox = await open(place)
    storeAll(outbox, [1, 2])
    await outbox.flushed()
    const bytes = readFileSync(lastSegment(place))
    bytes[bytes.length - 1] = 0
    writeFileSync(lastSegment(place), bytes)
    const seen: number[] = []
    expect(() => {
      for (const { sequence } of outbox.unconfirmed()) seen.push(sequence)
    }).toThrow(expect.objectContaining({ code: 'outbox-corrupt' }))
    expect(seen).toEqual([1])
    await outbox.close()
  })

  it('takes a payload that holds records of an outbox for nothing but a payload', async () => {
    const source = await written({})
    const inner = readFileSync(lastSegment(source)).subarray(64)
    const place = newPlace()
    const outbox = await open(place)
    outbox.store(1, idOf(1), 0, inner)
    await outbox.close()
    const path = lastSegment(place)
    writeFileSync(path, readFileSync(path).subarray(0, -1))
    const later = await open(place)
    expect(later).toMatchObject({ lastSequence: 0, recovery: { damaged: [], tornBytes: 40 + inner.length - 1 } })
    await later.close()
  })
})

describe('a file outbox against a model', () => {
  type Step =
    | { readonly kind: 'store'; readonly gap: number; readonly bytes: number }
    | { readonly kind: 'confirm' | 'one'; readonly back: number }
    | { readonly kind: 'flush' | 'reopen' | 'crash' }

  const steps: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('store' as const),
        gap: fc.integer({ min: 1, max: 3 }),
        bytes: fc.nat(600),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('confirm' as const), back: fc.nat(8) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('one' as const), back: fc.nat(8) }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constantFrom('flush' as const, 'reopen' as const, 'crash' as const) }),
    },
  )

  it('holds what the model holds: after a crash at least what was flushed, at most what was stored', async () => {
    const options = { segmentBytes: 1_024, bytesMax: 65_536 }
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { maxLength: 60 }), async (sequenceOfSteps) => {
        let place = newPlace()
        let outbox = await open(place, options)
        const model = new Map<number, number>() // sequence -> bytes
        for (const step of sequenceOfSteps) {
          const last = outbox.lastSequence
          switch (step.kind) {
            case 'store':
              outbox.store(last + step.gap, idOf(last), 1, new Uint8Array(step.bytes))
              model.set(last + step.gap, step.bytes)
              break
            case 'confirm':
              outbox.confirm(last - step.back)
              for (const sequence of model.keys()) if (sequence <= last - step.back) model.delete(sequence)
              break
            case 'one':
              expect(outbox.confirmOne(last - step.back)).toBe(model.delete(last - step.back))
              break
            case 'flush':
              await outbox.flushed()
              expect(outbox.flushedSequence).toBe(last)
              break
            case 'reopen':
              await outbox.close()
              outbox = await open(place, options)
              break
            case 'crash': {
              const flushed = outbox.flushedSequence
              const copy = copied(place)
              await outbox.close()
              place = copy
              outbox = await open(place, options)
              const found = new Set(Array.from(outbox.unconfirmed(), ({ sequence }) => sequence))
              for (const sequence of model.keys()) {
                if (sequence <= flushed) expect(found.has(sequence)).toBe(true)
              }
              // What was not flushed may be there or not; a confirmation may be forgotten.
              for (const sequence of found) expect(sequence).toBeLessThanOrEqual(last)
              expect(outbox.lastSequence).toBeGreaterThanOrEqual(flushed)
              model.clear()
              for (const { sequence, payload } of outbox.unconfirmed()) model.set(sequence, payload.length)
              break
            }
          }
          expect(outbox.unconfirmedCount).toBe(model.size)
        }
        const entries = Array.from(outbox.unconfirmed(), ({ sequence, payload }) => [sequence, payload.length])
        expect(entries).toEqual([...model])
        await outbox.close()
      }),
      { numRuns: 60 },
    )
  })
})
