import { type ActorInspection, type ActorRef, type ActorSystem, createSystem, type SystemEvent } from 'troupe'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { Lines } from '#fixtures/observe/lines'
import { WorkerBee, type WorkerBeeProtocol } from '#fixtures/observe/worker-bee.actor'
import { parseMetrics } from './support/parse-metrics.ts'

const until = <T>(look: () => T): Promise<T> => vi.waitFor(look, { timeout: 10_000, interval: 10 })

describe.each([0, 2])('a system with %i worker threads', (threads) => {
  let system: ActorSystem
  let bee: ActorRef<WorkerBeeProtocol>
  const sample = (name: string): number => {
    const [family = ''] = name.replace('_count{', '{').split('{')
    return parseMetrics(system.metrics()).get(family)?.samples.get(name) ?? Number.NaN
  }

  beforeAll(async () => {
    system = await createSystem({ threads, spare: false, signals: false, log: 'silent' })
    bee = system.spawn(WorkerBee, [], { name: 'bee' })
    await bee.ready()
    for (let n = 0; n < 1_000; n++) bee.tell.add(1)
    expect(await bee.ask.total()).toBe(1_000)
  })
  afterAll(() => system.shutdown())

  const thread = threads === 0 ? 'main' : 'worker-2'

  it('counts messages and actors by thread', () => {
    expect(sample(`troupe_messages_sent_total{thread="${thread}"}`)).toBe(1_001)
    expect(sample(`troupe_messages_handled_total{thread="${thread}"}`)).toBe(1_001)
    expect(sample(`troupe_actors{thread="${thread}"}`)).toBe(
      system.inspect().actors.filter((actor) => actor.thread === system.threadOf(bee)).length,
    )
    expect(sample(`troupe_thread_running{thread="${thread}"}`)).toBe(1)
    expect(sample(`troupe_thread_incarnations_total{thread="${thread}"}`)).toBe(1)
  })

  it('samples how long messages keep the thread', async () => {
    const total = await bee.ask.total() // alone in its turn, so it is timed
    expect(total).toBe(1_000)
    await until(() => expect(sample(`troupe_handler_seconds_count{thread="${thread}"}`)).toBeGreaterThan(0))
  })

  it('reports how busy each thread is', async () => {
    await until(() => expect(sample(`troupe_heap_used_bytes{thread="${thread}"}`)).toBeGreaterThan(1e6))
    const [ratio, delay] = ['utilization_ratio', 'delay_max_seconds'].map((figure) => {
      return () => sample(`troupe_event_loop_${figure}{thread="${thread}"}`)
    }) as [() => number, () => number]
    await until(() => expect(ratio()).toBeLessThan(0.5))
    bee.tell.block(1_500)
    await until(() => expect(ratio()).toBeGreaterThan(0.5))
    await until(() => expect(delay()).toBeGreaterThan(0.5)) // in that report or in the next one
    await until(() => expect(ratio()).toBeLessThan(0.5))
    expect(ratio()).toBeGreaterThanOrEqual(0)
  })

  it('shows the tree of its actors', () => {
    const { root, actors } = system.inspect()
    const paths = ({ path, children }: ActorInspection): string[] => [path, ...children.flatMap(paths)]
    expect(paths(root)).toEqual(expect.arrayContaining(['/', '/bee', '/bee/larva', '/dead-letters']))
    expect(actors.map(({ path }) => path).sort()).toEqual(paths(root).sort())
    expect(actors.find(({ path }) => path === '/bee')).toMatchObject({
      ...{ name: 'bee', definition: 'WorkerBee', state: 'running', queued: 0, handled: 1_003, restarts: 0 },
      ...{ thread: system.threadOf(bee), children: [{ name: 'larva', definition: 'Larva' }] },
    })
  })

  it('tells when an awaiting handler takes too long', async () => {
    const stuck: SystemEvent[] = []
    const forget = system.events.on('actor-stuck', (event) => stuck.push(event))
    bee.tell.doze(150)
    await until(() => expect(stuck).toMatchObject([{ type: 'actor-stuck', path: '/bee', handler: 'doze' }]))
    expect((stuck[0] as { forMs: number }).forMs).toBeGreaterThan(38) // timers may be a millisecond early
    expect(await bee.ask.total()).toBe(1_000)
    forget()
    expect(stuck.length).toBe(1)
  })

  it('does not call stuck what ends in time', async () => {
    const stuck: SystemEvent[] = []
    const forget = system.events.on('actor-stuck', (event) => stuck.push(event))
    let late = 0 // on a machine that is busy otherwise
    for (let n = 0; n < 20; n++) {
      const startedMs = performance.now()
      await bee.ask.doze(5)
      if (performance.now() - startedMs >= 38) late++
    }
    forget()
    expect(stuck.length).toBeLessThanOrEqual(late)
  })
})

describe('a thread that is stuck', () => {
  let system: ActorSystem
  let bee: ActorRef<WorkerBeeProtocol>
  const log = new Lines()
  const stuck: SystemEvent[] = []

  beforeAll(async () => {
    system = await createSystem({
      ...{ threads: 2, spare: false, signals: false, watchdogMs: Number.POSITIVE_INFINITY, log: { destination: log } },
    })
    system.events.on('actor-stuck', (event) => stuck.push(event))
    bee = system.spawn(WorkerBee, [], { name: 'bee', backoff: { minMs: 1, maxMs: 10 } })
    await bee.ready()
    bee.tell.block(60_000)
    bee.tell.add(1)
    bee.tell.add(2)
    await until(() => expect(log.with('blocking').length).toBe(1))
  })
  afterAll(() => system.shutdown())

  it('shows what it does', async () => {
    const seat = system.threadOf(bee)
    await until(() => {
      const { threads, actors } = system.inspect()
      expect(threads[seat]).toMatchObject({ running: { path: '/bee', handler: 'block' }, queued: 3 })
      expect(actors.find(({ path }) => path === '/bee')).toMatchObject({ queued: 3, definition: 'WorkerBee' })
    })
  })

  it('raises an event, once', async () => {
    await until(() => expect(stuck).toMatchObject([{ path: '/bee', handler: 'block' }]))
    expect((stuck[0] as { forMs: number }).forMs).toBeGreaterThanOrEqual(40)
  })

  it('shows what waits, and for how long', async () => {
    const { name } = system.inspect().threads[system.threadOf(bee)]!
    await until(() => {
      const families = parseMetrics(system.metrics())
      const read = (family: string): number => families.get(family)!.samples.get(`${family}{thread="${name}"}`)!
      expect(read('troupe_mailbox_messages')).toBe(3)
      expect(read('troupe_mailbox_messages_deepest')).toBe(3)
      expect(read('troupe_mailbox_age_seconds')).toBeGreaterThan(0.5)
    })
  })

  it('loses its messages with a dead letter that names actor and handler, but not its last line', async () => {
    expect(log.with('blocking')).toMatchObject([{ actor: '/bee', seq: 1, level: 40 }])
    expect(await system.killThread(bee)).toBe(true)
    await bee.ready()
    const letters = await system.deadLetters.ask.recent({})
    expect(letters).toMatchObject([{ reason: 'thread-lost', actor: '/bee', handler: 'block', count: 3 }])
    const { name } = system.inspect().threads[system.threadOf(bee)]!
    const lost = parseMetrics(system.metrics()).get('troupe_messages_lost_total')!
    expect(lost.samples.get(`troupe_messages_lost_total{thread="${name}"}`)).toBe(3)
    expect(system.inspect().actors.find(({ path }) => path === '/bee')?.restarts).toBe(1)
  })
})
