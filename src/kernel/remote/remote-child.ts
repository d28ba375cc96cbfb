import { UnreachableError } from '../../base/errors.ts'
import type { Child } from '../child.ts'
import { childPath } from '../child-path.ts'
import type { Family } from '../family.ts'
import type { Kernel } from '../kernel.ts'
import { type ResolvedSpawnOptions, spawnDefaults } from '../spawn-options.ts'
import type { Backoff } from '../supervision/backoff.ts'
import type { ChildPhase } from '../supervision/child-list.ts'
import type { ExitReason } from '../supervision/exit-reason.ts'
import type { Signal, SpawnOrder } from './signal.ts'

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
  /** Starts so far. */
  attempt = 0
  readonly #order: Omit<SpawnOrder, 'attempt'>

  constructor(kernel: Kernel, parent: Family, seat: number, order: Omit<SpawnOrder, 'attempt'>) {
    this.kernel = kernel
    this.parent = parent
    this.seat = seat
    this.slot = order.slot
    this.generation = order.generation
    this.name = order.name
    this.options = order.options ?? spawnDefaults
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
    this.attempt++
    const { remote, directory } = this.kernel
    if (this.attempt > 1) directory.setVerdict(this.slot, 'none')
    try {
      if (remote.isClosed(this.seat))
        throw new UnreachableError('thread-lost', `the thread of ${this.path} is gone for good`)
      remote.signal(this.seat, { ...this.#order, kind: 'begin', attempt: this.attempt })
    } catch (error) {
      // Arguments that cannot be sent, or no thread to send them to: no restart will change that.
      this.#endLater({ kind: 'start-failed', error: notRetryable(error) })
    }
  }

  stop(reason: ExitReason): void {
    this.#tell({ kind: 'stop', ...this.#now, reason })
  }

  kill(): void {
    this.#tell({ kind: 'kill', ...this.#now })
  }

  park(reason: ExitReason): void {
    this.kernel.directory.setVerdict(this.slot, 'park')
    this.#tell({ kind: 'park', ...this.#now, reason })
  }

  forget(reason: ExitReason): void {
    const { kernel, seat, slot, generation } = this
    kernel.remote.dropChild(this)
    kernel.directory.setVerdict(slot, 'forget')
    if (kernel.remote.isClosed(seat)) kernel.remote.giveBack(slot, generation)
    else this.#tell({ kind: 'forget', slot, generation, reason })
  }

  get #now(): { slot: number; generation: number; attempt: number } {
    return { slot: this.slot, generation: this.generation, attempt: this.attempt }
  }

  #tell(signal: Signal): void {
    this.kernel.remote.signal(this.seat, signal)
  }

  #endLater(reason: ExitReason): void {
    const { attempt } = this
    this.kernel.turns.defer(() => {
      if (this.attempt === attempt) this.parent.exited(this, reason)
    })
  }
}

function notRetryable(error: unknown): unknown {
  if (typeof error === 'object' && error !== null) Object.assign(error, { retryable: false })
  return error
}
