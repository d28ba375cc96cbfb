import { RECORD_HEADER_BYTES, RECORD_WORD_WORD } from '../memory/ring-layout.ts'
import { kindOf, MESSAGE, TELL } from './record.ts'
import type { ThreadHost } from './thread-host.ts'

/** What was left of a thread. */
export interface Remains {
  /** How far it had read each of its rings, by the seat that wrote it. */
  readonly readPositions: readonly number[]
  /** Messages that died with it: those it had, and those it had accepted for others but not sent yet. */
  readonly lost: number
}

/** Settles what a thread left behind, after its exit and before its seat is taken again. Again is harmless. */
export class Reaper {
  readonly #host: ThreadHost

  constructor(host: ThreadHost) {
    this.#host = host
  }

  /** `isFinal`: the seat will have no thread any more, so that its actors have ended. */
  reap(seat: number, isFinal: boolean): Remains {
    const lost = this.#reapActors(seat, isFinal) + this.#reapUnsent(seat)
    return { readPositions: this.#readPositions(seat), lost }
  }

  /** Actor by actor, what had arrived and was neither handled nor dead-lettered is lost. */
  #reapActors(seat: number, isFinal: boolean): number {
    const { memory, kernel } = this.#host
    const { directory } = memory
    const runningSlot = memory.seats.runningSlot(seat)
    const hosted: number[] = []
    directory.forEachHostedOn(seat, (slot) => hosted.push(slot))
    let total = 0
    for (const slot of hosted) {
      this.#leave(slot, isFinal)
      const lost = directory.settleLost(slot)
      if (lost === 0) continue
      total += lost
      kernel.deadLetterLost(kernel.pathOf(slot), slot === runningSlot ? memory.seats.runningHandler(seat) : -1, lost)
    }
    return total
  }

  /** An entry as its next host finds it. What has stopped is its owner's to write. */
  #leave(slot: number, isFinal: boolean): void {
    const { directory } = this.#host.memory
    const state = directory.state(slot)
    if (state === 'free' || state === 'stopped') return
    directory.setFull(slot, false)
    if (isFinal) directory.setState(slot, 'stopped')
    else if (state === 'running' || state === 'restarting') directory.setState(slot, 'orphaned')
  }

  /** Messages that were written into a ring and never published: no other thread will ever see them. */
  #reapUnsent(seat: number): number {
    const { memory, kernel } = this.#host
    let count = 0
    for (let to = 0; to < memory.options.seatsMax; to++) {
      if (to === seat) continue
      const ring = memory.ringProducer(seat, to)
      ring.forEachUnpublished((offset) => {
        const header = (offset - RECORD_HEADER_BYTES) >> 2
        const kind = kindOf(ring.words[header + RECORD_WORD_WORD] as number)
        if (kind === TELL || kind === MESSAGE) count++
      })
      ring.resetToPublished()
    }
    if (count === 0) return 0
    memory.directory.settleUnsent(seat, count)
    kernel.deadLetterLost(`(sent by thread ${seat})`, -1, count)
    return count
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
