import type { TimerHandle } from '../base/clock.ts'
import { UnreachableError } from '../base/errors.ts'
import type { ActorCell } from './actor-cell.ts'
import { isThenable } from './call-handler.ts'
import { describeExit, type ExitReason } from './supervision/exit-reason.ts'

/**
 * The end of one incarnation, in order: its timers, its children in reverse order, its `stop`, its asks and streams.
 *
 *     timers ---> children ---> stop ---> let go ---> onDone
 *        \___________\___________\_________^   force(), at the deadline or by a kill
 */
export class WindUp {
  readonly reason: ExitReason
  readonly #cell: ActorCell
  readonly #onDone: () => void
  #deadline: TimerHandle | undefined
  #isForced = false
  #isDone = false

  constructor(cell: ActorCell, reason: ExitReason, onDone: () => void) {
    this.#cell = cell
    this.reason = reason
    this.#onDone = onDone
  }

  /** `deadlineMs`: after that long it is forced; undefined where the parent keeps the time. */
  begin(deadlineMs: number | undefined): void {
    if (deadlineMs !== undefined && deadlineMs !== Number.POSITIVE_INFINITY) {
      this.#deadline = this.#cell.kernel.clock.schedule(deadlineMs, () => this.force())
    }
    const { extras } = this.#cell
    extras?.timers?.cancelAll()
    if (extras?.family === undefined) this.#runStop()
    else extras.family.shutdown({ kind: 'shutdown', cause: this.reason }, () => this.#runStop())
  }

  /** Ends it now: children are killed, what `stop` still does is not waited for. */
  force(): void {
    if (this.#isDone) return
    this.#isForced = true // or the last of the children would go on to `stop`
    this.#cell.extras?.timers?.cancelAll()
    this.#cell.extras?.family?.killAll()
    this.#finish()
  }

  #runStop(): void {
    if (this.#isDone || this.#isForced) return
    const { stop } = this.#cell.definition
    if (stop === undefined || this.#cell.self?.isStarted !== true) return this.#finish()
    let stopping: Promise<unknown> | undefined
    try {
      const answer: unknown = stop(this.#cell.self, this.reason)
      if (isThenable(answer)) stopping = Promise.resolve(answer)
    } catch (error) {
      this.#report(error)
    }
    if (stopping === undefined) return this.#finish()
    stopping.then(
      () => this.#finish(),
      (error) => {
        this.#report(error)
        this.#finish()
      },
    )
  }

  #finish(): void {
    if (this.#isDone) return
    this.#isDone = true
    this.#deadline?.cancel()
    this.#letGo()
    this.#cell.windUp = undefined
    this.#onDone()
  }

  #letGo(): void {
    const cell = this.#cell
    const { extras } = cell
    cell.self?.revoke()
    cell.self = undefined
    if (extras !== undefined) extras.isStashing = false
    const { current } = cell
    cell.current = undefined
    if (current !== undefined) current.abortContext(this.#gone())
    if (extras === undefined) return
    const waiting = [...extras.inFlight, ...extras.asks, ...extras.streams, ...extras.tasks]
    if (waiting.length > 0) {
      const gone = this.#gone()
      for (const one of waiting) one.abandon(gone)
    }
    for (const frame of [...extras.frames]) frame.release()
    extras.dropIncarnation()
    cell.inFlight = 0 // signal handlers and generators that still await hold nothing any more
  }

  /** Made only for somebody who hears of it: an error costs more than the rest of an ordinary end. */
  #gone(): UnreachableError {
    return new UnreachableError('actor-gone', `${this.#cell.path} ended: ${describeExit(this.reason)}`)
  }

  #report(error: unknown): void {
    this.#cell.kernel.log.error({ path: this.#cell.path, err: error }, 'stop failed')
  }
}
