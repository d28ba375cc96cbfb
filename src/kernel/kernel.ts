import type { Clock } from '../base/clock.ts'
import { CapacityError, UsageError } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import { ActorCell } from './actor-cell.ts'
import { continueStop } from './actor-life.ts'
import type { ActorRef } from './actor-ref.ts'
import { AskDeadlines } from './ask-deadlines.ts'
import type { Child } from './child.ts'
import type { ComputePool } from './compute-pool.ts'
import type { DeadLetterReason, DeadLetterSink } from './dead-letters.ts'
import type { CompiledDefinition } from './definition.ts'
import type { Directory } from './directory.ts'
import type { Executor } from './executor.ts'
import { BoundLog, type LogSink } from './log.ts'
import type { Meters } from './meters.ts'
import type { ParentLink } from './parent-link.ts'
import type { Pulse } from './pulse.ts'
import type { AnyRef } from './ref.ts'
import { resolveSpawnOptions, type SpawnOptions } from './spawn-options.ts'
import type { SystemEvent } from './system-event.ts'
import { Turns } from './turns.ts'

/** What a kernel needs from outside. */
export interface KernelPorts {
  /** This thread's seat. */
  readonly seat: number
  readonly clock: Clock
  readonly random: Random
  readonly executor: Executor
  readonly directory: Directory
  readonly pulse: Pulse
  readonly meters: Meters
  readonly logSink: LogSink
  readonly deadLetters: DeadLetterSink
  readonly compute: ComputePool
  /** Told what `system.events` tells. Must not throw. */
  readonly onEvent: (event: SystemEvent) => void
  /** Arguments as the receiver gets them: what debug mode does to every local message. */
  readonly copyArguments?: ((args: readonly unknown[]) => unknown[]) | undefined
}

/** The actors of one thread, and what they share. */
export class Kernel {
  readonly seat: number
  readonly clock: Clock
  readonly random: Random
  readonly directory: Directory
  readonly accounts: Float64Array
  readonly pulse: Pulse
  readonly meters: Meters
  readonly logSink: LogSink
  readonly log: BoundLog
  readonly turns: Turns
  readonly askDeadlines: AskDeadlines
  readonly copyArguments: ((args: readonly unknown[]) => unknown[]) | undefined
  /** Living cells by slot. */
  readonly cells = new Map<number, ActorCell>()
  readonly #ports: KernelPorts

  constructor(ports: KernelPorts) {
    this.#ports = ports
    this.seat = ports.seat
    this.clock = ports.clock
    this.random = ports.random
    this.directory = ports.directory
    this.accounts = ports.directory.accounts
    this.pulse = ports.pulse
    this.meters = ports.meters
    this.logSink = ports.logSink
    this.log = new BoundLog(ports.logSink, undefined)
    this.turns = new Turns(ports.executor, ports.clock, ports.pulse)
    this.askDeadlines = new AskDeadlines(ports.clock)
    this.copyArguments = ports.copyArguments
  }

  /** When the current turn began: good enough for deadlines that are far away. */
  get nowMs(): number {
    return this.turns.startedMs
  }

  get running(): ActorCell | undefined {
    return this.turns.running
  }

  schedule(cell: ActorCell): void {
    this.turns.schedule(cell)
  }

  /** The run of a stopping cell is over: nothing of it is on the stack any more. */
  afterRun(cell: ActorCell): void {
    this.turns.running = undefined
    continueStop(cell)
  }

  /** A child where its placement says, not yet supervised. */
  createChild(
    family: ParentLink,
    definition: CompiledDefinition,
    args: readonly unknown[],
    options: SpawnOptions | undefined,
  ): { child: Child; ref: ActorRef } {
    if (!Array.isArray(args)) throw new UsageError('invalid-args', `spawn: args must be an array, got ${String(args)}`)
    const resolved = resolveSpawnOptions(options)
    const slot = this.directory.allocate(this.seat, family.slot, options?.name)
    if (slot < 0) throw new CapacityError('too-many-actors', 'no address is left on this thread (see actorsMax)')
    const own = this.copyArguments === undefined ? [...args] : this.copyArguments(args)
    const cell = new ActorCell(this, definition, own, resolved, family, options?.name, slot)
    this.cells.set(slot, cell)
    return { child: cell, ref: cell.ref as unknown as ActorRef }
  }

  /** The cell is gone for good: its counts go to the totals, its address to the next. */
  forget(cell: ActorCell): void {
    this.cells.delete(cell.slot)
    this.directory.setState(cell.slot, 'stopped')
    this.directory.settle(cell.slot)
    this.directory.free(cell.slot)
    this.meters.add('stopped', 1)
  }

  deadLetter(
    reason: DeadLetterReason,
    actor: string,
    handler: string | undefined,
    args: readonly unknown[],
    error: unknown,
  ): void {
    this.meters.add(`dead-letters-${reason}`, 1)
    this.#ports.deadLetters.take({ reason, actor, handler, args, count: 1, error, atMs: this.clock.nowMs() })
  }

  emit(event: SystemEvent): void {
    this.#ports.onEvent(event)
  }

  compute(module: string, exportName: string, args: readonly unknown[], signal: AbortSignal): Promise<unknown> {
    return this.#ports.compute.run(module, exportName, args, signal)
  }

  whereis(path: string): Promise<ActorRef | undefined> {
    return Promise.resolve(this.findLocal(path)?.ref as unknown as ActorRef | undefined)
  }

  findLocal(path: string): ActorCell | undefined {
    const wanted = path.startsWith('/') ? path : `/${path}`
    for (const cell of this.cells.values()) if (cell.path === wanted) return cell
    return undefined
  }

  /** For error messages: an actor of another thread shows its slot. */
  pathOf(slot: number): string {
    return this.cells.get(slot)?.path ?? `#${slot}`
  }

  remoteWatch(_watch: unknown): void {}
  remoteUnwatch(_watch: unknown): void {}
  remoteLink(_cell: ActorCell, _ref: AnyRef): void {}
  remoteUnlink(_cell: ActorCell, _ref: AnyRef): void {}
}
