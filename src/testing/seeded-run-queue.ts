import type { SeededRandom } from '../base/random.ts'
import type { ActorCell } from '../kernel/actor-cell.ts'
import { RunQueue } from '../kernel/run-queue.ts'

/**
 * Lets chance decide which of the actors with something to do is next, for one message. After each it answers that there
 * is none, which ends the turn: promises that are due settle before the next message.
 */
export class SeededRunQueue extends RunQueue {
  override readonly messagesARun: number = 1
  readonly #random: SeededRandom
  readonly #ready: ActorCell[] = []
  #isTurnOver = false

  constructor(random: SeededRandom) {
    super()
    this.#random = random
  }

  override push(cell: ActorCell): void {
    this.#ready.push(cell)
    this.count = this.#ready.length
  }

  override shift(): ActorCell | undefined {
    this.#isTurnOver = !this.#isTurnOver
    if (!this.#isTurnOver || this.count === 0) {
      this.#isTurnOver = false
      return undefined
    }
    const [cell] = this.#ready.splice(this.#random.below(this.count), 1)
    this.count = this.#ready.length
    return cell
  }
}
