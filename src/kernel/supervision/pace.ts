/** Steps in one turn; with more to do, others on the thread get their turn in between. */
const STEPS_A_TURN = 1_024

/**
 * Takes one step after the other until there is none, or none before somebody reports. A loop, since a step may well be
 * reported at once, by a call back into whoever steps.
 */
export class Pace {
  readonly #step: () => boolean
  readonly #pause: () => void
  readonly #stepsATurn: number
  #isGoing = false
  #isPaused = false

  /** `step` answers whether it is worth trying the next one. `pause` has `resume` called in another turn. */
  constructor(step: () => boolean, pause: () => void, stepsATurn: number = STEPS_A_TURN) {
    this.#step = step
    this.#pause = pause
    this.#stepsATurn = stepsATurn
  }

  /** Something may be possible now that was not before. */
  goOn(): void {
    if (this.#isGoing || this.#isPaused) return
    this.#isGoing = true
    for (let steps = 1; this.#step(); steps++) {
      if (steps < this.#stepsATurn) continue
      this.#isPaused = true
      this.#pause()
      break
    }
    this.#isGoing = false
  }

  resume(): void {
    this.#isPaused = false
    this.goOn()
  }

  /** What happens in `work` happens at once: no step is taken before all of it is known. */
  together(work: () => void): void {
    const wasGoing = this.#isGoing
    this.#isGoing = true
    work()
    this.#isGoing = wasGoing
    this.goOn()
  }
}
