import { UnreachableError, UsageError } from '../../base/errors.ts'
import { ActorCell } from '../actor-cell.ts'
import { type CompiledDefinition, compiled, defineActor, findDefinition } from '../definition.ts'
import type { ExitReason } from '../supervision/exit-reason.ts'
import type { Remote } from './remote.ts'
import { RemoteParent } from './remote-parent.ts'
import type { Address, SpawnOrder } from './signal.ts'

/** Actors of this thread whose parents live on others: makes them, waits for their modules, lets them go. */
export class Host {
  readonly #remote: Remote
  /** What waits until it is clear whether the actor comes, by slot. */
  readonly #waiting = new Map<number, (() => void)[]>()
  readonly #loading = new Set<number>()

  constructor(remote: Remote) {
    this.#remote = remote
  }

  /** Starts an incarnation. The first one on this thread may have to wait for its module. */
  begin(order: SpawnOrder): void {
    const { kernel } = this.#remote
    const cell = kernel.cells.get(order.slot)
    if (cell !== undefined) {
      cell.args = order.args
      return cell.begin()
    }
    if (!kernel.directory.isCurrent(order.slot, order.generation)) return
    kernel.directory.setState(order.slot, 'starting')
    const definition = findDefinition(order.module, order.definition)
    if (definition !== undefined) return this.#make(order, definition)
    this.#loading.add(order.slot)
    this.#load(order).then((loaded) => {
      this.#loading.delete(order.slot)
      this.#make(order, loaded)
    })
  }

  /** The parent lets go of the actor for good. */
  forget({ slot, generation }: Address, reason: ExitReason): void {
    const { kernel, arrivals } = this.#remote
    if (!kernel.directory.isCurrent(slot, generation)) return
    const cell = kernel.cells.get(slot)
    if (cell !== undefined) return cell.forget(reason)
    if (this.#loading.has(slot)) return this.whenSettled(slot, () => this.forget({ slot, generation }, reason))
    arrivals.drop(slot, `#${slot}`)
    kernel.end(slot, generation)
    this.settled(slot)
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
    const cell = new ActorCell(kernel, definition, order.args, order.options, parent, order.name, order.slot)
    kernel.host(cell)
    this.arrived(cell)
    cell.begin()
  }

  async #load(order: SpawnOrder): Promise<CompiledDefinition> {
    try {
      await this.#remote.kernel.loadModule(order.module)
    } catch (cause) {
      return failing(order, new UsageError('module-not-loaded', `cannot load ${order.module}: ${messageOf(cause)}`, { cause }))
    }
    const missing = `${order.module} defines no actor '${order.definition}' when it is imported`
    return findDefinition(order.module, order.definition) ?? failing(order, new UsageError('definition-missing', missing))
  }
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
