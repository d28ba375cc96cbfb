import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ActorRef, type ActorSystem, createSystem } from 'troupe'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Lines } from '#fixtures/observe/lines'
import { WorkerBee, type WorkerBeeProtocol } from '#fixtures/observe/worker-bee.actor'
import { SystemMemory } from '#src/memory/system-memory'
import { LogCollector } from '#src/observe/log-collector'
import { RingLog } from '#src/observe/ring-log'

const until = <T>(look: () => T): Promise<T> => vi.waitFor(look, { timeout: 10_000, interval: 10 })

describe('the log of a system', () => {
  let system: ActorSystem
  afterEach(() => system.shutdown())

  async function bees(log: Lines, count: number): Promise<ActorRef<WorkerBeeProtocol>[]> {
    system = await createSystem({ threads: 2, spare: false, signals: false, log: { level: 'info', destination: log } })
    const backoff = { minMs: 1, maxMs: 10 }
    const refs = Array.from({ length: count }, (_, n) => system.spawn(WorkerBee, [], { name: `bee-${n}`, backoff }))
    await Promise.all(refs.map((ref) => ref.ready()))
    return refs
  }

  it('has the lines of all threads, each in its order, bound to thread and actor', async () => {
    const log = new Lines()
    const refs = await bees(log, 2)
    for (const ref of refs) ref.tell.hum(200)
    await until(() => expect(log.with('last').length).toBe(2))
    for (const [n, ref] of refs.entries()) {
      const own = log.lines.filter((line) => line['actor'] === `/bee-${n}`)
      const { name } = system.inspect().threads[system.threadOf(ref)]!
      expect(own.map((line) => line['line'])).toEqual(Array.from({ length: 200 }, (_, line) => line + 1))
      expect(own.map((line) => line['seq'])).toEqual(Array.from({ length: 200 }, (_, line) => line + 1))
      expect(new Set(own.map((line) => line['thread']))).toEqual(new Set([name]))
    }
    expect(system.threadOf(refs[0]!)).not.toBe(system.threadOf(refs[1]!))
  })

  it('has what a thread said last before it was ended, even while this thread did not look', async () => {
    const log = new Lines()
    const [bee] = await bees(log, 1)
    bee!.tell.hum(500)
    bee!.tell.block(60_000)
    const seat = system.threadOf(bee!)
    await new Promise(setImmediate) // what was told is on its way
    const endMs = performance.now() + 5_000
    // This thread is busy all the while: nobody takes lines out of the ring.
    while (system.inspect().threads[seat]!.running?.handler !== 'block' && performance.now() < endMs) {}
    expect(log.with('last')).toEqual([])
    expect(await system.killThread(bee!)).toBe(true)
    await until(() => expect(log.with('blocking').length).toBe(1))
    expect(log.with('last').length).toBe(1)
  })

  it('goes on counting the lines of a thread where the last thread on its seat ended', async () => {
    const log = new Lines()
    const [bee] = await bees(log, 1)
    await bee!.ask.hum(3)
    await system.killThread(bee!)
    await bee!.ready()
    await bee!.ask.hum(2)
    await until(() => expect(log.with('last').length).toBe(2))
    const own = log.lines.filter((line) => line['actor'] === '/bee-0')
    expect(own.map((line) => line['seq'])).toEqual([1, 2, 3, 4, 5])
  })

  it('shows an error with its cause', async () => {
    const log = new Lines()
    const [bee] = await bees(log, 1)
    bee!.tell.fail()
    const [line] = await until(() => {
      expect(log.with('no honey').length).toBeGreaterThan(0)
      return log.with('no honey')
    })
    expect(line).toMatchObject({
      level: 50,
      err: { type: 'Error', cause: { type: 'TypeError', message: 'no flowers' } },
    })
  })
})

describe('the option log', () => {
  const bad = (log: unknown) => createSystem({ threads: 0, log } as never)

  it.each([['loud'], [{ level: 'loud' }], [{ destination: -1 }], [{ destination: {} }], [{ levle: 'info' }]])(
    'refuses %j',
    async (log) => {
      await expect(bad(log)).rejects.toMatchObject({ name: 'UsageError' })
    },
  )

  it('writes to a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'troupe-'))
    const destination = join(folder, 'deep', 'system.log')
    const system = await createSystem({ threads: 0, signals: false, log: { destination } })
    const bee = system.spawn(WorkerBee, [], { name: 'bee' })
    await bee.ask.hum(1)
    await system.shutdown()
    const line = JSON.parse(readFileSync(destination, 'utf8')) as object
    expect(line).toMatchObject({ level: 40, thread: 'main', actor: '/bee', msg: 'last' })
    rmSync(folder, { recursive: true })
  })

  it('leaves out what is below its level', async () => {
    const log = new Lines()
    const system = await createSystem({ threads: 0, signals: false, log: { level: 'error', destination: log } })
    await system.spawn(WorkerBee, []).ask.hum(3)
    await system.shutdown()
    expect(log.lines).toEqual([])
  })
})

describe('a ring of log lines that is full', () => {
  it('drops lines, counts them, and says so in the log', () => {
    const memory = SystemMemory.create({ seatsMax: 1, actorsPerSeat: 64, logBytes: 4_096 })
    const log = new Lines()
    const collector = new LogCollector(memory, { level: 'info', destination: log }, () => 'main')
    const sink = new RingLog(memory.logWriter(0), 'info')
    for (let n = 0; n < 100; n++) sink.write('info', undefined, {}, `line ${n}`)
    collector.collect()
    const { dropped, written } = memory.logReader(0)
    expect(dropped).toBeGreaterThan(0)
    expect(dropped + written).toBe(100)
    expect(log.lines.length).toBe(written + 1)
    expect(log.lines.at(-1)).toMatchObject({ level: 40, thread: 'main', dropped, msg: 'lines were not logged' })
    sink.write('info', undefined, {}, 'after')
    collector.collect()
    expect(log.lines.at(-1)).toMatchObject({ msg: 'after', seq: 101 })
  })
})
