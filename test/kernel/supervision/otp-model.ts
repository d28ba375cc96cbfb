import type { RestartPolicy } from '#src/kernel/supervision/restart-policy'
import type { ResolvedSuperviseOptions } from '#src/kernel/supervision/supervise-options'

export interface ModelChild {
  readonly name: string
  readonly restart: RestartPolicy
  readonly significant: boolean
  /** Those with the same mark, neighbours in the list, are stopped together. */
  readonly mark: string | undefined
  /** Delays in a row, then parked; begins anew after a run of `stableMs`. Undefined: the supervisor's window counts. */
  readonly delaysMs: readonly number[] | undefined
  readonly stableMs: number
  state: 'up' | 'down' | 'waiting' | 'parked' | 'asked'
  hasRun: boolean
  failures: number
  startedMs: number
}

export type ModelExit = 'normal' | 'failure' | 'hopeless' | 'thread-lost' | 'start-failed'

/**
 * What a supervisor commands when every child stops and starts (or fails to) at once: lists searched from one end to the
 * other, stamps filtered by age, as OTP's supervisor does it. Nothing is kept about rounds: one is under way as long as
 * somebody waits. Only when all end for good some take their time.
 */
export class OtpModel {
  commands: string[] = []
  readonly timers = new Map<string, number>()
  readonly failingStarts = new Map<string, number>()
  children: ModelChild[] = []
  /** Those who stop when they are told that their time is up, or by `exit`. */
  readonly slowToStop = new Set<string>()
  isEnding = false
  nowMs = 0
  readonly #options: ResolvedSuperviseOptions
  #stampsMs: number[] = []
  readonly #occurrences = new Set<number>()
  /** Those whose end is being dealt with, and what it led to: it waits until all of them were. */
  readonly #gone = new Set<ModelChild>()
  #end: string | undefined
  /** What follows when the last child has ended. */
  #last: string | undefined

  constructor(options: ResolvedSuperviseOptions) {
    this.#options = options
  }

  add(child: ModelChild): void {
    if (this.isEnding) return
    const hasToWait = this.#isRoundUnderWay()
    this.children.push(child)
    child.state = 'down'
    if (!hasToWait) this.#start(child)
  }

