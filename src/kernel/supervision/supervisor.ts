import { UsageError } from '../../base/errors.ts'
import type { Random } from '../../base/random.ts'
import { Backoff } from './backoff.ts'
import { ChildList, type SupervisedChild } from './child-list.ts'
import { mustPark } from './child-options.ts'
import { type ExitReason, killedExit, type SupervisorFailed, shutdownExit, type ThreadLost } from './exit-reason.ts'
import { Pace } from './pace.ts'
import { shouldRestart } from './restart-policy.ts'
import { RestartWindow } from './restart-window.ts'
import { Round } from './round.ts'
import type { ResolvedSuperviseOptions } from './supervise-options.ts'
import type { SupervisorPort } from './supervisor-port.ts'

/**
 * Decides what becomes of the children of one incarnation of one actor: OTP's supervisor as a state machine. It is told
 * what happened and when, and answers through its port; it never waits, so requests are served during restarts too.
 */
export class Supervisor<C extends SupervisedChild<C>> {
  readonly children = new ChildList<C>()
  readonly #port: SupervisorPort<C>
  readonly #options: ResolvedSuperviseOptions
  readonly #random: Random
  readonly #pace: Pace
  readonly #window: RestartWindow
  /** Null where every child goes its own way. */
  #round: Round<C> | null
  /** `ending`: all children stop, the last started first. `ended`: none is left and none is taken. */
  #state: 'open' | 'ending' | 'ended' = 'open'
  /** Why the actor itself has to end when the last child is gone; null if it asked for that. */
  #ownExit: ExitReason | null = null
  /** What the children are told that a round or the end stops. */
  #stopReason = shutdownExit
  #significantCount = 0

