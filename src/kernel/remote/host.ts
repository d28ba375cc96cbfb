import { UnreachableError, UsageError } from '../../base/errors.ts'
import type { ActorCell } from '../actor-cell.ts'
import { abandon } from '../actor-life.ts'
import { PARKED, RUNNING, SUSPENDED } from '../actor-stage.ts'
import type { Child } from '../child.ts'
import { type CompiledDefinition, compiled, defineActor, findDefinition } from '../definition.ts'
import { spawnDefaults } from '../spawn-options.ts'
import { becauseOf, describeExit, type ExitReason } from '../supervision/exit-reason.ts'
import type { Remote } from './remote.ts'
import { RemoteParent } from './remote-parent.ts'
import type { Address, Attempt, SpawnOrder } from './signal.ts'

/** Actors of this thread whose parents live on others: makes them, waits for their modules, lets them go. */
export class Host {
  readonly #remote: Remote
  /** What waits until it is clear whether the actor comes, by slot. */
  readonly #waiting = new Map<number, (() => void)[]>()
  readonly #loading = new Map<number, Loading>()
  /** Modules on their way: all actors that come meanwhile wait for the same one. */
  readonly #modules = new Map<string, Promise<unknown>>()

  constructor(remote: Remote) {
    this.#remote = remote
  }

  /** Starts an incarnation. The first one on this thread may have to wait for its module. */
  begin(order: SpawnOrder): void {
    const { kernel } = this.#remote
    const cell = kernel.cells.get(order.slot)
    if (cell?.generation === order.generation) return beginAgain(cell, order)
    if (!kernel.directory.isCurrent(order.slot, order.generation)) return
    kernel.directory.setState(order.slot, 'starting')
    const definition = findDefinition(order.module, order.definition)
    if (definition !== undefined) return this.#make(order, definition)
    const loading = this.#loading.get(order.slot)
    if (loading !== undefined) {
      loading.order = order
      return
    }
    this.#loading.set(order.slot, { order, isUnwanted: false })
    void this.#load(order).then((loaded) => this.#loaded(order.slot, loaded))
  }

  /** The parent lets go of the actor for good. */
  forget({ slot, generation }: Address, reason: ExitReason): void {
    const { kernel, arrivals } = this.#remote
    if (!kernel.directory.isCurrent(slot, generation)) return
    const cell = kernel.cells.get(slot)
    if (cell !== undefined) return endThen(cell, (child) => child.forget(reason))
    const loading = this.#loading.get(slot)
    if (loading !== undefined) loading.isUnwanted = true
    else if (kernel.directory.state(slot) === 'stopped')
      this.#remote.giveBack(slot, generation) // its host died before it said so
    else {
      arrivals.drop(slot, `#${slot}`)
      kernel.end(slot, generation)
    }
    if (loading === undefined) this.settled(slot)
  }

  /** The parent wants the actor to stay away. One that has no cell here, because its thread is new, need not get one. */
  park({ slot, generation, attempt }: Attempt, reason: ExitReason): void {
    const { kernel, arrivals } = this.#remote
    const cell = kernel.cells.get(slot)
    if (cell?.generation === generation) {
      if (cell.parent instanceof RemoteParent && cell.parent.attempt === attempt)
        endThen(cell, (child) => child.park(reason))
    } else if (this.isExpected(slot, generation)) {
      kernel.directory.setState(slot, 'parked')
      const message = `#${slot} is parked: ${describeExit(reason)}`
      arrivals.refuseAsks(slot, new UnreachableError('actor-parked', message, becauseOf(reason)))
      kernel.orphans?.release(slot)
      this.settled(slot)
    }
  }

  /** The parent died with its thread. A cell was told so before; this is about what has none. */
  disown({ slot, generation }: Address): void {
    const cell = this.#remote.kernel.cells.get(slot)
    if (cell?.generation !== generation) this.forget({ slot, generation }, { kind: 'parent-lost' })
  }

