import { systemClock } from '../base/clock.ts'
import { CapacityError, UnreachableError, UsageError } from '../base/errors.ts'
import type { ActorRef } from '../kernel/actor-ref.ts'
import { type ActorDefinition, compiled } from '../kernel/definition.ts'
import { LIMBO } from '../kernel/directory.ts'
import { type AnyRef, isRef } from '../kernel/ref.ts'
import { dismiss } from '../kernel/remote/dismissal.ts'
import { groupName } from '../kernel/routing/group-registry.ts'
import { router } from '../kernel/routing/router.ts'
import { checkPlacement, resolveSpawnOptions, type SpawnOptions, travelling } from '../kernel/spawn-options.ts'
import { becauseOf, describeExit, type ExitReason } from '../kernel/supervision/exit-reason.ts'
import type { SystemMemory } from '../memory/system-memory.ts'
import { renderMetrics } from '../observe/metrics.ts'
import type { ThreadHost } from '../threads/thread-host.ts'
import type { Census } from '../threads/thread-signal.ts'
import { type MessageAccount, readAccount } from './account.ts'
import type { DeadLetterProtocol } from './dead-letter-office.ts'
import { type ActorInspection, inspect, type SystemInspection } from './inspection.ts'
import { keepAlive } from './process-edges.ts'
import { threadName } from './seats.ts'
import type { SystemEvents } from './system-events.ts'
import type { ResolvedSystemOptions } from './system-options.ts'

/** How long a thread has to say what waits there. Milliseconds. */
const CENSUS_MS = 1_000

/** The part of a system that differs between one thread and many. */
export interface SystemEngine {
  readonly host: ThreadHost
  readonly memory: SystemMemory
  /** The seat of the root. */
  readonly rootSeat: number
  readonly deadLetters: ActorRef<DeadLetterProtocol>
  /** Resolves when the root has ended by itself or after `stopRoot`. */
  readonly rootEnded: Promise<ExitReason>
  stopRoot(): void
  /** Ends all threads but this one, and lets go of everything. */
  end(deadlineMs: number): Promise<void>
  killThread(seat: number): Promise<boolean>
  killSpare(): Promise<void>
}

/** A running actor system. Made by `createSystem`. */
export class ActorSystem {
  readonly events: SystemEvents
  /** Dead letters of all threads, as an actor: `recent`, `subscribe`, `replay`. */
  readonly deadLetters: ActorRef<DeadLetterProtocol>
  /** Resolves when the system has shut down; rejects with the chain of causes when its root failed. */
  readonly terminated: Promise<void>
  readonly options: ResolvedSystemOptions
  readonly #engine: SystemEngine
  /** Slots of living top-level actors, by name. */
  readonly #names = new Map<string, number>()
  readonly #nameOf = new Map<number, string>()
  /** Routers of groups that were asked for, by name. */
  readonly #groups = new Map<string, ActorRef>()
  #shutdown: Promise<void> | undefined
  #lastAccount: MessageAccount | undefined

  constructor(engine: SystemEngine, options: ResolvedSystemOptions, events: SystemEvents) {
    this.#engine = engine
    this.options = options
    this.events = events
    this.deadLetters = engine.deadLetters
    engine.host.kernel.onRelease = (slot) => this.#releaseName(slot)
    this.terminated = engine.rootEnded.then(
      (reason) => this.#onRootEnded(reason),
      (error) => this.#onGuardianLost(error),
    )
    this.terminated.catch(() => {}) // who does not look at it has asked for nothing
  }

  /** Starts a top-level actor. Answers at once; `ref.ready()` says when it runs, or why it does not. */
  spawn<A extends unknown[], P>(
    definition: ActorDefinition<A, P>,
    args: NoInfer<A>,
    options?: SpawnOptions,
  ): ActorRef<P> {
    const { kernel } = this.#engine.host
    const plan = compiled(definition as ActorDefinition, 'spawn')
    if (this.#shutdown !== undefined) throw new UnreachableError('system-stopped', 'the system is shutting down')
    if (!Array.isArray(args)) throw new UsageError('invalid-args', `spawn: args must be an array, got ${String(args)}`)
    if (kernel.root !== undefined) {
      checkPlacement(options?.placement) // and then there is but one thread
      return kernel.rootFamily().spawn(plan, args, { ...options, placement: 'here' }) as ActorRef<P>
    }
    const resolved = resolveSpawnOptions(options)
    const name = options?.name
    if (name !== undefined && this.#names.has(name)) {
      throw new UsageError('name-taken', `a sibling is named '${name}' already`)
    }
    const seat = this.#engine.host.route.place(options?.placement ?? 'any')
    const slot = kernel.directory.allocate(seat, kernel.rootAddress.slot, name, resolved.mailbox.retain)
    if (slot < 0) throw new CapacityError('too-many-actors', 'no address is left on this thread (see actorsMax)')
    const generation = kernel.directory.generation(slot)
    const path = `/${name ?? `$${slot.toString(36)}`}`
    const ref = kernel.remote.refTo(slot, generation, path, plan.module, plan.name)
    try {
      kernel.remote.signal(this.#engine.rootSeat, {
        kind: 'adopt',
        ...{ seat, slot, generation, name, module: plan.module, definition: plan.name, args },
        options: travelling(resolved),
      })
    } catch (error) {
      kernel.directory.free(slot)
      throw error
    }
    if (name !== undefined) {
      this.#names.set(name, slot)
      this.#nameOf.set(slot, name)
    }
    return ref as ActorRef<P>
  }

