import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { systemClock } from '../base/clock.ts'
import { UsageError } from '../base/errors.ts'
import type { ExitReason } from '../kernel/supervision/exit-reason.ts'
import { SystemMemory } from '../memory/system-memory.ts'
import { reportLoad } from '../observe/load-report.ts'
import { LogCollector } from '../observe/log-collector.ts'
import { RingLog } from '../observe/ring-log.ts'
import { ControlClient } from '../threads/control-port.ts'
import type { SeatPlace } from '../threads/thread-host.ts'
import { flagsForThreads } from '../threads/worker-thread.ts'
import { decodeThrown } from '../wire/thrown-codec.ts'
import { ActorSystem, type SystemEngine } from './actor-system.ts'
import { PiscinaPool } from './compute-pool.ts'
import { InspectorWatch } from './inspector-watch.ts'
import { forOtherThreads } from './log-options.ts'
import { startOnOneThread } from './one-thread.ts'
import { onSignals } from './process-edges.ts'
import { GUARDIAN_SEAT, type GuardianControl, MAIN_SEAT, threadName } from './seats.ts'
import { SystemEvents } from './system-events.ts'
import { type ResolvedSystemOptions, resolveSystemOptions, type SystemOptions } from './system-options.ts'
import type { ThreadData } from './thread-entry.ts'
import { composeThread, needThread, officeRef } from './thread-parts.ts'

/**
 * Starts an actor system: its guardian, its worker threads, its shared memory. Resolves when all threads run. It keeps the
 * process alive until `shutdown()`, a signal, or `keepAlive: false`.
 */
export async function createSystem(options?: SystemOptions): Promise<ActorSystem> {
  refuseInsideActors()
  const resolved = resolveSystemOptions(options)
  const events = new SystemEvents()
  const engine =
    resolved.threads === 0 ? await startOnOneThread(resolved, events) : await startThreads(resolved, events)
  const system = new ActorSystem(engine, resolved, events)
  if (resolved.signals) {
    const forget = onSignals(() => system.shutdown())
    void system.terminated.then(forget, forget)
  }
  return system
}

function refuseInsideActors(): void {
  const data = workerData as Partial<ThreadData> | null
  if (isMainThread || !(data?.buffer instanceof SharedArrayBuffer) || data.role === undefined) return
  throw new UsageError(
    'nested-system',
    'createSystem() was called on a thread of an actor system, which imports the modules of its actors; ' +
      'move the actor to a file of its own that does not call createSystem()',
  )
}

async function startThreads(options: ResolvedSystemOptions, events: SystemEvents): Promise<SystemEngine> {
  const memory = createMemory(options, MAIN_SEAT + 1 + options.threadsMax)
  memory.seats.beginIncarnation(MAIN_SEAT, systemClock.nowMs())
  const logs = new LogCollector(memory, options.log, threadName)
  logs.start()
  const workerSeats = Array.from({ length: options.threads }, (_, n) => MAIN_SEAT + 1 + n)
  const pool = new PiscinaPool()
  const { host, post } = composeThread(memory, mainPlace(GUARDIAN_SEAT, workerSeats), options, {
    compute: pool,
    onEvent: (event) => events.emit(event),
    onOther: (_from, signal) => {
      if (signal.kind !== 'event') return
      logs.collect() // what a thread logged last comes before the news of its death
      events.emit(signal.event)
    },
    logSink: new RingLog(memory.logWriter(MAIN_SEAT), options.log.level, () => logs.collect()),
  })
  host.route.onUnoccupied = (seat) => needThread(host, seat)
  host.start()
  const endReport = reportLoad(memory, MAIN_SEAT, systemClock)
  const inspector = await InspectorWatch.load()
  const isInspected = inspector.isOpen
  const data: ThreadData = {
    role: 'guardian',
    buffer: memory.buffer,
    options: { ...options, log: forOtherThreads(options.log) },
    name: 'guardian',
    isInspected,
  }
  const worker = new Worker(threadEntry, {
    name: 'troupe-guardian',
    workerData: data,
    execArgv: flagsForThreads(),
  })
  const control = new ControlClient<GuardianControl>(worker)
  const exited = new Promise<void>((resolve) => {
    worker.on('error', (error) => host.kernel.log.error({ err: error }, 'the guardian thread failed'))
    worker.once('exit', (exitCode) => {
      control.end(`the guardian thread ended with exit code ${exitCode}`)
      resolve()
    })
  })
  await control.call('start')
  inspector.follow(isInspected, (isOpen) => void control.call('setInspected', isOpen).catch(() => {}))
  if (!options.keepAlive) worker.unref()
  post.office = officeRef(host)
  return {
    host,
    memory,
    rootSeat: GUARDIAN_SEAT,
    deadLetters: post.office,
    rootEnded: control.call('rootEnded').then((bytes) => decodeThrown(host.codec.values, bytes) as ExitReason),
    stopRoot: () => void control.call('stopRoot').catch(() => {}),
    end: async (deadlineMs) => {
      await control.call('end', deadlineMs).catch(() => {})
      void worker.terminate()
      await exited
      inspector.close()
      host.close()
      endReport()
      logs.close()
      await pool.close()
    },
    killThread: (seat) => control.call('killThread', seat),
    killSpare: () => control.call('killSpare'),
  }
}

/** In the sources it is TypeScript, in the package it is not. */
const threadEntry = new URL(
  import.meta.url.endsWith('.ts') ? './thread-entry.ts' : './thread-entry.js',
  import.meta.url,
)

function createMemory(options: ResolvedSystemOptions, seatsMax: number): SystemMemory {
  return SystemMemory.create({
    seatsMax,
    actorsPerSeat: options.actorsMax,
    ringBytes: options.ringBytes,
    arenaBytesPerSeat: options.arenaBytes,
    debug: options.debug,
  })
}

function mainPlace(rootSeat: number, workerSeats: readonly number[]): SeatPlace {
  return { seat: MAIN_SEAT, incarnation: 1, rootSeat, workerSeats }
}
