import type { TimerHandle } from '../base/clock.ts'
import type { ActorCell } from './actor-cell.ts'
import { continueStop, crash, fail } from './actor-life.ts'
import { STOPPING } from './actor-stage.ts'
import { type Handler, isThenable } from './call-handler.ts'
import type { Envelope } from './envelope.ts'
import type { Frame } from './frame.ts'
import type { Incarnation } from './incarnation.ts'

/** One message whose handler is awaiting. What it answers after its incarnation ended has no effect. */
export class InFlight {
  readonly cell: ActorCell
  readonly code: number
  readonly a: unknown
  readonly b: unknown
  readonly extra: Envelope | undefined
  readonly sinceMs: number
  readonly #frames: Frame[]
  /** Where the handler's context comes from, also for a message without an envelope. */
  readonly #context: Envelope | undefined
  /** It was put aside before its handler began to await. */
  readonly #isStashing: boolean
  #isOver = false
  #alarm: TimerHandle | undefined

  constructor(cell: ActorCell, code: number, a: unknown, b: unknown, extra: Envelope | undefined) {
    this.cell = cell
    this.code = code
    this.a = a
    this.b = b
    this.extra = extra
    this.sinceMs = cell.kernel.nowMs
    this.#frames = cell.kernel.takeLooseFrames()
    this.#context = cell.current
    this.#isStashing = cell.isStashing
    cell.more.isStashing = false
    cell.inFlight++
    cell.more.inFlight.add(this)
    const { handlerMs } = cell.definition
    if (handlerMs !== Number.POSITIVE_INFINITY) {
      this.#alarm = cell.kernel.clock.schedule(handlerMs, () => this.#tellStuck())
    }
  }

  /** A frame that the handler made after an `await`. */
  hold(frame: Frame): void {
    this.#frames.push(frame)
  }

  follow(result: Promise<unknown>): void {
    result.then(this.#onAnswer, this.#onError)
  }

  /** The incarnation ended first: the message goes to dead letters, and what the handler answers is ignored. */
  abandon(error: unknown): void {
    if (!this.#leave()) return
    this.extra?.cancel(error)
    this.#context?.abortContext(error)
    // A stop that was asked for and cut short is no restart.
    const reason = this.cell.stage === STOPPING ? 'actor-stopped' : 'restarted'
    this.cell.deadLetter(reason, this.code, this.a, this.b, this.extra, error)
  }

  readonly #onAnswer = (answer: unknown): void => {
    if (!this.#leave()) return
    if (this.#isStashing) this.cell.more.isStashing = true
    this.cell.finish(this.code, this.a, this.b, this.extra, answer)
    this.#goOn()
  }

  readonly #onError = (error: unknown): void => {
    if (!this.#leave()) return
    fail(this.cell, error, this.code, this.a, this.b, this.extra)
    this.#goOn()
  }

  #tellStuck(): void {
    const { kernel, path, definition } = this.cell
    const handler = definition.handlerNames[this.code >> 2] as string
    kernel.emit({ type: 'actor-stuck', path, handler, forMs: kernel.clock.nowMs() - this.sinceMs })
  }

  #goOn(): void {
    this.cell.current = undefined
    if (this.cell.stage === STOPPING) continueStop(this.cell)
    else this.cell.schedule()
  }

  #leave(): boolean {
    if (this.#isOver) return false
    this.#isOver = true
    this.#alarm?.cancel()
    this.cell.inFlight--
    this.cell.more.inFlight.delete(this)
    for (const frame of this.#frames) frame.release()
    return true
  }
}

/** A signal handler that is awaiting: it holds its actor as a message does, but is none. */
class SignalInFlight {
  readonly #cell: ActorCell
  readonly #self: Incarnation | undefined

  constructor(cell: ActorCell) {
    this.#cell = cell
    this.#self = cell.self
    cell.inFlight++
  }

  follow(result: Promise<unknown>): void {
    result.then(
      () => this.#leave(),
      (error) => {
        if (this.#cell.self === this.#self) crash(this.#cell, { kind: 'failure', error })
        this.#leave()
      },
    )
  }

  #leave(): void {
    if (this.#cell.self !== this.#self) return // its incarnation has ended, and has let go of everything
    this.#cell.inFlight--
    if (this.#cell.stage === STOPPING) continueStop(this.#cell)
    else this.#cell.schedule()
  }
}

/** Runs a signal handler. It may await, and fails the actor as any handler does. */
export function runSignal(cell: ActorCell, handler: Handler, ...args: unknown[]): void {
  try {
    const result = handler(cell.self, ...args)
    if (!isThenable(result)) return
    const later = Promise.resolve(result)
    new SignalInFlight(cell).follow(later)
  } catch (error) {
    crash(cell, { kind: 'failure', error })
  }
}