  /** The actor at that path, or undefined. */
  whereis(path: string): Promise<ActorRef | undefined> {
    return this.#engine.host.kernel.whereis(path)
  }

  /**
   * An actor that tells what it is told to all members of a group, present and future, on all threads, and asks one of them
   * at a time. For another strategy spawn a `router` with the group's name.
   */
  group<P>(name: string): ActorRef<P> {
    const members = groupName(name, 'group')
    const known = this.#groups.get(members)
    if (known !== undefined) return known as ActorRef<P>
    const ref = this.spawn(router<P>(), [members, { strategy: 'broadcast' }], {
      placement: 'any',
      backoff: GROUP_BACKOFF,
    })
    this.#groups.set(members, ref as ActorRef<unknown>)
    return ref
  }

  /**
   * Stops an actor for good, whatever its restart policy: its current message is finished, what waits in its mailbox goes to
   * dead letters. Resolves when it has stopped; at once if it had before.
   */
  async stop(ref: ActorRef<never>): Promise<void> {
    if (!isRef(ref)) throw new UsageError('not-a-ref', `stop: expected an actor ref, got ${String(ref)}`)
    await dismiss(this.#engine.host.kernel, (ref as AnyRef).target)
  }

  /** Starts a parked actor again, with a fresh budget. Answers false if there is none at that path, or it is not parked. */
  async unpark(path: string): Promise<boolean> {
    const { kernel } = this.#engine.host
    const names = path.split('/').filter((name) => name !== '')
    const { seat, slot, generation } = kernel.rootAddress
    let tries = 0
    const found = await kernel.remote.find(seat, (correlation) => {
      tries++
      return { kind: 'unpark', slot, generation, names, seat: kernel.seat, correlation }
    })
    // A thread that died meanwhile may have cost the answer to a try that had unparked it already.
    return found !== undefined || (tries > 1 && (await this.whereis(path)) !== undefined)
  }

  /** What became of all messages. Asks each thread what waits there; after the end it answers how it ended. */
  async account(): Promise<MessageAccount> {
    if (this.#lastAccount !== undefined) return this.#lastAccount
    return readAccount(this.#engine.memory, await this.#queued())
  }

  /** All threads and actors, as shared memory shows them: also while a thread is stuck. */
  inspect(): SystemInspection {
    return inspect(this.#engine.memory)
  }

  /** Figures of all threads as Prometheus text, read from shared memory: also while a thread is stuck. */
  metrics(): string {
    return renderMetrics(this.#engine.memory, threadName)
  }

  /**
   * Ends a worker thread as if it had crashed, for tests and exercises in recovery: the one on `thread` (a seat), or the
   * one that an actor lives on. Answers false if there is no such thread, or it cannot be ended.
   */
  killThread(thread: number | ActorRef<never>): Promise<boolean> {
    const seat = typeof thread === 'number' ? thread : this.threadOf(thread)
    return this.#engine.killThread(seat)
  }

  /** Ends the spare thread, for tests. */
  killSpare(): Promise<void> {
    return this.#engine.killSpare()
  }

  /** The seat of the thread that an actor lives on. */
  threadOf(ref: ActorRef<never>): number {
    const [slot] = ref.toJSON().address.split('.')
    return this.#engine.memory.directory.hostSeat(Number(slot))
  }

  /**
   * Ends in phases under one deadline: no more spawns, a moment for what is queued, all actors in reverse order, threads.
   * Rejects (`shutdown-timeout`), naming who it waited for, when the deadline passes; everything has been ended then too.
   */
  shutdown(options: { readonly deadlineMs?: number } = {}): Promise<void> {
    this.#shutdown ??= awake(() => this.#runShutdown(options.deadlineMs ?? this.options.shutdownMs))
    return this.#shutdown
  }

  [Symbol.for('nodejs.asyncDispose')](): Promise<void> {
    return this.shutdown()
  }

  async #runShutdown(deadlineMs: number): Promise<void> {
    const untilMs = systemClock.nowMs() + deadlineMs
    await this.#drain(deadlineMs / 4)
    this.#engine.stopRoot()
    const isInTime = await within(this.#engine.rootEnded, untilMs - systemClock.nowMs())
    const waitedFor = isInTime ? [] : this.#stillThere()
    await this.#finish(untilMs)
    if (!isInTime) {
      throw new UnreachableError(
        'shutdown-timeout',
        `shutdown took more than ${deadlineMs} ms; it waited for ${describeActors(waitedFor)}`,
      )
    }
  }

  /**
   * Gives what was sent the chance to be handled. A system that is never quiet gets `DRAIN_MS`, counted from when no actor is
   * being started any more, and `drainMsMax` at most.
   */
  async #drain(drainMsMax: number): Promise<void> {
    const startedMs = systemClock.nowMs()
    let settledMs = startedMs
    for (let nowMs = startedMs; nowMs - startedMs < drainMsMax; nowMs = systemClock.nowMs()) {
      // First, since what this thread sent a moment ago is not published yet.
      await new Promise((resolve) => systemClock.schedule(1, () => resolve(undefined)))
      if (readAccount(this.#engine.memory, 0).isExact && !this.#isSomethingUnderWay()) return
      if (this.#isSomebodyStarting()) settledMs = nowMs
      else if (nowMs - settledMs >= DRAIN_MS) return
    }
  }

  /** The entries for messages without an actor are not counted: nobody ever starts there. */
  #isSomebodyStarting(): boolean {
    const { directory } = this.#engine.memory
    let isStarting = false
    directory.forEach((slot) => {
      isStarting ||= directory.state(slot) === 'starting' && directory.parentSlot(slot) !== LIMBO
    })
    return isStarting
  }

  #isSomethingUnderWay(): boolean {
    const { memory } = this.#engine
    const { seatsMax } = memory.options
    for (let from = 0; from < seatsMax; from++) {
      for (let to = 0; to < seatsMax; to++) if (from !== to && memory.ringPendingBytes(from, to) > 0) return true
    }
    return false
  }

  async #onRootEnded(reason: ExitReason): Promise<void> {
    const isWanted = this.#shutdown !== undefined
    if (!isWanted) this.#giveUp()
    await this.#shutdown
    if (isWanted && reason.kind === 'shutdown') return
    throw new UnreachableError('root-failed', describeExit(reason), becauseOf(reason))
  }

  /** Its thread, and with it all workers', has gone: nobody is left to supervise. */
  async #onGuardianLost(error: unknown): Promise<void> {
    if (this.#shutdown === undefined) this.#giveUp()
    await this.#shutdown
    throw error
  }

  #giveUp(): void {
    this.#shutdown = awake(() => this.#finish(systemClock.nowMs() + this.options.shutdownMs))
    process.exitCode = 1
  }

  async #finish(untilMs: number): Promise<void> {
    this.#lastAccount = readAccount(this.#engine.memory, await this.#queued())
    const { kernel } = this.#engine.host
    kernel.askDeadlines.abandonAll(new UnreachableError('system-stopped', 'the system has shut down'))
    await this.#engine.end(Math.max(untilMs - systemClock.nowMs(), 100))
    this.#lastAccount = readAccount(this.#engine.memory, this.#lastAccount.queued)
  }

  async #queued(): Promise<number> {
    const { host, memory } = this.#engine
    let queued = host.census().queued
    const others: Promise<unknown>[] = []
    for (let seat = 0; seat < memory.options.seatsMax; seat++) {
      if (seat === host.place.seat || memory.seats.state(seat) !== 'running') continue
      const census = host.kernel.remote.request(seat, (correlation) => ({ kind: 'census', correlation }) as never)
      others.push(within(census, CENSUS_MS).then((isIn) => (isIn ? census : { queued: 0 })))
    }
    for (const census of (await Promise.all(others.map((one) => one.catch(() => ({ queued: 0 }))))) as Census[]) {
      queued += census.queued
    }
    return queued
  }

  #stillThere(): readonly ActorInspection[] {
    return inspect(this.#engine.memory).actors.filter((actor) => actor.state === 'stopping' || actor.queued > 0)
  }

  #releaseName(slot: number): void {
    const name = this.#nameOf.get(slot)
    if (name === undefined) return
    this.#nameOf.delete(slot)
    this.#names.delete(name)
  }
}

/** A group's router comes back after its thread, at no one's expense. */
const GROUP_BACKOFF = { minMs: 1, maxMs: 1_000 }

/** Time for what is queued at shutdown. Milliseconds. */
const DRAIN_MS = 250

/** Until `work` is done the process lives: the clock's timers, which that may wait for, would let it end in the middle. */
async function awake(work: () => Promise<void>): Promise<void> {
  const release = keepAlive()
  try {
    await work()
  } finally {
    release()
  }
}

/** Whether `promise` settles in time. */
function within(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = systemClock.schedule(Math.max(milliseconds, 0), () => resolve(false))
    const done = (): void => {
      timer.cancel()
      resolve(true)
    }
    promise.then(done, done)
  })
}

/** Actors that an error names; more are counted. */
const NAMED_MAX = 10

function describeActors(actors: readonly ActorInspection[]): string {
  const named = actors.slice(0, NAMED_MAX).map(describeActor).join(', ')
  return actors.length > NAMED_MAX ? `${named} and ${actors.length - NAMED_MAX} more` : named
}

function describeActor(actor: ActorInspection): string {
  return `${actor.path} (${actor.state}, ${actor.queued} queued)`
}
