import { CapacityError, UnreachableError, UsageError } from '../../base/errors.ts'
import type { ActorRef } from '../actor-ref.ts'
import { type ActorDefinition, defineActor } from '../definition.ts'
import type { Self } from '../self.ts'
import { cellOf, deadLetterOf, forwarder, relayed, type UntypedRef } from './forwarder.ts'
import { resolveWorkPoolOptions, type WorkPoolOptions } from './routing-options.ts'

interface Job {
  readonly handler: string
  readonly args: readonly unknown[]
  /** When nobody waits for its answer any more. */
  readonly dueMs: number
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: unknown) => void
  attempts: number
}

interface PoolState {
  readonly options: Required<WorkPoolOptions>
  workers: readonly ActorRef[]
  readonly idle: ActorRef[]
  readonly jobs: Job[]
}

type PoolSelf = Self<PoolState, unknown>

/** Longer than any job; a timer takes no more. Milliseconds. */
const JOB_MS_MAX = 2 ** 31 - 1

const WorkPool = forwarder(
  defineActor({
    name: 'WorkPool',
    module: import.meta.url,
    concurrency: 1_000_000,
    start(self, workers: readonly ActorRef[], given?: WorkPoolOptions): PoolState {
      for (const worker of workers) self.watch(worker as ActorRef<never>)
      return { options: resolveWorkPoolOptions(given), workers: [...workers], idle: [...workers], jobs: [] }
    },
    on: {
      forward: (self, handler: string, ...args: unknown[]) => take(self as PoolSelf, handler, args),
    },
    signals: {
      down(self, ref) {
        const { state } = self as PoolSelf
        state.workers = state.workers.filter((worker) => !worker.equals(ref))
        state.idle.splice(0, state.idle.length, ...state.idle.filter((worker) => !worker.equals(ref)))
        if (state.workers.length === 0) giveUp(self as PoolSelf)
      },
    },
  }) as ActorDefinition<[workers: readonly ActorRef[], options?: WorkPoolOptions], unknown>,
)

/**
 * An actor that hands each of its workers one job at a time, and keeps the rest: `system.spawn(workPool<Worker>(), [workers])`.
 * A job is a message; its worker is free again when the handler has answered. When a worker is lost with a job, another one
 * gets it; an error that the handler throws is the job's answer. Jobs are for handlers that may be run twice.
 */
export function workPool<P>(): ActorDefinition<[workers: readonly ActorRef<P>[], options?: WorkPoolOptions], P> {
  return WorkPool as never
}

function take(self: PoolSelf, handler: string, args: readonly unknown[]): unknown {
  const { state } = self
  const cell = cellOf(self.ref)
  const envelope = cell.current
  const refuse = (error: Error): unknown => {
    if (envelope?.reply !== undefined) return relayed(envelope, Promise.reject(error))
    const reason = state.workers.length === 0 ? 'actor-stopped' : 'mailbox-full'
    deadLetterOf(cell, self.path, reason, handler, args, error)
  }
  if (state.workers.length === 0) return refuse(noWorker(self.path))
  if (state.idle.length === 0 && state.jobs.length >= state.options.jobsMax) {
    return refuse(new CapacityError('mailbox-full', `${self.path} has ${state.jobs.length} jobs waiting (jobsMax)`))
  }
  const dueMs = envelope?.deadlineMs ?? Number.POSITIVE_INFINITY
  const work = new Promise((resolve, reject) => {
    state.jobs.push({ handler, args, dueMs, resolve, reject, attempts: 0 })
  })
  handOut(self)
  return relayed(envelope, work)
}

/** Gives jobs to those who have none. */
function handOut(self: PoolSelf): void {
  const { path, state } = self
  const { clock } = cellOf(self.ref).kernel
  while (state.idle.length > 0 && state.jobs.length > 0) {
    const job = state.jobs.shift() as Job
    const leftMs = job.dueMs - clock.nowMs()
    if (leftMs > 0) assign(self, state.idle.shift() as ActorRef, job, Math.min(leftMs, JOB_MS_MAX))
    else job.reject(new UnreachableError('ask-timeout', `no worker of ${path} was free in time`))
  }
}

function assign(self: PoolSelf, worker: ActorRef, job: Job, deadlineMs: number): void {
  const { state } = self
  const cell = cellOf(self.ref)
  /** The pool itself was started again meanwhile, with all workers idle. */
  const isOver = (): boolean => cell.self !== (self as unknown)
  const free = (): void => {
    if (isOver()) return
    if (state.workers.includes(worker)) state.idle.push(worker)
    handOut(self)
  }
  const onLoss = (): void => {
    state.jobs.unshift(job)
    handOut(self)
    worker.ready().then(free, () => {}) // back once it has been started again; one that has not, is told as down
  }
  job.attempts++
  const asked = self.ask(worker as UntypedRef, { deadlineMs })[job.handler]?.(...job.args)
  if (asked === undefined) {
    job.reject(new UsageError('unknown-handler', `${worker.path} has no handler '${job.handler}'`))
    return free()
  }
  asked.then(
    (answer) => {
      job.resolve(answer)
      free()
    },
    (error) => {
      const isTriedAgain = isLoss(error) && job.attempts < state.options.attemptsMax && state.workers.length > 0
      if (isTriedAgain && !isOver()) return onLoss()
      job.reject(error)
      free()
    },
  )
}

/** Whether the worker went away, or was started again, with the job in its hands. */
function isLoss(error: unknown): boolean {
  return error instanceof UnreachableError && error.code !== 'ask-timeout'
}

function giveUp(self: PoolSelf): void {
  for (const job of self.state.jobs.splice(0)) job.reject(noWorker(self.path))
}

function noWorker(path: string): UnreachableError {
  return new UnreachableError('no-member', `${path} has no worker that could do it`)
}
