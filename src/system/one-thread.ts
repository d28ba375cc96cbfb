import { systemClock } from '../base/clock.ts'
import { stop } from '../kernel/actor-life.ts'
import { compiled } from '../kernel/definition.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { GroupRegistry, REGISTRY_NAME } from '../kernel/routing/group-registry.ts'
import type { ExitReason } from '../kernel/supervision/exit-reason.ts'
import type { SuperviseOptions } from '../kernel/supervision/supervise-options.ts'
import { SystemMemory } from '../memory/system-memory.ts'
import { watchActors } from '../observe/actor-watch.ts'
import { reportLoad } from '../observe/load-report.ts'
import { LogCollector } from '../observe/log-collector.ts'
import { RingLog } from '../observe/ring-log.ts'
import { ActorSystem, type SystemEngine } from './actor-system.ts'
import { PiscinaPool } from './compute-pool.ts'
import { DeadLetterOffice, OFFICE_NAME } from './dead-letter-office.ts'
import { keepAlive } from './process-edges.ts'
import { startRoot } from './root.ts'
import { MAIN_SEAT, threadName } from './seats.ts'
import { SystemEvents } from './system-events.ts'
import { type ResolvedSystemOptions, resolveSystemOptions, type SystemOptions } from './system-options.ts'
import type { SystemParts } from './system-parts.ts'
import { composeThread, officeRef } from './thread-parts.ts'

/**
 * A system on the calling thread, made of these parts. An executor has to run what it is given for this to resolve: the
 * root and the dead-letter office are started as all actors are. No signal handlers; `threads` is 0 whatever is given.
 */
export async function composeSystem(options: SystemOptions, parts: SystemParts): Promise<ActorSystem> {
  const resolved = resolveSystemOptions({ ...options, threads: 0 })
  const events = new SystemEvents()
  return new ActorSystem(await startOnOneThread(resolved, events, parts), resolved, events)
}

/** Everything on the calling thread: one kernel, which has the root. */
export async function startOnOneThread(
  options: ResolvedSystemOptions,
  events: SystemEvents,
  parts: SystemParts = {},
): Promise<SystemEngine> {
  const seatsMax = MAIN_SEAT + 1
  const { actorsMax: actorsPerSeat, ringBytes } = options
  const memory = SystemMemory.create({
    seatsMax,
    actorsPerSeat,
    ringBytes,
    arenaBytesPerSeat: options.arenaBytes,
    debug: options.debug,
  })
  const place = { seat: MAIN_SEAT, incarnation: 1, rootSeat: MAIN_SEAT, workerSeats: [] }
  const pool = new PiscinaPool()
  const logs = new LogCollector(memory, options.log, threadName)
  const endReport = parts.clock === undefined ? observe(memory, events) : () => {}
  const { host, post } = composeThread(memory, place, options, {
    compute: pool,
    onEvent: (event) => events.emit(event),
    onOther: () => {},
    logSink: new RingLog(memory.logWriter(MAIN_SEAT), options.log.level, () => logs.collect()),
    ...parts,
  })
  memory.seats.beginIncarnation(MAIN_SEAT, systemClock.nowMs())
  host.start()
  // No other thread will ever ring: the kernel's own turns do all the work.
  host.loop.close()
  const release = options.keepAlive ? keepAlive() : () => {}
  let onEnded!: (reason: ExitReason) => void
  const rootEnded = new Promise<ExitReason>((resolve) => {
    onEnded = resolve
  })
  await startRoot(host.kernel, rootSupervision(options), onEnded)
  startOffice(host.kernel, options)
  post.office = officeRef(host)
  return {
    host,
    memory,
    rootSeat: MAIN_SEAT,
    deadLetters: post.office,
    rootEnded,
    stopRoot: () => {
      if (host.kernel.root !== undefined) stop(host.kernel.root, { kind: 'shutdown' })
    },
    end: async () => {
      release()
      endReport()
      host.close()
      await pool.close()
      logs.close()
    },
    killThread: async () => false,
    killSpare: async () => {},
  }
}

/** Load and ages are those of real time; with a clock of its own a test has neither. */
function observe(memory: SystemMemory, events: SystemEvents): () => void {
  const endReport = reportLoad(memory, MAIN_SEAT, systemClock)
  const endWatch = watchActors(memory, systemClock, (event) => events.emit(event))
  return () => {
    endReport()
    endWatch()
  }
}

function rootSupervision(options: ResolvedSystemOptions): SuperviseOptions {
  return { ...options.supervise, onExceeded: options.onRootFailure === 'stop-child' ? 'stop-child' : 'escalate' }
}

function startOffice(kernel: Kernel, options: ResolvedSystemOptions): void {
  const mailbox = { messagesMax: 10_000 }
  const definition = compiled(DeadLetterOffice, 'createSystem')
  kernel.rootFamily().spawn(definition, [options.deadLettersKept], { name: OFFICE_NAME, mailbox })
  kernel.rootFamily().spawn(compiled(GroupRegistry, 'createSystem'), [], { name: REGISTRY_NAME })
}