  /** Several at once for the death of a thread. */
  exit(names: readonly string[], how: ModelExit, occurrence?: number): void {
    const gone = names.flatMap((name) => this.children.filter((child) => child.name === name && isAlive(child)))
    if (this.isEnding) {
      for (const child of gone) this.#forget(child)
      return this.#goOnEnding()
    }
    for (const child of gone) child.state = 'down'
    let from = Number.POSITIVE_INFINITY
    if (gone.length === 0) return
    const isOutermost = this.#gone.size === 0
    for (const child of gone) this.#gone.add(child)
    for (const child of gone) {
      const position = this.children.indexOf(child)
      if (this.#end !== undefined) {
        this.#forget(child)
        continue
      }
      const verdict = position >= from ? this.#filter(child, how) : this.#judge(child, how, occurrence)
      if (verdict === 'end-shutdown' || verdict === 'end-supervisor-failed') {
        this.#end = verdict.slice(4)
      } else if (verdict === 'forgotten') {
        if (position < from) from-- // those behind it have moved up
      } else if (verdict === 'back') {
        if (this.#options.strategy === 'one-for-one') this.#start(child)
        else from = this.#options.strategy === 'one-for-all' ? 0 : Math.min(from, position)
      }
    }
    if (isOutermost) this.#gone.clear()
    if (this.#end !== undefined && isOutermost) this.end(`exitSelf ${this.#end}`)
    else if (this.#end === undefined && from !== Number.POSITIVE_INFINITY) this.#round(from)
  }

  timer(name: string): void {
    const child = this.children.find((other) => other.name === name)!
    this.timers.delete(name)
    if (child.state === 'asked') {
      this.commands.push(`kill ${name}`)
      return this.exit([name], 'failure')
    }
    child.state = 'down'
    if (this.isEnding) return
    if (this.#options.strategy === 'one-for-one') this.#start(child)
    else this.#startThoseDown()
  }

  stopChild(name: string): void {
    const child = this.children.find((other) => other.name === name)
    if (child === undefined) return
    this.#stop(child)
    if (this.isEnding) this.#goOnEnding()
    else if (this.#options.strategy !== 'one-for-one') this.#startThoseDown()
  }

  unpark(name: string): void {
    const child = this.children.find((other) => other.name === name && other.state === 'parked')
    if (child === undefined || this.isEnding) return
    child.failures = 0
    const waiting = this.#isRoundUnderWay() ? this.children.findIndex((other) => other.state === 'waiting') : Infinity
    child.state = 'down'
    if (this.children.indexOf(child) < waiting) this.#start(child)
  }

  end(last: string): void {
    this.isEnding = true
    this.#last = last
    this.#goOnEnding()
  }

  kill(): void {
    this.isEnding = true
    for (const child of [...this.children].reverse()) {
      if (isAlive(child)) this.commands.push(`kill ${child.name}`)
      this.#forget(child)
    }
    this.end('allStopped')
  }

  /** From the end of the list: each one as soon as all behind it are such that it may stop together with them. */
  #goOnEnding(): void {
    for (;;) {
      const next = this.children.findLast((child) => child.state !== 'asked')
      if (next === undefined) break
      const behind = this.children.slice(this.children.indexOf(next) + 1)
      if (behind.some((other) => other.mark === undefined || other.mark !== next.mark)) return
      this.#stop(next)
    }
    if (this.children.length > 0 || this.#last === undefined) return
    this.commands.push(this.#last)
    this.#last = undefined
  }

  #stop(child: ModelChild): void {
    if (child.state === 'asked') return
    if (child.state === 'up') this.commands.push(`stop ${child.name}`)
    if (child.state === 'up' && this.slowToStop.has(child.name)) {
      child.state = 'asked'
      this.timers.set(child.name, 5_000)
    } else this.#forget(child)
  }

  /** What is decided without counting. */
  #filter(child: ModelChild, how: ModelExit): 'forgotten' | 'parked' | 'back' | 'end-shutdown' {
    if (child.restart === 'temporary' || (child.restart === 'transient' && how === 'normal')) {
      this.#forget(child)
      const { autoShutdown } = this.#options
      if (!child.significant) return 'forgotten'
      const isLast = this.children.every((other) => !other.significant)
      return autoShutdown === 'any-significant' || isLast ? 'end-shutdown' : 'forgotten'
    }
    if (how !== 'hopeless') return 'back'
    this.#park(child, how)
    return 'parked'
  }

  #judge(child: ModelChild, how: ModelExit, occurrence?: number) {
    const verdict = this.#filter(child, how)
    if (verdict !== 'back') return verdict
    if (child.delaysMs !== undefined) {
      if (how !== 'start-failed' && this.nowMs - child.startedMs >= child.stableMs) child.failures = 0
      const delayMs = child.delaysMs[child.failures++]
      if (delayMs === undefined) {
        this.#park(child, how)
        return 'parked'
      }
      return this.#wait(child, delayMs)
    }
    if (occurrence === undefined || !this.#occurrences.has(occurrence)) {
      const recent = this.#stampsMs.filter((stampMs) => stampMs >= this.nowMs - this.#options.windowMs)
      if (recent.length >= this.#options.restartsMax) {
        this.#forget(child)
        return this.#options.onExceeded === 'stop-child' ? 'forgotten' : 'end-supervisor-failed'
      }
      this.#stampsMs = [...recent, this.nowMs]
      if (occurrence !== undefined) this.#occurrences.add(occurrence)
    }
    return how === 'start-failed' ? this.#wait(child, 0) : 'back'
  }

  #wait(child: ModelChild, delayMs: number): 'back' | 'waiting' {
    child.state = 'waiting'
    this.timers.set(child.name, delayMs)
    return this.#options.strategy === 'one-for-one' ? 'waiting' : 'back'
  }

  #round(from: number): void {
    for (const child of this.children.slice(from).reverse()) {
      if (child.state !== 'up') continue
      this.commands.push(`stop ${child.name}`)
      child.state = 'down'
      if (child.restart === 'temporary') this.#forget(child)
    }
    this.#startThoseDown()
  }

  #startThoseDown(): void {
    for (let tries = 0; tries < 1_000; tries++) {
      const next = this.children.find((child) => child.state === 'down' || child.state === 'waiting')
      if (next === undefined || next.state === 'waiting') return
      this.#start(next)
    }
    throw new Error('does not come to rest')
  }

  #start(child: ModelChild): void {
    this.commands.push(`${child.hasRun ? 'restart' : 'start'} ${child.name}`)
    child.hasRun = true
    child.state = 'up'
    const failing = this.failingStarts.get(child.name) ?? 0
    this.failingStarts.set(child.name, failing - 1)
    if (failing > 0) this.exit([child.name], 'start-failed')
    else child.startedMs = this.nowMs
  }

  #park(child: ModelChild, _how: ModelExit): void {
    child.state = 'parked'
    this.commands.push(`park ${child.name}`)
  }

  #forget(child: ModelChild): void {
    this.children = this.children.filter((other) => other !== child)
    this.timers.delete(child.name)
    this.commands.push(`forget ${child.name}`)
  }

  #isRoundUnderWay(): boolean {
    return this.#options.strategy !== 'one-for-one' && this.children.some((child) => child.state === 'waiting')
  }
}

function isAlive({ state }: ModelChild): boolean {
  return state === 'up' || state === 'asked'
}
