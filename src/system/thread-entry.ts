import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../base/clock.ts'
import { stop } from '../kernel/actor-life.ts'
import { compiled } from '../kernel/definition.ts'
import { GroupRegistry, REGISTRY_NAME } from '../kernel/routing/group-registry.ts'
import type { ThreadLost } from '../kernel/supervision/exit-reason.ts'
import { SystemMemory } from '../memory/system-memory.ts'
import { watchActors } from '../observe/actor-watch.ts'
import { reportLoad } from '../observe/load-report.ts'
import { exposeControl } from '../threads/control-port.ts'
import { Guardian } from '../threads/guardian.ts'
import type { ThreadHost } from '../threads/thread-host.ts'
import { type OccupyOrder, WorkerThread } from '../threads/worker-thread.ts'
import { encodeThrown } from '../wire/thrown-codec.ts'
import { PiscinaPool } from './compute-pool.ts'
import { DeadLetterOffice, OFFICE_NAME } from './dead-letter-office.ts'
import { startRoot } from './root.ts'
import { GUARDIAN_SEAT, type GuardianControl, MAIN_SEAT } from './seats.ts'
import type { ResolvedSystemOptions } from './system-options.ts'
import { composeThread, needThread, officeRef } from './thread-parts.ts'

/** What a thread of a system is told when it is made. */
export interface ThreadData {
  readonly role: 'guardian' | 'worker'
  readonly buffer: SharedArrayBuffer
  readonly options: ResolvedSystemOptions
  readonly name: string
  /** A debugger is attached, or may be, when it is made. */
  readonly isInspected: boolean
}

const data = workerData as ThreadData
const port = parentPort as MessagePort
const memory = SystemMemory.attach(data.buffer)

if (data.role === 'guardian') runGuardian()
else runWorker()

/** Waits as a spare until it gets a seat. */
function runWorker(): void {
  let host: ThreadHost | undefined
  exposeControl(
    {
      occupy({ lost, ...place }: OccupyOrder): void {
        const parts = composeThread(memory, place, data.options, {
          compute: { run: (...job) => compute(parts.host, ...job) },
          onEvent: (event) => parts.host.route.signal(MAIN_SEAT, { kind: 'event', event } as never),
          onOther: () => {},
          onLoaded: (module) => parts.host.route.signal(GUARDIAN_SEAT, { kind: 'loaded', module } as never),
        })
        host = parts.host
        host.route.onUnoccupied = (seat) => needThread(parts.host, seat)
        parts.post.office = officeRef(host)
        host.start(lost as ThreadLost | undefined)
        reportLoad(memory, place.seat, systemClock)
      },
      async load(modules: readonly string[]): Promise<void> {
        await Promise.allSettled(modules.map((module) => import(module)))
      },
      leave(): void {
        host?.loop.close()
      },
    },
    port,
  )
}

