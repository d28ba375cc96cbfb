import type { Clock } from '../base/clock.ts'
import { CapacityError, InvariantError, UsageError } from '../base/errors.ts'
import { checkRange } from '../base/options.ts'
import type { Random } from '../base/random.ts'
import { ActorCell } from './actor-cell.ts'
import { continueStop } from './actor-life.ts'
import type { ActorRef } from './actor-ref.ts'
import { AskDeadlines } from './ask-deadlines.ts'
import { CellTable } from './cell-table.ts'
import type { Child } from './child.ts'
import type { ComputePool } from './compute-pool.ts'
import type { Copies } from './copies.ts'
import { CopyingCell } from './copying-cell.ts'
import type { DeadLetterReason, DeadLetterSink } from './dead-letters.ts'
import type { CompiledDefinition } from './definition.ts'
import { type Directory, LIMBO } from './directory.ts'
import type { ErrorScope } from './error-scope.ts'
import type { Executor } from './executor.ts'
import type { Family } from './family.ts'
import type { Frame, FramePool } from './frame.ts'
import { BoundLog, type LogSink } from './log.ts'
import { MailboxPool } from './mailbox.ts'
import type { Meters } from './meters.ts'
import type { Pulse } from './pulse.ts'
import type { Orphans } from './remote/orphans.ts'
import type { OutboundRoute } from './remote/outbound-route.ts'
import { Remote } from './remote/remote.ts'
import { RemoteChild } from './remote/remote-child.ts'
import type { Signal } from './remote/signal.ts'
import type { Retention } from './retention.ts'
import type { RunQueue } from './run-queue.ts'
import { type ResolvedSpawnOptions, resolveSpawnOptions, type SpawnOptions, travelling } from './spawn-options.ts'
import type { SystemEvent } from './system-event.ts'
import { Turns } from './turns.ts'

/** What a kernel needs from outside. */
export interface KernelPorts {
  /** This thread's seat. */
  readonly seat: number
  /** Which thread on that seat this is. */
  readonly incarnation: number
  readonly rootAddress: { readonly seat: number; readonly slot: number; readonly generation: number }
  readonly route: OutboundRoute
  /** Imports a module, for the definitions in it. */
  readonly loadModule: (url: string) => Promise<unknown>
  readonly clock: Clock
  readonly random: Random
  readonly executor: Executor
  /** Whose turn it is. @default first come, first served */
  readonly runQueue?: RunQueue
  readonly directory: Directory
  readonly pulse: Pulse
  readonly meters: Meters
  readonly logSink: LogSink
  readonly deadLetters: DeadLetterSink
  readonly compute: ComputePool
  /** None: errors that come up outside of handlers are nobody's. */
  readonly errorScope?: ErrorScope | undefined
  readonly frames: FramePool
  readonly retention: Retention
  /** Told what `system.events` tells. Must not throw. */
  readonly onEvent: (event: SystemEvent) => void
  /** What debug mode does to all that is said on this thread. None: values pass by reference. */
  readonly copies?: Copies | undefined
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
  readonly retention: Retention
  readonly askDeadlines: AskDeadlines
  /** What an actor of this thread is made of. */
  readonly Cell: typeof ActorCell
  /** Only in debug mode. */
  readonly copies: Copies | undefined
  /** Living cells by slot. */
  readonly cells: CellTable
  readonly mailboxes = new MailboxPool()
  /** Frames that the running handler has made: they last as long as it. */
  looseFrames: Frame[] = []
  readonly remote: Remote
  /** The entry in which messages for actors that are no more are counted. */
  readonly limboSlot: number
  /** Where the root is. */
  rootAddress: { readonly seat: number; readonly slot: number; readonly generation: number }
  /** The root, on its own thread. */
  root: ActorCell | undefined
  /** After a takeover: what the last thread on this seat left behind. */
  orphans: Orphans | undefined
  /** Told when an address of this thread's range is free again. */
  onRelease: ((slot: number) => void) | undefined
  readonly #ports: KernelPorts

