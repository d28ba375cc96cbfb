import { SeededRandom } from '#src/base/random'
import type { ChildOptions } from '#src/kernel/supervision/child-options'
import { type ExitReason, killedExit, normalExit, shutdownExit } from '#src/kernel/supervision/exit-reason'
import { resolveSuperviseOptions, type SuperviseOptions } from '#src/kernel/supervision/supervise-options'
import { Supervisor } from '#src/kernel/supervision/supervisor'
import type { SupervisorPort } from '#src/kernel/supervision/supervisor-port'
import { failure, startFailed, TestChild, threadLost } from './family.ts'

/** What is true of a child, whatever its supervisor believes. */
interface Truth {
  life: 'new' | 'starting' | 'up' | 'asked' | 'dead' | 'parked' | 'gone'
  isAskedAlone: boolean
  hasTimer: boolean
  isOverdue: boolean
  startedMs: number
  exitedMs: number
  restartsInARow: number
  /** Those of the same kind are interchangeable while they have nothing to do. */
  readonly kind: string | undefined
  isBusy: boolean
  /** What it was when it was asked to stop: silent, if it had nothing to do. */
  wasSilent: boolean
}

/** So few that it has to pause all the time. */
const STEPS_A_TURN = 2

const backoff = { minMs: 10, maxMs: 40, jitter: 'full', resetAfterMs: 50, restartsMax: 3 } as const

/**
 * Children that take their time: whoever plays decides who reports next. Checks at every command that a supervisor may
 * give it now.
 */
export class SlowWorld implements SupervisorPort<TestChild> {
  readonly supervisor: Supervisor<TestChild>
  /** Of the actor itself: what ended it, in order. */
  readonly ends: string[] = []
  readonly #options: Required<SuperviseOptions>
  readonly #truths = new Map<TestChild, Truth>()
  #nowMs = 0
  #deaths = 0
  #isKilling = false
  #isPaused = false
  #alone: TestChild | undefined
  /** When, by cause. */
  readonly #restarts = new Map<string, number>()

