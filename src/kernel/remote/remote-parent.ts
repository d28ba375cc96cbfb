import type { Child } from '../child.ts'
import type { Kernel } from '../kernel.ts'
import type { ParentLink } from '../parent-link.ts'
import type { ExitReason } from '../supervision/exit-reason.ts'
import type { SpawnOrder } from './signal.ts'

/** The parent of an actor of this thread that is supervised from another one. */
export class RemoteParent implements ParentLink {
  readonly seat: number
  readonly slot: number
  readonly path: string
  readonly #kernel: Kernel
  /** The start that the parent asked for last. */
  attempt: number
  /**
   * What becomes of the child when its incarnation ends, if that is settled already: its parent has died, or has spoken.
   * The parent hears nothing then.
   */
  verdict: ((child: Child) => void) | undefined

  constructor(kernel: Kernel, order: SpawnOrder) {
    this.#kernel = kernel
    this.seat = order.parentSeat
    this.slot = order.parentSlot
    this.path = order.parentPath
    this.attempt = order.attempt
  }

  started(child: Child): void {
    if (this.verdict === undefined) this.#tell({ kind: 'started', ...this.#attemptOf(child) })
  }

  exited(child: Child, reason: ExitReason): void {
    const { verdict } = this
    if (verdict === undefined) return this.#tell({ kind: 'exited', ...this.#attemptOf(child), reason })
    this.verdict = undefined
    verdict(child)
  }

  #attemptOf(child: Child): { slot: number; generation: number; attempt: number } {
    const generation = this.#kernel.directory.generation(child.slot)
    return { slot: child.slot, generation, attempt: this.attempt }
  }

  #tell(signal: Parameters<Kernel['remote']['signal']>[1]): void {
    this.#kernel.remote.signal(this.seat, signal)
  }
}