  constructor(ports: KernelPorts) {
    this.#ports = ports
    this.seat = ports.seat
    this.clock = ports.clock
    this.random = ports.random
    this.directory = ports.directory
    this.accounts = ports.directory.accounts
    this.cells = new CellTable(ports.directory.rangeBits)
    this.pulse = ports.pulse
    this.meters = ports.meters
    this.logSink = ports.logSink
    this.retention = ports.retention
    this.log = new BoundLog(ports.logSink, undefined)
    this.turns = new Turns(ports.executor, ports.clock, ports.pulse, ports.runQueue, ports.errorScope)
    this.askDeadlines = new AskDeadlines(ports.clock)
    this.copies = ports.copies
    this.Cell = ports.copies === undefined ? ActorCell : CopyingCell
    this.limboSlot = ports.directory.allocate(ports.seat, LIMBO, undefined)
    this.rootAddress = ports.rootAddress
    this.remote = new Remote(this, ports.route, ports.incarnation)
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
    family: Family,
    definition: CompiledDefinition,
    args: readonly unknown[],
    options: SpawnOptions | undefined,
  ): { child: Child; ref: ActorRef } {
    if (!Array.isArray(args)) throw new UsageError('invalid-args', `spawn: args must be an array, got ${String(args)}`)
    const resolved = resolveSpawnOptions(options)
    const name = options?.name
    const placement = options?.placement ?? 'here'
    const seat = placement === 'here' ? this.seat : this.remote.route.place(placement)
    if (seat !== this.seat) return this.#createRemote(family, definition, args, resolved, name, seat)
    const slot =
      this.orphans?.claim(family.slot, name) ?? this.#allocate(seat, family.slot, name, resolved.mailbox.retain)
    const own = this.copies === undefined ? ownArguments(args) : this.copies.spawn(args)
    const cell = new this.Cell(this, definition, own, resolved, family, name, slot)
    this.host(cell)
    if (this.orphans !== undefined) this.remote.host.arrived(cell)
    return { child: cell, ref: cell.ref as unknown as ActorRef }
  }

  /** The actor lives here from now on. */
  host(cell: ActorCell): void {
    this.cells.add(cell)
    this.directory.describe(cell.slot, cell.definition)
    this.meters.setActors(this.cells.size)
  }

