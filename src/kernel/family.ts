import type { TimerHandle } from '../base/clock.ts'
import { UnreachableError } from '../base/errors.ts'
import type { ActorCell } from './actor-cell.ts'
import { crash } from './actor-life.ts'
import type { ActorRef } from './actor-ref.ts'
import type { Child } from './child.ts'
import type { CompiledDefinition } from './definition.ts'
import type { ParentLink } from './parent-link.ts'
import type { RemoteChild } from './remote/remote-child.ts'
import type { SpawnOptions } from './spawn-options.ts'
import type { ExitReason, ThreadLost } from './supervision/exit-reason.ts'
import { Supervisor } from './supervision/supervisor.ts'
import type { SupervisorPort } from './supervision/supervisor-port.ts'

/** The children of one incarnation, under their supervisor: carries out what it decides, tells it what happened. */
export class Family implements SupervisorPort<Child>, ParentLink {
  readonly supervisor: Supervisor<Child>
  readonly #cell: ActorCell
  readonly #timers = new Map<Child, TimerHandle>()
  /** Who waits for the end of a child, by child. */
  readonly #departures = new Map<Child, (() => void)[]>()
  #onAllStopped: (() => void) | undefined

  constructor(cell: ActorCell) {
    this.#cell = cell
    this.supervisor = new Supervisor<Child>(this, cell.definition.supervise, cell.kernel.random)
  }

  get path(): string {
    return this.#cell.path
  }

  get slot(): number {
    return this.#cell.slot
  }

  spawn(definition: CompiledDefinition, args: readonly unknown[], options: SpawnOptions | undefined): ActorRef {
    const { child, ref } = this.#cell.kernel.createChild(this, definition, args, options)
    this.take(child)
    return ref
  }

  /** Supervises a child from now on, and starts it. */
  take(child: Child): void {
    let isTaken = false
    try {
      isTaken = this.supervisor.childAdded(child)
    } finally {
      if (!isTaken) child.forget({ kind: 'shutdown' })
    }
    if (!isTaken) throw new UnreachableError('actor-stopping', `${this.path} is stopping and takes no more children`)
    this.#cell.kernel.meters.add('spawned', 1)
  }

  /** Stops one child for good, whatever its policy says. Resolves when it has stopped. */
  stopChild(child: Child): Promise<void> {
    return new Promise((resolve) => {
      this.#departures.set(child, [...(this.#departures.get(child) ?? []), resolve])
      this.supervisor.stopChild(child)
    })
  }

  /** The thread of these children died. */
  lost(children: readonly RemoteChild[], reason: ThreadLost): void {
    this.supervisor.threadLost(children, reason, this.#cell.kernel.clock.nowMs())
  }

  /** Stops all children, the last started first, and then calls back. */
  shutdown(reason: ExitReason, onAllStopped: () => void): void {
    this.#onAllStopped = onAllStopped
    this.supervisor.shutdown(reason)
  }

  /** Ends all children at once. */
  killAll(): void {
    this.supervisor.kill()
  }

  started(child: Child): void {
    this.supervisor.childStarted(child, this.#cell.kernel.clock.nowMs())
  }

  exited(child: Child, reason: ExitReason): void {
    this.supervisor.childExited(child, reason, this.#cell.kernel.clock.nowMs())
  }

  start(child: Child): void {
    child.begin()
  }

  restart(child: Child, reason: ExitReason): void {
    const { kernel } = this.#cell
    kernel.meters.add('restarts', 1)
    kernel.meters.add(`restarts-${restartCause(reason)}`, 1)
    kernel.emit({ type: 'restarted', path: child.path, reason })
    kernel.directory.countRestart(child.slot)
    child.begin()
  }

  stop(child: Child, reason: ExitReason): void {
    child.stop(reason)
  }

  kill(child: Child): void {
    child.kill()
  }

  park(child: Child, reason: ExitReason): void {
    this.#cell.kernel.emit({ type: 'parked', path: child.path, reason })
    child.park(reason)
  }

  forget(child: Child, reason: ExitReason): void {
    this.clearTimer(child)
    child.forget(reason)
    for (const resolve of this.#departures.get(child) ?? []) resolve()
    this.#departures.delete(child)
  }

  setTimer(child: Child, delayMs: number): void {
    const { clock } = this.#cell.kernel
    const onDue = (): void => {
      this.#timers.delete(child)
      this.supervisor.timerElapsed(child)
    }
    this.#timers.set(child, clock.schedule(delayMs, onDue))
  }

  clearTimer(child: Child): void {
    const timer = this.#timers.get(child)
    if (timer === undefined) return
    timer.cancel()
    this.#timers.delete(child)
  }

  areInterchangeable(later: Child, earlier: Child): boolean {
    return this.#cell.kernel.directory.areInterchangeable(later.slot, earlier.slot)
  }

  pause(): void {
    this.#cell.kernel.turns.defer(() => this.supervisor.resume())
  }

  allStopped(): void {
    this.#onAllStopped?.()
  }

  exitSelf(reason: ExitReason): void {
    const { kernel, path } = this.#cell
    if (reason.kind === 'supervisor-failed') kernel.emit({ type: 'escalated', path, reason })
    crash(this.#cell, reason)
  }
}

function restartCause(reason: ExitReason): 'failure' | 'thread-lost' | 'start-failed' | 'sibling' {
  switch (reason.kind) {
    case 'thread-lost':
    case 'start-failed':
      return reason.kind
    case 'shutdown':
      return 'sibling'
    default:
      return 'failure'
  }
}
