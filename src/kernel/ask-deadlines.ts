import type { Clock, TimerHandle } from '../base/clock.ts'
import type { PendingAsk } from './pending-ask.ts'

/** Asks of equal patience in the order they were made, which is the order of their deadlines. */
interface Line {
  first: PendingAsk | undefined
  last: PendingAsk | undefined
}

/**
 * Ends asks at their deadline with one timer for all. Asks with the same patience stand in one line, so that adding and
 * removing costs a few stores; a system uses few different deadlines, and an empty line is forgotten.
 */
export class AskDeadlines {
  /** Asks that wait. */
  count = 0
  readonly #clock: Clock
  readonly #lines = new Map<number, Line>()
  #timer: TimerHandle | undefined
  #dueMs = Number.POSITIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(ask: PendingAsk): void {
    // An ask in a turn counts from that turn's beginning: a millisecond at most, for a look at the clock.
    const { turns } = ask.kernel
    ask.deadlineMs = (turns.isInTurn ? turns.startedMs : this.#clock.nowMs()) + ask.patienceMs
    this.count++
    let line = this.#lines.get(ask.patienceMs)
    if (line === undefined) {
      line = { first: undefined, last: undefined }
      this.#lines.set(ask.patienceMs, line)
    }
    if (line.last === undefined) line.first = ask
    else {
      line.last.later = ask
      ask.earlier = line.last
    }
    line.last = ask
    if (ask.deadlineMs < this.#dueMs) this.#arm(ask.deadlineMs)
  }

  remove(ask: PendingAsk): void {
    const line = this.#lines.get(ask.patienceMs)
    if (line === undefined || (ask.earlier === undefined && line.first !== ask)) return
    this.count--
    if (ask.earlier === undefined) line.first = ask.later
    else ask.earlier.later = ask.later
    if (ask.later === undefined) line.last = ask.earlier
    else ask.later.earlier = ask.earlier
    ask.earlier = undefined
    ask.later = undefined
    if (this.#lines.size > LINES_KEPT && line.first === undefined) this.#lines.delete(ask.patienceMs)
  }

  /** Ends all that wait. */
  abandonAll(error: unknown): void {
    for (const line of this.#lines.values()) {
      while (line.first !== undefined) line.first.abandon(error)
    }
    this.#timer?.cancel()
    this.#dueMs = Number.POSITIVE_INFINITY
  }

  #arm(dueMs: number): void {
    if (dueMs === Number.POSITIVE_INFINITY) return
    this.#timer?.cancel()
    this.#dueMs = dueMs
    this.#timer = this.#clock.schedule(Math.max(dueMs - this.#clock.nowMs(), 0), () => this.#expire())
  }

  #expire(): void {
    const nowMs = this.#clock.nowMs()
    let nextMs = Number.POSITIVE_INFINITY
    for (const line of this.#lines.values()) {
      while (line.first !== undefined && line.first.deadlineMs <= nowMs) line.first.expire()
      if (line.first !== undefined) nextMs = Math.min(nextMs, line.first.deadlineMs)
    }
    this.#dueMs = Number.POSITIVE_INFINITY
    this.#arm(nextMs)
  }
}

/** Empty lines are kept for the deadlines a program uses again and again; beyond that many they are let go. */
const LINES_KEPT = 16
