import type { ThreadLost } from '../kernel/supervision/exit-reason.ts'
import type { ThreadHost } from './thread-host.ts'

/** Settles what a thread left behind, after its exit and before its seat is taken again. */
export class Reaper {
  readonly #host: ThreadHost

  constructor(host: ThreadHost) {
    this.#host = host
  }

  /**
   * Counts, actor by actor, what had arrived and was neither handled nor dead-lettered: lost. Answers the sum, and how far
   * the thread had read each of its rings.
   */
  reap(seat: number, _reason: ThreadLost): { readonly readPositions: number[]; readonly lost: number } {
    const { memory, kernel } = this.#host
    const runningSlot = memory.seats.runningSlot(seat)
    const hosted: number[] = []
    memory.directory.forEachHostedOn(seat, (slot) => hosted.push(slot))
    let total = 0
    for (const slot of hosted) {
      const lost = memory.directory.settleLost(slot)
      if (lost === 0) continue
      total += lost
      kernel.deadLetterLost(kernel.pathOf(slot), slot === runningSlot ? memory.seats.runningHandler(seat) : -1, lost)
    }
    return { readPositions: this.#readPositions(seat), lost: total }
  }

  #readPositions(seat: number): number[] {
    const { memory } = this.#host
    const positions: number[] = []
    for (let from = 0; from < memory.options.seatsMax; from++) {
      positions.push(from === seat ? 0 : memory.readPosition(from, seat))
    }
    return positions
  }
}
