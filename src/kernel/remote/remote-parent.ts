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
  /** The parent's thread has died: nobody is there to be told, and the child is to go. */
  isLost = false

  constructor(kernel: Kernel, order: SpawnOrder) {
    this.#kernel = kernel
    this.seat = order.parentSeat
    this.slot = order.parentSlot
    this.path = order.parentPath
  }

  started(child: Child): void {
    if (!this.isLost) this.#tell({ kind: 'started', ...this.#addressOf(child) })
  }

  exited(child: Child, reason: ExitReason): void {
    if (this.isLost) child.forget({ kind: 'parent-lost' })
    else this.#tell({ kind: 'exited', ...this.#addressOf(child), reason })
  }

  #addressOf(child: Child): { slot: number; generation: number } {
    return { slot: child.slot, generation: this.#kernel.directory.generation(child.slot) }
  }

  #tell(signal: Parameters<Kernel['remote']['signal']>[1]): void {
    this.#kernel.remote.signal(this.seat, signal)
  }
}
