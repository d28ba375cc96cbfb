import type { Clock } from '../base/clock.ts'
import type { ActorCell } from './actor-cell.ts'
import type { ErrorScope } from './error-scope.ts'
import type { Executor } from './executor.ts'
import type { Pulse } from './pulse.ts'
import { RunQueue } from './run-queue.ts'

/** Actors between two looks at the clock, which costs as much as a message. */
const RUNS_A_LOOK = 32
/** Between two runs that are timed, at least. */
const SAMPLE_MS = 10
/** Time after which timers and I/O get their turn. */
const TURN_MS = 1

/**
 * When this thread works for its actors. What appears outside of a turn is worked off from a microtask, so that an ask on
 * the same thread is answered before the event loop moves; but no more than a millisecond in a row, then from setImmediate.
 *
 *     idle --request--> soon (microtask) --turn--> idle
 *                         |  time used up             ^
 *                         `-----> later (immediate) --'   the event loop had its chance: time is fresh
 */
export class Turns {
  /** The actor that is handling a message right now. */
  running: ActorCell | undefined
  /** When this turn began. Milliseconds on the kernel's clock. */
  startedMs = 0
  readonly queue: RunQueue
  isInTurn = false
  /** Called at the beginning of each turn. */
  onTurnStart: (() => void) | undefined
  /** Called whenever an actor has handled a batch: what it sent elsewhere need not wait for the end of the turn. */
  onBatch: (() => void) | undefined
  /** Called at the end of each turn, before the event loop goes on. */
  onTurnEnd: (() => void) | undefined
  /**
   * Told how long a message kept the thread, on average of one run: the first of a turn, but no more than a hundred runs a
   * second, so that the others need no look at the clock.
   */
  onSample: ((milliseconds: number) => void) | undefined
  readonly #executor: Executor
  readonly #clock: Clock
  readonly #pulse: Pulse
  readonly #deferred: (() => void)[] = []
  #isRequested = false
  /** When the first turn began since the event loop last moved; 0 before it. One look at the clock a turn is enough. */
  #phaseMs = 0
  #isRenewing = false
  #sampleDueMs = 0

  readonly #errorScope: ErrorScope | undefined

  constructor(executor: Executor, clock: Clock, pulse: Pulse, queue = new RunQueue(), errorScope?: ErrorScope) {
    this.queue = queue
    this.#errorScope = errorScope
    this.#executor = executor
    this.#clock = clock
    this.#pulse = pulse
  }

  /** Whether this turn may go on. Costs a look at the clock. */
  get hasTime(): boolean {
    return this.queue.messagesARun > 1 && this.#clock.nowMs() < this.#phaseMs + TURN_MS
  }

  get hasWork(): boolean {
    return this.queue.count > 0 || this.#deferred.length > 0
  }

  /** The cell has something to do. */
  schedule(cell: ActorCell): void {
    this.queue.push(cell)
    if (!this.#isRequested && !this.isInTurn) this.#request()
  }

  /** Runs `task` at the beginning of the next turn. */
  defer(task: () => void): void {
    this.#deferred.push(task)
    if (!this.#isRequested && !this.isInTurn) this.#request()
  }

  /** Works now until nothing is left or the time is up. For callers that are on the event loop themselves. */
  run(): void {
    if (this.isInTurn) return
    // What asked for this turn may have done so on behalf of one actor; the turn is all actors'.
    if (this.#errorScope === undefined) this.#turn()
    else this.#errorScope.outside(this.#onTurn)
  }

  readonly #onTurn = (): void => this.#turn()

  #turn(): void {
    this.isInTurn = true
    this.startedMs = this.#clock.nowMs()
    if (this.#phaseMs === 0) this.#phaseMs = this.startedMs
    this.onTurnStart?.()
    try {
      if (this.#deferred.length > 0) for (const task of this.#deferred.splice(0)) task()
      this.#work(this.#phaseMs + TURN_MS)
    } finally {
      this.isInTurn = false
      this.running = undefined
      this.#pulse.words[this.#pulse.slotIndex] = -1
    }
    this.onTurnEnd?.()
    if (this.hasWork && !this.#isRequested) this.#request()
  }

  #work(untilMs: number): void {
    const { queue } = this
    const { messagesARun } = queue
    const { words, slotIndex, progressIndex } = this.#pulse
    let runs = 0
    let isSampled = this.startedMs >= this.#sampleDueMs
    for (let cell = queue.shift(); cell !== undefined; cell = queue.shift()) {
      this.running = cell
      words[slotIndex] = cell.slot
      words[progressIndex]! += 1
      if (isSampled) {
        isSampled = false
        this.#runTimed(cell)
      } else if (cell.definition.attributeErrors && this.#errorScope !== undefined) this.#runAs(cell, this.#errorScope)
      else cell.run(messagesARun)
      this.onBatch?.()
      if (++runs % RUNS_A_LOOK === 0 && this.#clock.nowMs() >= untilMs) break
    }
  }

  #runTimed(cell: ActorCell): void {
    this.#sampleDueMs = this.startedMs + SAMPLE_MS
    const scope = cell.definition.attributeErrors ? this.#errorScope : undefined
    const startedMs = this.#clock.nowMs()
    const messages = scope === undefined ? cell.run(this.queue.messagesARun) : this.#runAs(cell, scope)
    if (messages > 0) this.onSample?.((this.#clock.nowMs() - startedMs) / messages)
  }

  #runAs(cell: ActorCell, scope: ErrorScope): number {
    let messages = 0
    scope.run(cell, () => {
      messages = cell.run(this.queue.messagesARun)
    })
    return messages
  }

  #request(): void {
    this.#isRequested = true
    if (this.#phaseMs === 0 || this.startedMs - this.#phaseMs < TURN_MS) {
      this.#executor.soon(this.#onSoon)
      this.#renew()
    } else {
      this.#executor.later(this.#onLater)
    }
  }

  /** Time used up in microtasks is forgiven once the event loop has moved. */
  #renew(): void {
    if (this.#isRenewing) return
    this.#isRenewing = true
    this.#executor.later(this.#onRenew)
  }

  readonly #onSoon = (): void => {
    this.#isRequested = false
    this.run()
  }

  readonly #onLater = (): void => {
    this.#isRequested = false
    this.#phaseMs = 0
    this.run()
  }

  readonly #onRenew = (): void => {
    this.#isRenewing = false
    this.#phaseMs = 0
  }
}
