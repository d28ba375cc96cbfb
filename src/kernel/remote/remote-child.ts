import type { Child } from '../child.ts'
import type { Family } from '../family.ts'
import type { Kernel } from '../kernel.ts'
import type { ResolvedSpawnOptions } from '../spawn-options.ts'
import type { Backoff } from '../supervision/backoff.ts'
import type { ChildPhase } from '../supervision/child-list.ts'
import type { ExitReason } from '../supervision/exit-reason.ts'
import { childPath } from '../actor-cell.ts'
import type { SpawnOrder } from './signal.ts'

/**
 * A child on another thread, as its parent sees it. It keeps all that a fresh thread needs to start it again: every
 * `begin` carries the whole order, because the host may be another one than last time.
 */
export class RemoteChild implements Child {
  readonly kernel: Kernel
  readonly parent: Family
  readonly seat: number
  readonly slot: number
  readonly generation: number
  readonly name: string | undefined
  readonly options: ResolvedSpawnOptions
  phase: ChildPhase = 'detached'
  order = 0
  previous: Child | null = null
  next: Child | null = null
  exitReason: ExitReason | null = null
  backoff: Backoff | null = null
  readonly #order: SpawnOrder

  constructor(kernel: Kernel, parent: Family, seat: number, order: SpawnOrder) {
    this.kernel = kernel
    this.parent = parent
    this.seat = seat
    this.slot = order.slot
    this.generation = order.generation
    this.name = order.name
    this.options = order.options
    this.#order = order
  }

  get path(): string {
    return childPath(this.parent.path, this.name, this.slot)
  }

  get module(): string {
    return this.#order.module
  }

  get definition(): string {
    return this.#order.definition
  }

  begin(): void {
    try {
      this.kernel.remote.signal(this.seat, { ...this.#order, kind: 'begin' })
    } catch (error) {
      // Arguments that cannot be sent: no restart will make them so.
      this.kernel.turns.defer(() => this.parent.exited(this, { kind: 'start-failed', error: notRetryable(error) }))
    }
  }

  stop(reason: ExitReason): void {
    this.kernel.remote.signal(this.seat, { kind: 'stop', slot: this.slot, generation: this.generation, reason })
  }

  kill(): void {
    this.kernel.remote.signal(this.seat, { kind: 'kill', slot: this.slot, generation: this.generation })
  }

  park(reason: ExitReason): void {
    this.kernel.remote.signal(this.seat, { kind: 'park', slot: this.slot, generation: this.generation, reason })
  }

  forget(reason: ExitReason): void {
    this.kernel.remote.dropChild(this)
    this.kernel.remote.signal(this.seat, { kind: 'forget', slot: this.slot, generation: this.generation, reason })
  }
}

function notRetryable(error: unknown): unknown {
  if (typeof error === 'object' && error !== null) Object.assign(error, { retryable: false })
  return error
}
