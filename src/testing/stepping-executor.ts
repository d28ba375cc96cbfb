import { UsageError } from '../base/errors.ts'
import type { Executor } from '../kernel/executor.ts'

interface IdleWaiter {
  readonly stepMax: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** Rounds of the event loop without work after which nothing is under way any more. */
const QUIET_ROUNDS = 2

// Taken now: a test may put timers of its own in the place of the real ones.
const nextRound = setImmediate

/** Runs one task in each round of the event loop, so that all promises that can settle have settled before the next one. */
export class SteppingExecutor implements Executor {
  /** Called before each task. */
  onStep: (() => void) | undefined
  readonly #tasks: (() => void)[] = []
  #waiters: IdleWaiter[] = []
  #steps = 0
  #quietRounds = 0
  #isGoing = false

  soon(task: () => void): void {
    this.#tasks.push(task)
    this.#quietRounds = 0
    this.#go()
  }

  later(task: () => void): void {
    this.soon(task)
  }

  /** Resolves when nothing is left to do; rejects (`never-idle`) if that takes more than `stepsMax` tasks. */
  whenIdle(stepsMax: number): Promise<void> {
    this.#quietRounds = 0
    this.#go()
    return new Promise((resolve, reject) => {
      this.#waiters.push({ stepMax: this.#steps + stepsMax, resolve, reject })
    })
  }

  #go(): void {
    if (this.#isGoing) return
    this.#isGoing = true
    nextRound(this.#onRound)
  }

  readonly #onRound = (): void => {
    this.#isGoing = false
    const task = this.#tasks.shift()
    if (task === undefined) return this.#onQuiet()
    this.#go()
    this.#steps++
    this.#giveUp()
    this.onStep?.()
    task()
  }

  #onQuiet(): void {
    if (++this.#quietRounds < QUIET_ROUNDS) return this.#go()
    const waiters = this.#waiters
    this.#waiters = []
    for (const { resolve } of waiters) resolve()
  }

  #giveUp(): void {
    const isOver = (waiter: IdleWaiter): boolean => this.#steps > waiter.stepMax
    if (!this.#waiters.some(isOver)) return
    const tired = this.#waiters.filter(isOver)
    this.#waiters = this.#waiters.filter((waiter) => !isOver(waiter))
    const error = new UsageError(
      'never-idle',
      'the actors of a test system go on and on without time passing (see stepsMax)',
    )
    for (const { reject } of tired) reject(error)
  }
}