function runGuardian(): void {
  const { options } = data
  const pool = new PiscinaPool()
  const jobs = new Map<string, AbortController>()
  memory.seats.beginIncarnation(GUARDIAN_SEAT, systemClock.nowMs())
  const workerSeats = Array.from({ length: options.threads }, (_, n) => MAIN_SEAT + 1 + n)
  const place = { seat: GUARDIAN_SEAT, incarnation: 1, rootSeat: GUARDIAN_SEAT, workerSeats }
  const { host, post } = composeThread(memory, place, options, {
    compute: pool,
    onEvent: (event) => host.route.signal(MAIN_SEAT, { kind: 'event', event } as never),
    onOther: (from, signal) => {
      if (signal.kind === 'need-thread') return guardian.need(signal.seat)
      if (signal.kind === 'loaded') return guardian.learnModule(signal.module)
      if (signal.kind === 'vacate') return guardian.vacate(from, signal.incarnation)
      if (signal.kind !== 'compute') return
      const abort = new AbortController()
      const key = `${from}:${signal.correlation}`
      jobs.set(key, abort)
      host.kernel.remote.openReply(from, signal.correlation, { cancel: () => abort.abort() })
      const { correlation } = signal
      const done = (): void => {
        jobs.delete(key)
        host.kernel.remote.closeReply(from, correlation)
      }
      pool.run(signal.module, signal.exportName, signal.args, abort.signal).then(
        (value) => {
          done()
          answer(host, from, correlation, value)
        },
        (error) => {
          done()
          if (!abort.signal.aborted) host.kernel.remote.signal(from, { kind: 'refusal', correlation, error })
        },
      )
    },
  })
  const guardian = new Guardian(host, {
    clock: systemClock,
    makeThread: (name) => {
      const workerOfThis: ThreadData = { ...data, role: 'worker', name }
      return new WorkerThread(new URL(import.meta.url), name, workerOfThis, options.heapMaxBytes)
    },
    onEvent: (event) => host.kernel.emit(event),
    killMs: options.killMs,
    hasSpare: options.spare,
    watchdogMs: options.watchdogMs,
    isInspected: data.isInspected,
    heapMaxBytes: options.heapMaxBytes,
    mainSeat: MAIN_SEAT,
  })
  host.route.onUnoccupied = (seat) => guardian.need(seat)
  const rootEnd = deferred()
  const control: GuardianControl = {
    async start() {
      host.start()
      reportLoad(memory, GUARDIAN_SEAT, systemClock)
      watchActors(memory, systemClock, (event) => host.kernel.emit(event))
      const { onRootFailure, supervise } = options
      const onExceeded = onRootFailure === 'stop-child' ? 'stop-child' : 'escalate'
      await startRoot(host.kernel, { ...supervise, onExceeded }, (reason) => rootEnd.resolve(reason))
      const office = host.kernel.rootFamily()
      const mailbox = { messagesMax: 10_000 }
      office.spawn(compiled(DeadLetterOffice, 'office'), [options.deadLettersKept], { name: OFFICE_NAME, mailbox })
      host.kernel.rootFamily().spawn(compiled(GroupRegistry, 'groups'), [], { name: REGISTRY_NAME })
      post.office = officeRef(host)
      await guardian.start()
    },
    /** Resolves when the root has ended, by itself or by `stopRoot`. */
    rootEnded: async () => encodeThrown(host.codec.values, await rootEnd.promise),
    stopRoot() {
      const { root } = host.kernel
      if (root !== undefined) stop(root, { kind: 'shutdown' })
    },
    async end(deadlineMs) {
      await Promise.all([guardian.end(deadlineMs), pool.close()])
      host.loop.close()
    },
    killThread: (seat) => guardian.killThread(seat),
    killSpare: () => guardian.killSpare(),
    setInspected(isInspected) {
      guardian.isInspected = isInspected
    },
  }
  exposeControl(control as never, port)
}

function deferred(): { promise: Promise<unknown>; resolve(value: unknown): void } {
  let resolve!: (value: unknown) => void
  const promise = new Promise((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

function answer(host: ThreadHost, seat: number, correlation: number, value: unknown): void {
  try {
    host.kernel.remote.signal(seat, { kind: 'answer', correlation, value })
  } catch (error) {
    host.kernel.remote.signal(seat, { kind: 'refusal', correlation, error })
  }
}

/** CPU work is the guardian's to hand out. */
async function compute(
  host: ThreadHost,
  module: string,
  exportName: string,
  args: readonly unknown[],
  signal: AbortSignal,
): Promise<unknown> {
  const { remote } = host.kernel
  return new Promise((resolve, reject) => {
    const origin = `computed '${exportName}' of ${module}`
    const correlation = remote.openCall({ seat: GUARDIAN_SEAT, waiter: { resolve, reject }, origin })
    signal.addEventListener('abort', () => {
      remote.closeCall(correlation)
      remote.signal(GUARDIAN_SEAT, { kind: 'cancel', correlation })
      reject(signal.reason)
    })
    try {
      remote.signal(GUARDIAN_SEAT, { kind: 'compute', correlation, module, exportName, args } as never)
    } catch (error) {
      remote.closeCall(correlation)
      reject(error)
    }
  })
}
