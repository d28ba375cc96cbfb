import type { TimerHandle } from '../base/clock.ts'
import { UnreachableError, UsageError } from '../base/errors.ts'
import { checkRange } from '../base/options.ts'
import type { ActorCell } from './actor-cell.ts'
import { Envelope } from './envelope.ts'
import { messageCode } from './facade.ts'

/** A keyed timer. Its message is dropped if the timer was cancelled or replaced while the message waited. */
class ActorTimer {
  readonly code: number
  readonly args: readonly unknown[]
  handle: TimerHandle | undefined
  /** The message that waits to be handled, if one does. */
  queued: Envelope | undefined

  constructor(code: number, args: readonly unknown[]) {
    this.code = code
    this.args = args
  }

  cancel(): void {
    this.handle?.cancel()
    if (this.queued !== undefined) this.queued.isWanted = false
  }
}

const MS = { min: 0, max: Number.MAX_SAFE_INTEGER, unit: 'ms', fraction: true }

/** `self.timers`: see `Timers` for what its members promise. */
export class ActorTimers {
  readonly #cell: ActorCell
  readonly #timers = new Map<string, ActorTimer>()
  #isClosed = false

  constructor(cell: ActorCell) {
    this.#cell = cell
  }

  once(key: string, ms: number, handler: string, ...args: unknown[]): void {
    const timer = this.#make('once', key, ms, handler, args)
    const forget = (): void => {
      if (this.#timers.get(key) === timer) this.#timers.delete(key) // its handler may have set the next one already
    }
    timer.handle = this.#cell.kernel.clock.schedule(ms, () => this.#send(timer, forget))
  }

  every(key: string, ms: number, handler: string, ...args: unknown[]): void {
    const timer = this.#make('every', key, ms, handler, args)
    checkRange('timers.every', 'ms', ms, { ...MS, min: 0.1 })
    const { clock } = this.#cell.kernel
    const startMs = clock.nowMs()
    let ticks = 1
    const tick = (): void => {
      if (timer.queued !== undefined) this.#cell.kernel.meters.add('timers-skipped', 1)
      else this.#send(timer, () => {})
      // Counted from the start: lateness of one tick does not move the next. Ticks that are past already are left out.
      ticks = Math.max(ticks + 1, Math.floor((clock.nowMs() - startMs) / ms) + 1)
      timer.handle = clock.schedule(Math.max(startMs + ticks * ms - clock.nowMs(), 0), tick)
    }
    timer.handle = clock.schedule(ms, tick)
  }

  cancel(key: string): void {
    this.#timers.get(key)?.cancel()
    this.#timers.delete(key)
  }

  has(key: string): boolean {
    return this.#timers.has(key)
  }

  cancelAll(): void {
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
  }

  /** The incarnation is over: none is left, and none can be set any more. */
  close(): void {
    this.cancelAll()
    this.#isClosed = true
  }

  #make(method: string, key: string, ms: number, handler: string, args: unknown[]): ActorTimer {
    if (this.#isClosed) throw new UnreachableError('actor-gone', `this incarnation of ${this.#cell.path} has ended`)
    checkRange(`timers.${method}`, 'ms', ms, MS)
    const { definition, path } = this.#cell
    const index = definition.handlerNames.indexOf(handler)
    if (index < 0 || definition.isStream[index] === true) {
      throw new UsageError('unknown-handler', `timers.${method}: ${path} has no handler '${handler}'`)
    }
    this.cancel(key)
    const timer = new ActorTimer(messageCode(index, args.length), args)
    this.#timers.set(key, timer)
    return timer
  }

  /** What the mailbox does not take is a dead letter: nobody else would hear of it. */
  #send(timer: ActorTimer, onTaken: () => void): void {
    const envelope = new Envelope()
    envelope.onTaken = () => {
      timer.queued = undefined
      onTaken()
    }
    timer.queued = envelope
    const { code, args } = timer
    const [a, b] = args.length > 2 ? [[...args], undefined] : args
    const result = this.#cell.post(code, a, b, envelope)
    if (result === 'accepted') return
    this.#cell.countArrived()
    this.#cell.deadLetter(result, code, a, b, envelope)
  }
}