  constructor(options: SuperviseOptions) {
    this.#options = resolveSuperviseOptions(options)
    this.supervisor = new Supervisor<TestChild>(this, this.#options, new SeededRandom(1), STEPS_A_TURN)
  }

  get children(): TestChild[] {
    return [...this.#truths.keys()]
  }

  isIn(child: TestChild, ...lives: Truth['life'][]): boolean {
    return lives.includes(this.#truth(child).life)
  }

  add(options: ChildOptions, hasBackoff: boolean, kind?: string): void {
    const child = new TestChild(undefined, hasBackoff ? { ...options, backoff } : options)
    this.#truths.set(child, {
      ...{ life: 'new', isAskedAlone: false, hasTimer: false, isOverdue: false },
      ...{ startedMs: Number.POSITIVE_INFINITY, exitedMs: 0, restartsInARow: 0 },
      ...{ kind, isBusy: false, wasSilent: false },
    })
    if (!this.supervisor.childAdded(child)) this.#truths.delete(child)
  }

  /** Everything that could happen next, as functions that make it happen. The likelier ones are in there more often. */
  possible(): (() => void)[] {
    const moves: (() => void)[] = [() => (this.#nowMs += 5), () => (this.#nowMs += 60)]
    const alive = this.children.filter((child) => this.isIn(child, 'starting', 'up', 'asked'))
    for (const child of this.children) {
      const { life, hasTimer } = this.#truth(child)
      if (life === 'starting')
        moves.push(...this.#twice(() => this.#started(child)), () => this.#exit(child, startFailed))
      if (life === 'up') {
        moves.push(...this.#twice(() => this.#exit(child, failure)), () => this.#exit(child, normalExit))
        moves.push(() => (this.#truth(child).isBusy = !this.#truth(child).isBusy))
      }
      if (life === 'asked')
        moves.push(...this.#twice(() => this.#exit(child, shutdownExit)), () => this.#exit(child, failure))
      if (hasTimer) moves.push(() => this.#timer(child))
      if (life === 'parked') moves.push(() => this.#unpark(child))
    }
    if (this.#isPaused) moves.push(() => this.#resume())
    if (alive.length > 1) moves.push(() => this.#threadLost(alive.filter((_, index) => index % 2 === this.#deaths % 2)))
    return moves
  }

  stopChild(child: TestChild): void {
    this.#alone = child
    this.supervisor.stopChild(child)
    this.#alone = undefined
  }

  killAll(): void {
    this.#isKilling = true
    this.supervisor.kill()
    this.#isKilling = false
  }

  /** All that is under way comes to its end, and nothing else fails. */
  settle(): void {
    for (let steps = 0; ; steps++) {
      this.#check(steps < 10_000, 'comes to rest')
      if (this.#isPaused) {
        this.#resume()
        continue
      }
      const busy = this.children.find((child) => this.#truth(child).hasTimer || this.isIn(child, 'starting', 'asked'))
      if (busy === undefined) return
      if (this.isIn(busy, 'starting')) this.#started(busy)
      else if (this.isIn(busy, 'asked')) this.#exit(busy, shutdownExit)
      else this.#timer(busy)
    }
  }

  start(child: TestChild): void {
    this.#begin(child, 'new')
  }

  restart(child: TestChild, reason: ExitReason): void {
    this.#check(reason === child.exitReason, 'a restart names the last exit')
    const wasParked = this.isIn(child, 'parked')
    if (!wasParked && this.#options.strategy === 'one-for-one') this.#checkBudget(child, reason)
    this.#begin(child, wasParked ? 'parked' : 'dead')
  }

  stop(child: TestChild): void {
    const truth = this.#truth(child)
    this.#check(this.isIn(child, 'starting', 'up'), 'who is asked to stop is alive and was not asked before')
    truth.isAskedAlone = child === this.#alone
    truth.wasSilent = this.#isSilent(child)
    if (!truth.isAskedAlone) this.#checkOrderOfStopping(child)
    truth.life = 'asked'
  }

  kill(child: TestChild): void {
    this.#check(this.isIn(child, 'starting', 'up', 'asked'), 'who is killed is alive')
    const mayKill = this.#isKilling || this.#truth(child).isOverdue || child.options.shutdownMs === 0
    this.#check(mayKill, 'nobody is killed before its time')
    this.#exit(child, killedExit)
  }

  park(child: TestChild): void {
    this.#check(this.isIn(child, 'dead'), 'who is parked has ended')
    this.#truth(child).life = 'parked'
  }

  forget(child: TestChild): void {
    const truth = this.#truth(child)
    this.#check(this.isIn(child, 'dead', 'parked', 'new'), 'who is forgotten is not alive')
    this.#check(!truth.hasTimer, 'who is forgotten has no timer left')
    this.#check(child.phase === 'detached', 'who is forgotten is no longer a child')
    truth.life = 'gone'
  }

  setTimer(child: TestChild): void {
    this.#check(!this.#truth(child).hasTimer, 'a child has one timer')
    this.#truth(child).hasTimer = true
  }

  clearTimer(child: TestChild): void {
    this.#truth(child).hasTimer = false
  }

  areInterchangeable(later: TestChild, earlier: TestChild): boolean {
    const areNeighbours = later.previous === earlier && earlier.next === later
    this.#check(areNeighbours, 'only neighbours are compared')
    return this.#truth(later).kind === this.#truth(earlier).kind && this.#isSilent(later) && this.#isSilent(earlier)
  }

  pause(): void {
    this.#check(!this.#isPaused, 'who has paused does nothing')
    this.#isPaused = true
  }

  allStopped(): void {
    this.#ended('allStopped')
  }

  exitSelf(reason: ExitReason): void {
    this.#ended(reason.kind)
  }

  #ended(how: string): void {
    this.#check(
      this.children.every((child) => this.isIn(child, 'gone')),
      'the actor outlives its children',
    )
    this.ends.push(how)
  }

  #begin(child: TestChild, from: Truth['life']): void {
    const truth = this.#truth(child)
    this.#check(truth.life === from, 'who is started is neither alive nor gone')
    this.#check(!truth.hasTimer, 'who is started waits for nothing')
    if (this.#options.strategy !== 'one-for-one') {
      const skipped = this.children.some((other) => other.order < child.order && this.isIn(other, 'dead'))
      this.#check(!skipped, 'children come back in order')
    }
    truth.life = 'starting'
  }

  #checkOrderOfStopping(child: TestChild): void {
    const later = this.children.filter((other) => other.order > child.order)
    this.#check(!later.some((other) => this.isIn(other, 'starting', 'up')), 'children are asked in reverse order')
    const mayOverlap = (other: TestChild) => {
      if (child.options.stopping === 'together') return other.options.stopping === 'together'
      const { kind, wasSilent } = this.#truth(other)
      return other.options.stopping === 'in-turn' && wasSilent && kind === this.#truth(child).kind
    }
    const asked = later.filter((other) => this.isIn(other, 'asked'))
    this.#check(asked.every(mayOverlap), 'children wait for those behind them, unless both may stop together')
    this.#check(asked.length === 0 || mayOverlap(child), 'who has something to do at its end waits for all behind it')
  }

  #isSilent(child: TestChild): boolean {
    const { kind, isBusy } = this.#truth(child)
    return kind !== undefined && !isBusy && this.isIn(child, 'up')
  }

  #resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.supervisor.resume()
  }

  #started(child: TestChild): void {
    const truth = this.#truth(child)
    truth.life = 'up'
    truth.startedMs = this.#nowMs
    this.supervisor.childStarted(child, this.#nowMs)
  }

  #exit(child: TestChild, reason: ExitReason): void {
    this.#dies(child)
    this.supervisor.childExited(child, reason, this.#nowMs)
  }

  #threadLost(children: TestChild[]): void {
    for (const child of children) this.#dies(child)
    this.supervisor.threadLost(children, threadLost(this.#deaths++), this.#nowMs)
  }

  #dies(child: TestChild): void {
    const truth = this.#truth(child)
    truth.life = 'dead'
    truth.isBusy = false
    truth.exitedMs = this.#nowMs
  }

  #unpark(child: TestChild): void {
    this.#truth(child).restartsInARow = 0
    this.supervisor.unpark(child)
  }

  #timer(child: TestChild): void {
    const truth = this.#truth(child)
    truth.hasTimer = false
    truth.isOverdue = this.isIn(child, 'starting', 'up', 'asked')
    this.supervisor.timerElapsed(child)
    truth.isOverdue = false
  }

  #checkBudget(child: TestChild, reason: ExitReason): void {
    const truth = this.#truth(child)
    if (child.options.backoff !== undefined) {
      if (truth.exitedMs - truth.startedMs >= backoff.resetAfterMs) truth.restartsInARow = 0
      this.#check(++truth.restartsInARow <= backoff.restartsMax, 'a child with backoff has a budget')
    } else {
      const cause = reason.kind === 'thread-lost' ? `death ${reason.occurrence}` : `restart ${this.#restarts.size}`
      if (!this.#restarts.has(cause)) this.#restarts.set(cause, truth.exitedMs)
      const timesMs = [...this.#restarts.values()]
      const { restartsMax, windowMs } = this.#options
      const isOverdrawn = timesMs.some((endMs) => {
        return timesMs.filter((atMs) => atMs <= endMs && atMs >= endMs - windowMs).length > restartsMax
      })
      this.#check(!isOverdrawn, 'the window has a budget')
    }
    truth.startedMs = Number.POSITIVE_INFINITY
  }

  #twice(move: () => void): (() => void)[] {
    return [move, move]
  }

  #truth(child: TestChild): Truth {
    return this.#truths.get(child)!
  }

  #check(holds: boolean, rule: string): void {
    if (!holds) throw new Error(`broken: ${rule}`)
  }
}
