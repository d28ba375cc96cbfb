import type { Clock, TimerHandle } from '../base/clock.ts'
import { checkRange } from '../base/options.ts'

interface PendingTimer {
  readonly dueMs: number
  readonly sequence: number
  readonly onDue: () => void
}

/**
 * A clock that stands still until it is told to go on. Timers fire in the order of their times, those of the same time in
 * the order in which they were made, and each sees its own time as now.
 */
export class ManualClock implements Clock {
  #nowMs: number
  #sequence = 0
  /** The next one first. */
  readonly #timers: PendingTimer[] = []

  constructor(startMs = 0) {
    checkRange('ManualClock', 'startMs', startMs, { min: 0, max: Number.MAX_SAFE_INTEGER, unit: 'ms', fraction: true })
    this.#nowMs = startMs
  }

  /** When the next timer fires; Infinity if there is none. Milliseconds. */
  get nextDueMs(): number {
    return this.#timers[0]?.dueMs ?? Number.POSITIVE_INFINITY
  }

  /** Timers that have not fired. */
  get pendingCount(): number {
    return this.#timers.length
  }

  nowMs(): number {
    return this.#nowMs
  }

  schedule(delayMs: number, onDue: () => void): TimerHandle {
    const timer = { dueMs: this.#nowMs + Math.max(delayMs, 0), sequence: this.#sequence++, onDue }
    this.#timers.splice(this.#placeOf(timer), 0, timer)
    return { cancel: () => this.#cancel(timer) }
  }

  /** Fires what is due within the next `ms` milliseconds (>= 0), timers that are made meanwhile included. */
  advance(ms: number): void {
    checkRange('advance', 'ms', ms, { min: 0, max: Number.MAX_SAFE_INTEGER, unit: 'ms', fraction: true })
    const untilMs = this.#nowMs + ms
    while (this.fireNext(untilMs)) {}
    this.#nowMs = untilMs
  }

  /** Moves on to the next timer, if it is due until then, and fires it. Answers false, changing nothing, if none is. */
  fireNext(untilMs = Number.POSITIVE_INFINITY): boolean {
    const timer = this.#timers[0]
    if (timer === undefined || timer.dueMs > untilMs) return false
    this.#timers.shift()
    this.#nowMs = timer.dueMs
    timer.onDue()
    return true
  }

  #cancel(timer: PendingTimer): void {
    const place = this.#placeOf(timer)
    if (this.#timers[place] === timer) this.#timers.splice(place, 1)
  }

  /** The index of the first timer that does not come before this one. */
  #placeOf({ dueMs, sequence }: PendingTimer): number {
    let low = 0
    let high = this.#timers.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const other = this.#timers[middle] as PendingTimer
      if (other.dueMs < dueMs || (other.dueMs === dueMs && other.sequence < sequence)) low = middle + 1
      else high = middle
    }
    return low
  }
}
