import type { Clock } from '../base/clock.ts'
import type { Pulse } from '../kernel/pulse.ts'
import type { Turns } from '../kernel/turns.ts'
import type { Doorbell } from '../memory/doorbell.ts'
import { IdleStrategy } from '../memory/idle-strategy.ts'
import type { Inbox } from './inbox.ts'
import type { RingRoute } from './ring-route.ts'

/**
 * Looks in one round of the event loop. A round costs microseconds, with its system calls; between two looks only
 * microtasks run, so that a program that was answered has asked the next question by then.
 */
const LOOKS_A_ROUND = 4
/** A look that found nothing watches the doorbell for so many loads, a few microseconds: answers come back as fast. */
const GLANCES_A_LOOK = 400

/**
 * The rhythm of a thread with seats around it: take in, work, send, and look again from setImmediate, so that sockets and
 * timers have their turn in between. What finds nothing for a while sleeps until somebody rings.
 *
 *    looking --nothing for a while--> parked --rung, or work of its own--> looking
 */
export class ThreadLoop {
  readonly #clock: Clock
  readonly #doorbell: Doorbell
  readonly #inbox: Inbox
  readonly #turns: Turns
  readonly #route: RingRoute
  readonly #idle = new IdleStrategy()
  /** Called when the thread goes to sleep. */
  onPark: (() => void) | undefined
  /** Asked before the thread goes to sleep: whether it has nothing to wake up for, ever. */
  isDone: (() => boolean) | undefined
  readonly #pulse: Pulse
  /** Looks that this round of the event loop has left. */
  #looksLeft = 0
  #isClosed = false
  #sleep: object | undefined

  constructor(clock: Clock, doorbell: Doorbell, inbox: Inbox, turns: Turns, route: RingRoute, pulse: Pulse) {
    this.#clock = clock
    this.#doorbell = doorbell
    this.#inbox = inbox
    this.#turns = turns
    this.#route = route
    this.#pulse = pulse
    turns.onTurnStart = () => this.#wake()
    turns.onBatch = () => this.#route.flush()
    turns.onTurnEnd = () => this.#afterTurn()
  }

  start(): void {
    this.#look()
  }

  /** Stops looking and sleeping. What is in the rings stays there. */
  close(): void {
    this.#isClosed = true
    this.#doorbell.close()
  }

  /** Something was written outside of a turn. */
  onWritten(): void {
    if (this.#turns.isInTurn) return
    queueMicrotask(() => this.#route.flush())
    this.#wake()
  }

  readonly #onLook = (): void => {
    if (this.#looksLeft === 0 || this.#isClosed) return // went to sleep, or ended, earlier in this round
    this.#looksLeft--
    this.#pulse.words[this.#pulse.progressIndex]! += 1 // alive, also when no actor has anything to do
    const taken = this.#turns.hasWork || this.#doorbell.watch(GLANCES_A_LOOK) ? this.#inbox.drain() : 0
    if (this.#turns.hasWork) this.#turns.run() // a turn without work would wake the thread that is about to park
    this.#route.flush()
    const isBusy = taken > 0 || this.#turns.queue.count > 0 || this.#route.waitingCount > 0
    const nowMs = this.#clock.nowMs()
    if (isBusy) this.#idle.onWork(nowMs)
    if (isBusy || this.#idle.onEmpty(nowMs) === 'look') this.#look()
    else if (this.isDone?.() === true) this.close()
    else this.#park()
  }

  #look(): void {
    if (this.#looksLeft > 0 || this.#isClosed) return
    this.#looksLeft = LOOKS_A_ROUND
    for (let n = 0; n < LOOKS_A_ROUND; n++) setImmediate(this.#onLook)
  }

  #park(): void {
    const sleep = this.#doorbell.park(() => this.#turns.hasWork)
    if (sleep === undefined) return this.#look()
    this.#looksLeft = 0
    if (this.#sleep === sleep) return
    this.#sleep = sleep
    this.onPark?.()
    void sleep.then(() => {
      if (this.#sleep === sleep) this.#sleep = undefined
      this.#look()
    })
  }

  /** Awake for work of its own: marked so, and it will look around before it sleeps again. */
  #wake(): void {
    this.#doorbell.unpark()
    this.#look()
  }

  #afterTurn(): void {
    this.#route.flush()
  }
}
