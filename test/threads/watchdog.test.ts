import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import * as inspector from 'node:inspector'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ActorRef, type ActorSystem, createSystem, type SystemEvent } from 'troupe'
import { afterEach, describe, expect, test } from 'vitest'
import { Careless, Patient, type PatientProtocol } from '#fixtures/threads/patient.actor'
import { SEAT_BYTES } from '#src/memory/seat-layout'
import { SeatTable } from '#src/memory/seat-table'
import { Watchdog } from '#src/threads/watchdog'
import { until } from '../support/until.ts'

describe('looking at the seats', () => {
  const SEAT = 2
  const LIMIT_MS = 1_000

  function watched() {
    const seats = new SeatTable(new SharedArrayBuffer(SEAT_BYTES * 4), 0, 4)
    seats.beginIncarnation(SEAT, 0)
    seats.setState(SEAT, 'running')
    const stuck: number[] = []
    const poked: number[] = []
    const dog = new Watchdog(seats, LIMIT_MS, {
      poke: (seat) => poked.push(seat),
      onStuck: (_seat, forMs) => stuck.push(forMs),
    })
    const lookUntil = (fromMs: number, toMs: number, each = (): void => {}): void => {
      for (let nowMs = fromMs; nowMs <= toMs; nowMs += dog.tickMs) {
        each()
        dog.look([SEAT], nowMs)
      }
    }
    return { seats, stuck, poked, lookUntil, dog }
  }

  test('a thread without progress is stuck once, when the limit is over', () => {
    const { stuck, lookUntil } = watched()
    lookUntil(0, 10_000)
    expect(stuck).toEqual([LIMIT_MS])
  })

  test('a thread that gets on is never stuck', () => {
    const { seats, stuck, lookUntil } = watched()
    lookUntil(0, 10_000, () => {
      seats.words[seats.progressIndex(SEAT)]! += 1
    })
    expect(stuck).toEqual([])
  })

  test('time in which the watchdog itself was not there does not count', () => {
    const { stuck, lookUntil } = watched()
    for (const startMs of [0, 5_000, 10_000]) lookUntil(startMs, startMs + LIMIT_MS - 1)
    expect(stuck).toEqual([])
  })

  test('a new thread on the seat begins anew, and one that does not run yet is not looked at', () => {
    const { seats, stuck, lookUntil } = watched()
    lookUntil(0, 750)
    seats.beginIncarnation(SEAT, 900)
    lookUntil(1_000, 3_000)
    seats.setState(SEAT, 'running')
    lookUntil(3_250, 4_000)
    expect(stuck).toEqual([])
  })

  test('a thread that sleeps is woken to show that it can', () => {
    const { seats, poked, dog } = watched()
    dog.look([SEAT], 0)
    expect(poked).toEqual([])
    Atomics.store(seats.words, (SEAT * SEAT_BYTES + 384) >> 2, 1)
    dog.look([SEAT], 250)
    expect(poked).toEqual([SEAT])
  })
})

