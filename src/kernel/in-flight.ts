import { type ActorCell, STOPPING } from './actor-cell.ts'
import { continueStop, crash, fail } from './actor-life.ts'
import type { Envelope } from './envelope.ts'
import type { Frame } from './frame.ts'

/** One message whose handler is awaiting. What it answers after its incarnation ended has no effect. */
export class InFlight {
  readonly cell: ActorCell
  readonly code: number
  readonly a: unknown
  readonly b: unknown
  readonly extra: Envelope | undefined
  readonly sinceMs: number
  readonly #frames: Frame[]
  #isOver = false

  constructor(cell: ActorCell, code: number, a: unknown, b: unknown, extra: Envelope | undefined) {
    this.cell = cell
    this.code = code
    this.a = a
    this.b = b
    this.extra = extra
    this.sinceMs = cell.kernel.nowMs
    this.#frames = cell.kernel.takeLooseFrames()
    cell.inFlight++
    cell.more.inFlight.add(this)
  }

  /** A frame that the handler made after an `await`. */
  hold(frame: Frame): void {
    this.#frames.push(frame)
  }

  follow(result: PromiseLike<unknown>): void {
    result.then(this.#onAnswer, this.#onError)
  }

  /** The incarnation ended first: the message goes to dead letters, and what the handler answers is ignored. */
  abandon(error: unknown): void {
    if (!this.#leave()) return
    this.extra?.cancel(error)
    this.cell.deadLetter('restarted', this.code, this.a, this.b, this.extra, error)
  }

  readonly #onAnswer = (answer: unknown): void => {
    if (!this.#leave()) return
    this.cell.finish(this.code, this.a, this.b, this.extra, answer)
    this.#goOn()
  }

  readonly #onError = (error: unknown): void => {
    if (!this.#leave()) return
    fail(this.cell, error, this.code, this.a, this.b, this.extra)
    this.#goOn()
  }

  #goOn(): void {
    this.cell.current = undefined
    if (this.cell.stage === STOPPING) continueStop(this.cell)
    else this.cell.schedule()
  }

  #leave(): boolean {
    if (this.#isOver) return false
    this.#isOver = true
    this.cell.inFlight--
    this.cell.more.inFlight.delete(this)
    for (const frame of this.#frames) frame.release()
    return true
  }
}

/** A signal handler that is awaiting: it holds its actor as a message does, but is none. */
export class SignalInFlight {
  readonly #cell: ActorCell
  readonly #incarnation: number

  constructor(cell: ActorCell) {
    this.#cell = cell
    this.#incarnation = cell.incarnation
    cell.inFlight++
  }

  follow(result: PromiseLike<unknown>): void {
    result.then(
      () => this.#leave(),
      (error) => {
        if (this.#cell.incarnation === this.#incarnation) crash(this.#cell, { kind: 'failure', error })
        this.#leave()
      },
    )
  }

  #leave(): void {
    this.#cell.inFlight--
    if (this.#cell.stage === STOPPING) continueStop(this.#cell)
    else this.#cell.schedule()
  }
}