  /** The thread of these parents died: their children stop, and those that are still to come do not. */
  parentsLost(seat: number): void {
    for (const loading of this.#loading.values()) {
      if (loading.order.parentSeat === seat) loading.isUnwanted = true
    }
    for (const cell of [...this.#remote.kernel.cells.values()]) {
      if (!(cell.parent instanceof RemoteParent) || cell.parent.seat !== seat) continue
      cell.parent.verdict = (child) => child.forget({ kind: 'parent-lost' })
      abandon(cell, { kind: 'parent-lost' })
    }
  }

  /** Whether an actor of this thread is meant that has not ended, with a cell or yet without. */
  isExpected(slot: number, generation: number): boolean {
    const { directory, seat } = this.#remote.kernel
    if (!directory.isCurrent(slot, generation) || directory.hostSeat(slot) !== seat) return false
    return directory.state(slot) !== 'stopped'
  }

  /** Actors whose modules are being loaded. */
  get loadingCount(): number {
    return this.#loading.size
  }

  /** Runs `then` when it is clear whether an actor that is expected has come. */
  whenSettled(slot: number, then: () => void): void {
    const waiting = this.#waiting.get(slot)
    if (waiting === undefined) this.#waiting.set(slot, [then])
    else waiting.push(then)
  }

  /** The actor has come, or will not come. */
  settled(slot: number): void {
    const waiting = this.#waiting.get(slot) ?? []
    this.#waiting.delete(slot)
    for (const then of waiting) then()
  }

  /** A cell has been made: it gets what came before it. */
  arrived(cell: ActorCell): void {
    this.#remote.arrivals.release(cell)
    this.settled(cell.slot)
  }

  /** Why an address is of no use. */
  endOf(slot: number, generation: number): UnreachableError {
    return new UnreachableError('actor-stopped', `the actor at ${slot}.${generation} has stopped`)
  }

  #make(order: SpawnOrder, definition: CompiledDefinition): void {
    const { kernel } = this.#remote
    const parent = new RemoteParent(kernel, order)
    const options = order.options ?? spawnDefaults
    const cell = new kernel.Cell(kernel, definition, order.args, options, parent, order.name, order.slot)
    kernel.host(cell)
    cell.begin()
    this.arrived(cell)
  }

  #loaded(slot: number, definition: CompiledDefinition): void {
    const { order, isUnwanted } = this.#loading.get(slot) as Loading
    this.#loading.delete(slot)
    if (isUnwanted) this.forget(order, { kind: 'shutdown' })
    else this.#make(order, definition)
  }

  async #load(order: SpawnOrder): Promise<CompiledDefinition> {
    try {
      await this.#loadModule(order.module)
    } catch (cause) {
      return failing(
        order,
        new UsageError('module-not-loaded', `cannot load ${order.module}: ${messageOf(cause)}`, { cause }),
      )
    }
    const missing = `${order.module} defines no actor '${order.definition}' when it is imported`
    return (
      findDefinition(order.module, order.definition) ?? failing(order, new UsageError('definition-missing', missing))
    )
  }

  #loadModule(url: string): Promise<unknown> {
    const known = this.#modules.get(url)
    if (known !== undefined) return known
    const module = this.#remote.kernel.loadModule(url).finally(() => this.#modules.delete(url))
    this.#modules.set(url, module)
    return module
  }
}

/** An actor whose module is being loaded. */
interface Loading {
  /** The last one for it. */
  order: SpawnOrder
  /** Its parent has let go of it meanwhile, or died. */
  isUnwanted: boolean
}

/**
 * A start that was asked for again, because the parent took the first one for lost with its thread: if that is under way
 * or done, it is the one.
 */
function beginAgain(cell: ActorCell, order: SpawnOrder): void {
  const parent = cell.parent as RemoteParent
  parent.attempt = order.attempt
  cell.args = order.args
  if (cell.stage === RUNNING) parent.started(cell)
  else if (cell.stage === PARKED || (cell.stage === SUSPENDED && cell.windUp === undefined)) cell.begin()
}

/** Ends the incarnation, if there is one, before the parent's word is carried out. */
function endThen(cell: ActorCell, verdict: (child: Child) => void): void {
  const hasEnded = cell.windUp === undefined && (cell.stage === SUSPENDED || cell.stage === PARKED)
  if (hasEnded || !(cell.parent instanceof RemoteParent)) return verdict(cell)
  cell.parent.verdict = verdict
  cell.kill()
}

/** Stands for a definition that cannot be had: its actor fails to start, and is not tried again. */
function failing(order: SpawnOrder, error: UsageError): CompiledDefinition {
  Object.assign(error, { retryable: false })
  const start = (): never => {
    throw error
  }
  return compiled(defineActor({ name: order.definition, module: `${order.module}?missing`, start, on: {} }), 'host')
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