describe('a system', () => {
  let system: ActorSystem
  const events: SystemEvent[] = []

  async function start(watchdogMs: number, killMs?: number): Promise<void> {
    events.length = 0
    system = await createSystem({ threads: 1, watchdogMs, log: 'silent', ...(killMs === undefined ? {} : { killMs }) })
    system.events.on('all', (event) => events.push(event))
  }

  const types = (): string[] => events.map(({ type }) => type)

  afterEach(() => system.shutdown())

  test.each(['loop', 'strayLoop'] as const)('a thread in an endless loop is ended and replaced: %s', async (how) => {
    await start(300)
    const patient = system.spawn(Careless, [5], { backoff: { minMs: 1, maxMs: 10 } })
    const before = await patient.ask.thread()
    patient.tell[how]()
    await until(async () => (await patient.ask.thread().catch(() => before)) !== before, 'a new thread')
    expect(await patient.ask.total()).toBe(5)
    expect(types()).toContain('thread-lost')
  })

  test('threads that idle, run timers, or handle for less than the limit are left alone', async () => {
    await start(400)
    const patient = system.spawn(Patient, [0], {})
    const turns = patient.ask.countTurns(1_500)
    for (let n = 0; n < 5; n++) {
      await system.deadLetters.ask.recent()
      patient.tell.block(150)
    }
    expect(await turns).toBeGreaterThan(20)
    expect(types()).not.toContain('thread-lost')
  })

  test('a blocked main thread is told of, not ended, and nobody else waits for it', async () => {
    await start(200)
    const patient = system.spawn(Patient, [0], { backoff: { minMs: 1, maxMs: 10 } })
    await patient.ready()
    patient.tell.exit()
    await new Promise((resolve) => setImmediate(resolve))
    // What a user's program may do. It looks into shared memory meanwhile, which tells nobody that it is there.
    const isBack = (): boolean =>
      system.inspect().actors.some(({ state, restarts }) => state === 'running' && restarts > 0)
    const [leastMs, mostMs] = [performance.now() + 1_000, performance.now() + 15_000]
    while (performance.now() < leastMs || (!isBack() && performance.now() < mostMs)) {}
    expect(isBack()).toBe(true)
    await until(() => types().includes('main-blocked'), 'the event')
    expect(await patient.ask.total()).toBe(0)
  })

  describe('under a debugger', () => {
    afterEach(() => inspector.close())

    /** Whether a thread may stand still for four times as long as the watchdog lets it. */
    async function isLeftAlone(patient: ActorRef<PatientProtocol>): Promise<boolean> {
      const calls = patient.with({ deadlineMs: 20_000 }).ask
      const before = await calls.thread()
      patient.tell.block(800)
      return (await calls.thread().catch(() => Number.NaN)) === before
    }

    const patientOf = (): ActorRef<PatientProtocol> => system.spawn(Patient, [0], { backoff: { minMs: 1, maxMs: 10 } })

    test('that is there from the start nobody is taken for stuck', async () => {
      inspector.open(0)
      await start(200)
      expect(await isLeftAlone(patientOf())).toBe(true)
    })

    test('that comes later nobody is taken for stuck, until it goes', async () => {
      await start(200)
      const patient = patientOf()
      expect(await isLeftAlone(patient)).toBe(false)
      inspector.open(0)
      await until(() => isLeftAlone(patient), 'the watchdog is off')
      inspector.close()
      await until(async () => !(await isLeftAlone(patient)), 'the watchdog is on again')
    })
  })

  test.skipIf(process.platform === 'win32')(
    'a thread that cannot be ended loses its seat for good: asks fail, its actors are parked',
    async () => {
      await start(Number.POSITIVE_INFINITY, 200)
      const folder = mkdtempSync(join(tmpdir(), 'troupe-'))
      const pipe = join(folder, 'pipe')
      execFileSync('mkfifo', [pipe])
      const patient = system.spawn(Patient, [0], { name: 'patient', backoff: { minMs: 1, maxMs: 10 } })
      await patient.ready()
      patient.tell.openPipe(pipe)
      const isInside = (): boolean =>
        system.inspect().threads.some(({ seat, running }) => seat === 2 && running?.handler === 'openPipe')
      await until(isInside, 'the handler')
      const sinceMs = performance.now()
      // Nothing shows when the thread has come from its handler to the system call.
      await until(() => performance.now() - sinceMs > 500 && isInside(), 'the system call')
      const pending = patient.ask.total()
      pending.catch(() => {})
      const killedMs = performance.now()
      expect(await system.killThread(2)).toBe(false)
      expect(performance.now() - killedMs).toBeLessThan(3_000) // what killMs is by default
      await expect(pending).rejects.toMatchObject({ code: 'thread-lost' })
      await until(() => types().includes('thread-unkillable') && types().includes('parked'), 'the events')
      await expect(patient.ask.total()).rejects.toMatchObject({ code: 'actor-stopped' })
      expect(patient.tell.add(1)).toBe('actor-stopped')
      expect((await system.account()).isExact).toBe(true)
      closeSync(openSync(pipe, 'w')) // lets the thread go, so that the process can end
      rmSync(folder, { recursive: true })
    },
  )
})
