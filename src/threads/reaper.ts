import { actorPath, handlerName } from '../memory/actor-path.ts'
import { LeaseReaper } from '../memory/lease-reaper.ts'
import { RECORD_HEADER_BYTES, RECORD_WORD_WORD } from '../memory/ring-layout.ts'
import type { RingProducer } from '../memory/spsc-ring.ts'
import { encodingOf, FRAME, FRAME_SLOT_WORD, kindOf, MESSAGE, TELL } from './record.ts'
import { readTerms, termsBytes } from './record-terms.ts'
import { isStillInRing, retainedCounts } from './retained-messages.ts'
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
    // Counted before #reapFrames, which resets the rings.
    const unsent = this.#reapUnsent(seat)
    const lost = unsent + this.#reapActors(seat, isFinal)
    return { readPositions: this.#readPositions(seat), lost }
  }

  /** Actor by actor, what had arrived and was neither handled nor dead-lettered is lost. */
  #reapActors(seat: number, isFinal: boolean): number {
    const { memory, kernel } = this.#host
    const { directory } = memory
    this.#reapFrames(seat, isFinal)
    const runningSlot = memory.seats.runningSlot(seat)
    const hosted: number[] = []
    directory.forEachHostedOn(seat, (slot) => hosted.push(slot))
    let total = 0
    const kept = isFinal ? new Map<number, number>() : retainedCounts(memory, seat)
    for (const slot of hosted) {
      directory.bequeath(slot, isFinal)
      const lost = directory.settleLost(slot, kept.get(slot))
      if (lost === 0) continue
      total += lost
      const handler = slot === runningSlot ? memory.seats.runningHandler(seat) : -1
      kernel.deadLetterLost(actorPath(memory, slot), handlerName(memory, slot, handler), lost)
    }
    return total
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
        if (kind === TELL || kind === MESSAGE || kind === FRAME) count++
      })
    }
    if (count === 0) return 0
    memory.directory.settleUnsent(seat, count)
    kernel.deadLetterLost(`(sent by thread ${seat})`, undefined, count)
    return count
  }

  /** Leases that the thread had, or was about to give away, end. What it had published keeps its leases: that arrives. */
  #reapFrames(seat: number, isFinal: boolean): void {
    const { memory } = this.#host
    const leases = new LeaseReaper(memory.frames, seat)
    leases.rollBack()
    for (let to = 0; to < memory.options.seatsMax; to++) {
      if (to === seat) continue
      const ring = memory.ringProducer(seat, to)
      ring.forEachUnpublished((offset, bytes) => {
        for (const slotId of this.#framesIn(ring, offset, bytes)) leases.undoSend(slotId)
      })
      ring.resetToPublished() // once undone, not to be undone again
    }
    leases.releaseHeld((record) => !isFinal && !isStillInRing(memory, memory.retained, seat, record))
  }

  #framesIn(ring: RingProducer, offset: number, bytes: number): readonly number[] {
    const { codec } = this.#host
    const word = ring.words[((offset - RECORD_HEADER_BYTES) >> 2) + RECORD_WORD_WORD] as number
    const kind = kindOf(word)
    if (kind === FRAME) return [ring.words[(offset >> 2) + FRAME_SLOT_WORD] as number]
    codec.begin()
    if (kind !== TELL && kind !== MESSAGE) return []
    const prefix = kind === MESSAGE ? termsBytes(readTerms(ring, offset)) : 0
    try {
      codec.values.decode(ring, offset + prefix, bytes - prefix, encodingOf(word))
    } catch {
      // What cannot be decoded had no frame that was committed.
    }
    return codec.frameSlots
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