  #createRemote(
    family: Family,
    definition: CompiledDefinition,
    args: readonly unknown[],
    options: ResolvedSpawnOptions,
    name: string | undefined,
    seat: number,
  ): { child: Child; ref: ActorRef } {
    const slot = this.#allocate(seat, family.slot, name, options.mailbox.retain)
    const generation = this.directory.generation(slot)
    // Written out, since spreading two objects takes ten times as long as all the rest of it.
    const child = new RemoteChild(this, family, seat, {
      parentSeat: this.seat,
      parentSlot: family.slot,
      parentPath: family.path,
      slot,
      generation,
      name,
      module: definition.module,
      definition: definition.name,
      args,
      options: travelling(options),
    })
    this.remote.addChild(child)
    const ref = this.remote.refTo(slot, generation, child.path, definition.module, definition.name)
    return { child, ref }
  }

  #allocate(seat: number, parentSlot: number, name: string | undefined, retains: boolean): number {
    const slot = this.directory.allocate(seat, parentSlot, name, retains)
    if (slot < 0) throw new CapacityError('too-many-actors', 'no address is left on this thread (see actorsMax)')
    return slot
  }

  /** The cell is gone for good: its counts go to the totals, its address to the next. */
  forget(cell: ActorCell): void {
    this.cells.delete(cell.slot)
    this.meters.setActors(this.cells.size)
    this.end(cell.slot, cell.generation)
    this.meters.add('stopped', 1)
  }

  /** The last of an actor of this thread in the directory. */
  end(slot: number, generation: number): void {
    this.directory.setState(slot, 'stopped')
    this.directory.settle(slot)
    this.remote.giveBack(slot, generation)
    this.orphans?.release(slot)
  }

  /** The host of an address of this thread's range is done with it. */
  release(slot: number, generation: number): void {
    if (!this.directory.isCurrent(slot, generation)) return
    this.directory.free(slot)
    this.onRelease?.(slot)
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

  /** What one actor lost when its thread died. `handler`: the one that ran, if one did. */
  deadLetterLost(actor: string, handler: string | undefined, count: number): void {
    this.meters.add('dead-letters-thread-lost', count)
    const letter = { reason: 'thread-lost', actor, handler, args: [], count, error: undefined } as const
    this.#ports.deadLetters.take({ ...letter, atMs: this.clock.nowMs() })
  }

  /** A frame for the handler that runs, or awaits, on behalf of `cell`. */
  allocateFrame(cell: ActorCell, bytes: number): Frame {
    const { frames } = this.#ports
    checkRange('frame', 'bytes', bytes, { min: 1, max: frames.bytesMax, unit: 'bytes' })
    const frame = frames.allocate(bytes)
    if (frame === undefined) {
      throw new CapacityError('frames-exhausted', `no room for a frame of ${bytes} bytes (see arenaBytes)`)
    }
    const [inFlight] = cell.extras?.inFlight ?? []
    if (this.running === cell || inFlight === undefined) this.looseFrames.push(frame)
    else inFlight.hold(frame)
    return frame
  }

  releaseLooseFrames(): void {
    for (const frame of this.takeLooseFrames()) frame.release()
  }

  takeLooseFrames(): Frame[] {
    if (this.looseFrames.length === 0) return []
    const frames = this.looseFrames
    this.looseFrames = []
    return frames
  }

  emit(event: SystemEvent): void {
    this.#ports.onEvent(event)
  }

  compute(module: string, exportName: string, args: readonly unknown[], signal: AbortSignal): Promise<unknown> {
    return this.#ports.compute.run(module, exportName, args, signal)
  }

  /** The actor at that path, `/gateway/connection-7` or `gateway/connection-7`, wherever it lives. */
  async whereis(path: string): Promise<ActorRef | undefined> {
    if (typeof path !== 'string') throw new UsageError('invalid-name', `whereis: expected a path, got ${String(path)}`)
    const names = path.split('/').filter((name) => name !== '')
    const { seat: rootSeat, slot, generation } = this.rootAddress
    const { seat } = this
    const found = await this.remote.find(rootSeat, (correlation) => {
      return { kind: 'find', slot, generation, names, seat, correlation }
    })
    return found as ActorRef | undefined
  }

  loadModule(url: string): Promise<unknown> {
    return this.#ports.loadModule(url)
  }

  /** For error messages: an actor of another thread shows its slot. */
  pathOf(slot: number): string {
    return this.cells.get(slot)?.path ?? `#${slot}`
  }

  /** A top-level actor, at an address that its spawner chose. Only on the thread of the root. */
  adopt({ seat, ...order }: Extract<Signal, { kind: 'adopt' }>): void {
    const family = this.rootFamily()
    const child = new RemoteChild(this, family, seat, { ...order, ...parentOf(this.seat, family) })
    this.remote.addChild(child)
    try {
      family.take(child)
    } catch {
      // A name that is taken, or a root that is stopping: the child was let go, and who waits for it hears of that.
    }
  }

  rootFamily(): Family {
    if (this.root === undefined) throw new InvariantError('no-root', 'the root lives on another thread')
    return this.root.more.needFamily()
  }
}

const NO_ARGUMENTS: readonly unknown[] = Object.freeze([])

/** Kept for every restart, so the caller's array is not it. */
function ownArguments(args: readonly unknown[]): readonly unknown[] {
  return args.length === 0 ? NO_ARGUMENTS : [...args]
}

function parentOf(seat: number, family: Family): { parentSeat: number; parentSlot: number; parentPath: string } {
  return { parentSeat: seat, parentSlot: family.slot, parentPath: family.path }
}
