import { type ActorSystem, createSystem, type SystemEvent } from 'troupe'
import { afterEach, describe, expect, test } from 'vitest'
import { Lines } from '#fixtures/observe/lines'
import { Hoarder, SMALL_BYTES } from '#fixtures/threads/hoarder.actor'
import { MemoryWatch } from '#src/threads/memory-watch'
import { until } from '../support/until.ts'

type High = Extract<SystemEvent, { type: 'memory-high' }>

const MIB = 2 ** 20

describe('looking at a heap', () => {
  const limitBytes = 100 * MIB
  const look = (...usedMib: number[]): boolean[] => {
    const watch = new MemoryWatch()
    return usedMib.map((used) => watch.isTooHigh(2, { usedBytes: used * MIB, limitBytes }))
  }

  test('finds it too high when it is over 85 % of its limit at two looks in a row', () => {
    expect(look(84, 86, 99)).toEqual([false, false, true])
  })

  test('takes one look alone for garbage that the next collection takes', () => {
    expect(look(86, 84, 86, 84)).toEqual([false, false, false, false])
  })

  test('keeps the threads apart', () => {
    const watch = new MemoryWatch()
    const high = { usedBytes: 90 * MIB, limitBytes }
    expect([2, 3, 2].map((seat) => watch.isTooHigh(seat, high))).toEqual([false, false, true])
  })
})

describe('with heapMaxBytes', () => {
  const heapMaxBytes = 64 * MIB
  let system: ActorSystem
  const events: SystemEvent[] = []
  const log = new Lines()

  async function start() {
    events.length = 0
    log.lines.length = 0
    system = await createSystem({ threads: 1, heapMaxBytes, signals: false, log: { destination: log } })
    system.events.on('all', (event) => events.push(event))
    const hoarder = system.spawn(Hoarder, [], { name: 'hoarder', backoff: { minMs: 1, maxMs: 10 } })
    return { hoarder, thread: await hoarder.ask.thread() }
  }

  afterEach(() => system.shutdown())

  test('a thread whose heap fills up slowly is ended and replaced before the heap is full', async () => {
    const { hoarder, thread } = await start()
    hoarder.tell.hoard((32 * MIB) / SMALL_BYTES, (2 * MIB) / SMALL_BYTES)
    await until(async () => (await hoarder.ask.thread().catch(() => thread)) !== thread, 'a new thread', 40_000)
    const [high, ...others] = events.filter(({ type }) => type === 'memory-high' || type === 'thread-lost') as [High]
    expect(others).toMatchObject([{ type: 'thread-lost', thread: 2 }])
    expect(high).toMatchObject({ type: 'memory-high', thread: 2, limitBytes: heapMaxBytes })
    expect(high.usedBytes).toBeGreaterThan(0.85 * heapMaxBytes)
    expect(high.usedBytes).toBeLessThan(heapMaxBytes)
    expect(log.lines.filter((line) => JSON.stringify(line).includes('OUT_OF_MEMORY'))).toEqual([])
    // What its predecessor said of its heap is not held against the new thread, before it says something itself.
    const successor = await hoarder.ask.thread()
    hoarder.tell.block(2_500)
    expect(await hoarder.with({ deadlineMs: 30_000 }).ask.thread()).toBe(successor)
  })

  test('a thread that makes much and keeps little is left alone', async () => {
    const { hoarder, thread } = await start()
    await hoarder.with({ deadlineMs: 30_000 }).ask.litter((8 * MIB) / SMALL_BYTES, 4_000)
    expect(await hoarder.ask.thread()).toBe(thread)
    expect(events.filter(({ type }) => type === 'memory-high' || type === 'thread-lost')).toEqual([])
  })
})