  /** `stepsATurn`: how much is done before it pauses, see `SupervisorPort.pause`. @default 1,024 */
  constructor(port: SupervisorPort<C>, options: ResolvedSuperviseOptions, random: Random, stepsATurn?: number) {
    this.#port = port
    this.#options = options
    this.#random = random
    this.#pace = new Pace(
      () => this.#step(),
      () => port.pause(),
      stepsATurn,
    )
    this.#window = new RestartWindow(options)
    this.#round = options.strategy === 'one-for-one' ? null : new Round(this.children, options.strategy)
  }

  /** Nothing starts or restarts any more. */
  get isEnding(): boolean {
    return this.#state !== 'open'
  }

  /**
   * Takes a child and starts it; during a round it starts when its turn comes. Answers false, changing nothing, once
   * the supervisor is ending. A taken name and a `significant` that would mean nothing are a `UsageError`.
   */
  childAdded(child: C): boolean {
    if (this.isEnding) return false
    const { significant } = child.options
    if (significant && this.#options.autoShutdown === 'never') {
      throw new UsageError('invalid-option', "spawn: significant needs a parent whose autoShutdown is not 'never'")
    }
    this.children.add(child)
    if (significant) this.#significantCount++
    this.#startInTurn(child)
    return true
  }

  childStarted(child: C, nowMs: number): void {
    if (child.phase !== 'starting') return // told to stop meanwhile
    child.phase = 'running'
    child.backoff?.started(nowMs)
    this.#pace.goOn()
  }

  /**
   * The child's incarnation has ended and been wound up: by itself, as we asked, or before its start was through. Its
   * mailbox and address wait for the verdict. Ignored for a child that has no incarnation.
   */
  childExited(child: C, reason: ExitReason, nowMs: number): void {
    if (child.phase === 'running' || child.phase === 'starting') {
      child.exitReason = reason
      this.#judge(child, reason, nowMs)
    } else if (child.phase === 'halting') {
      child.exitReason = reason
      this.#port.clearTimer(child)
      // A sibling's failure took it along: a temporary child does not come back from that, all others do.
      if (child.options.restart === 'temporary') this.#remove(child, reason)
      else child.phase = 'queued'
    } else if (child.phase === 'stopping') {
      this.#port.clearTimer(child)
      this.#remove(child, reason)
    }
    this.#pace.goOn()
  }

  /** A thread's death: one failure, however many children it took. Those without an incarnation may be among them. */
  threadLost(children: readonly C[], reason: ThreadLost, nowMs: number): void {
    this.#pace.together(() => {
      for (const child of children) this.childExited(child, reason, nowMs)
    })
  }

  /** The delay before a restart is over, or the time to stop is up. */
  timerElapsed(child: C): void {
    if (child.phase === 'halting' || child.phase === 'stopping') this.#port.kill(child)
    else if (child.phase === 'waiting') this.#startInTurn(child)
    this.#pace.goOn()
  }

  /** Stops one child for good, whatever its policy says. */
  stopChild(child: C, reason: ExitReason = shutdownExit): void {
    this.#stopForGood(child, reason)
    this.#pace.goOn()
  }

  /** Starts a parked child with a fresh budget. Answers false, changing nothing, if it is not parked or about to go. */
  unpark(child: C): boolean {
    if (child.phase !== 'parked' || this.isEnding) return false
    child.backoff?.reset()
    this.#startInTurn(child)
    return true
  }

  /** The answer to `pause`: goes on with what was under way. */
  resume(): void {
    if (this.#round !== null) this.#distrust(this.#round)
    this.#pace.resume()
  }

  /** Stops all children for good, the last started first, each within its `shutdownMs`; `allStopped` follows. */
  shutdown(reason: ExitReason = shutdownExit): void {
    if (this.#state === 'ended') {
      this.#port.allStopped()
    } else {
      this.#ownExit = null // overrules what the children may have brought the actor to
      this.#end(null, reason)
    }
  }

  /** Ends all children without asking, also those that are stopping already; `allStopped` follows. */
  kill(): void {
    this.#pace.together(() => {
      this.shutdown(killedExit)
      for (const child of [...this.children].reverse()) {
        const { phase } = child
        if (phase === 'running' || phase === 'starting' || phase === 'halting') child.phase = 'stopping'
        if (child.phase === 'stopping') this.#port.kill(child)
        else this.#stopForGood(child, killedExit)
      }
    })
  }

  /** A child ended by itself: gone, parked, back after a while, back at once, or one failure too many. */
  #judge(child: C, reason: ExitReason, nowMs: number): void {
    const { restart, backoff } = child.options
    if (this.isEnding) {
      this.#remove(child, reason)
    } else if (!shouldRestart(restart, reason)) {
      this.#endedByItself(child, reason)
    } else if (mustPark(child.options, reason)) {
      this.#park(child, reason)
    } else if (this.#round?.concerns(child) === true) {
      child.phase = 'queued' // about to be stopped anyway: part of the failure that began the round
    } else if (backoff !== undefined) {
      child.backoff ??= new Backoff(backoff)
      const delayMs = child.backoff.nextDelayMs(nowMs, this.#random)
      if (delayMs === undefined) this.#park(child, reason)
      else this.#bringBack(child, reason, delayMs)
    } else if (this.#window.tryRestart(nowMs, reason.kind === 'thread-lost' ? reason.occurrence : undefined)) {
      // A failed start is tried again by way of a message, so that a request to shut down gets its turn in between.
      this.#bringBack(child, reason, child.phase === 'starting' ? 0 : undefined)
    } else {
      this.#exceeded(child, reason)
    }
  }

  #bringBack(child: C, reason: ExitReason, delayMs: number | undefined): void {
    if (delayMs !== undefined) {
      child.phase = 'waiting'
      this.#port.setTimer(child, delayMs)
    }
    if (this.#round !== null) {
      if (delayMs === undefined) child.phase = 'queued'
      this.#stopReason = { kind: 'shutdown', cause: reason }
      this.#round.begin(child)
    } else if (delayMs === undefined) {
      this.#start(child)
    }
  }

  #endedByItself(child: C, reason: ExitReason): void {
    this.#remove(child, reason)
    if (!child.options.significant) return
    if (this.#options.autoShutdown === 'all-significant' && this.#significantCount > 0) return
    this.#end(shutdownExit, shutdownExit)
  }

  #exceeded(child: C, cause: ExitReason): void {
    this.#remove(child, cause)
    if (this.#options.onExceeded === 'stop-child') return
    const { restartsMax, windowMs } = this.#options
    const name = child.name ?? `#${child.order}`
    const failed: SupervisorFailed = { kind: 'supervisor-failed', child: name, restartsMax, windowMs, cause }
    this.#end(failed, { kind: 'shutdown', cause: failed })
  }

  #end(ownExit: ExitReason | null, stopReason: ExitReason): void {
    if (this.isEnding) return
    this.#state = 'ending'
    this.#ownExit = ownExit
    this.#stopReason = stopReason
    this.#round = new Round(this.children, 'one-for-all')
    this.#round.begin(null)
    this.#pace.goOn()
  }

  /** One step. Answers false if there is none, or none before a child reports. */
  #step(): boolean {
    const round = this.#round
    if (round?.stage === 'stopping') return this.#stepStopping(round)
    if (this.#state === 'ending') {
      this.#state = 'ended'
      if (this.#ownExit === null) this.#port.allStopped()
      else this.#port.exitSelf(this.#ownExit)
      return false
    }
    return round?.stage === 'starting' && this.#stepStarting(round)
  }

  #stepStopping(round: Round<C>): boolean {
    const child = round.current
    const isClear = round.catchUp()
    if (child === null || !round.concerns(child)) {
      this.#distrust(round)
      if (isClear) round.turnBack()
      return isClear
    }
    if (!isClear && !round.isHurried) return false
    // Looked at before this one is asked: afterwards nobody can see that it had nothing to do.
    const isNextHurried = this.#mayStopTogether(child, child.previous)
    round.next()
    round.isHurried = isNextHurried
    if (this.isEnding) this.#stopForGood(child, this.#stopReason)
    else if (child.phase === 'running' || child.phase === 'starting')
      this.#askToStop(child, 'halting', this.#stopReason)
    return true
  }

  /** Others had their turn: a child that had nothing to do when it was looked at may have something now. */
  #distrust(round: Round<C>): void {
    if (round.current?.options.stopping !== 'together') round.isHurried = false
  }

  #stepStarting(round: Round<C>): boolean {
    const { phase } = round.current as C
    if (phase === 'starting' || phase === 'waiting') return false
    if (phase === 'queued') this.#start(round.current as C)
    else round.next()
    return true
  }

  /** Both say so; or neither does, and nobody could tell. Transitive either way: it holds for all that stop together. */
  #mayStopTogether(later: C, earlier: C | null): boolean {
    if (earlier === null || later.options.stopping !== earlier.options.stopping) return false
    return later.options.stopping === 'together' || this.#port.areInterchangeable(later, earlier)
  }

  #stopForGood(child: C, reason: ExitReason): void {
    const { phase } = child
    if (phase === 'running' || phase === 'starting') {
      this.#askToStop(child, 'stopping', reason)
    } else if (phase === 'halting') {
      child.phase = 'stopping' // asked already
    } else if (phase === 'waiting' || phase === 'queued' || phase === 'parked') {
      this.#port.clearTimer(child)
      this.#remove(child, reason)
    }
  }

  #askToStop(child: C, phase: 'halting' | 'stopping', reason: ExitReason): void {
    child.phase = phase
    const { shutdownMs } = child.options
    if (shutdownMs === 0) {
      this.#port.kill(child)
    } else {
      this.#port.stop(child, reason)
      const hasStopped = child.phase !== phase
      if (!hasStopped && shutdownMs !== Number.POSITIVE_INFINITY) this.#port.setTimer(child, shutdownMs)
    }
  }

  #startInTurn(child: C): void {
    if (this.isEnding || this.#round?.isAhead(child) === true) child.phase = 'queued'
    else this.#start(child)
  }

  #start(child: C): void {
    child.phase = 'starting'
    if (child.exitReason === null) this.#port.start(child)
    else this.#port.restart(child, child.exitReason)
  }

  #park(child: C, reason: ExitReason): void {
    child.phase = 'parked'
    this.#port.park(child, reason)
  }

  #remove(child: C, reason: ExitReason): void {
    const { previous, next } = child
    this.children.remove(child)
    this.#round?.left(child, previous, next)
    child.phase = 'detached'
    if (child.options.significant) this.#significantCount--
    this.#port.forget(child, reason)
  }
}
