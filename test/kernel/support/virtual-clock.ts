import type { Clock, TimerHandle } from 'troupe'

interface Timer {
  readonly dueMs: number
  readonly onDue: () => void
}

/** A clock that stands still until it is told to go on. */
export class VirtualClock implements Clock {
  #nowMs = 1_000
  readonly #timers = new Set<Timer>()

  nowMs(): number {
    return this.#nowMs
  }

  schedule(delayMs: number, onDue: () => void): TimerHandle {
    const timer = { dueMs: this.#nowMs + delayMs, onDue }
    this.#timers.add(timer)
    return { cancel: () => void this.#timers.delete(timer) }
  }

  /** Time of the next timer, if there is one by `untilMs`. */
  #next(untilMs: number): Timer | undefined {
    let next: Timer | undefined
    for (const timer of this.#timers) {
      if (timer.dueMs <= untilMs && (next === undefined || timer.dueMs < next.dueMs)) next = timer
    }
    return next
  }

  /** Goes on by so much, and lets the actors work at each timer on the way. */
  async advance(ms: number, work: () => Promise<void>): Promise<void> {
    await work()
    const untilMs = this.#nowMs + ms
    for (let timer = this.#next(untilMs); timer !== undefined; timer = this.#next(untilMs)) {
      this.#timers.delete(timer)
      this.#nowMs = Math.max(this.#nowMs, timer.dueMs)
      timer.onDue()
      await work()
    }
    this.#nowMs = untilMs
    await work()
  }

  /** Goes on while everybody is busy: timers that are due run afterwards, late. */
  jump(ms: number): void {
    this.#nowMs += ms
  }
}
