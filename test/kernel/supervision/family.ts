import { SeededRandom } from '#src/base/random'
import type { Backoff } from '#src/kernel/supervision/backoff'
import { type ChildPhase, detachedChild, type SupervisedChild } from '#src/kernel/supervision/child-list'
import {
  type ChildOptions,
  type ResolvedChildOptions,
  resolveChildOptions,
} from '#src/kernel/supervision/child-options'
import { type ExitReason, killedExit, type ThreadLost } from '#src/kernel/supervision/exit-reason'
import { resolveSuperviseOptions, type SuperviseOptions } from '#src/kernel/supervision/supervise-options'
import { Supervisor } from '#src/kernel/supervision/supervisor'
import type { SupervisorPort } from '#src/kernel/supervision/supervisor-port'

/** The fields and nothing else. */
export class TestChild implements SupervisedChild<TestChild> {
  readonly name: string | undefined
  readonly options: ResolvedChildOptions
  phase: ChildPhase = detachedChild.phase
  order = 0
  previous: TestChild | null = null
  next: TestChild | null = null
  exitReason: ExitReason | null = null
  backoff: Backoff | null = null

  constructor(name?: string, options?: ChildOptions) {
    this.name = name
    this.options = resolveChildOptions(options)
  }
}

export const failure: ExitReason = { kind: 'failure', error: new Error('boom') }
export const startFailed: ExitReason = { kind: 'start-failed', error: new Error('no start') }
export const threadLost = (occurrence: number): ThreadLost => ({
  kind: 'thread-lost',
  threadName: 'worker-1',
  exitCode: 1,
  occurrence,
})

/**
 * A supervisor with the kernel's side played by hand. `commands` lists what it told us, as `stop b`. Children start and
 * stop as soon as they are told, but those named in `slowToStart` and `slowToStop` wait for `started` and `exited`.
 */
export class Family implements SupervisorPort<TestChild> {
  readonly supervisor: Supervisor<TestChild>
  readonly slowToStart = new Set<string>()
  readonly slowToStop = new Set<string>()
  /** How many starts in a row fail, by name. */
  readonly failingStarts = new Map<string, number>()
  readonly timers = new Map<string, number>()
  /** Children with the same kind are interchangeable, by name. */
  readonly kinds = new Map<string, string>()
  isPaused = false
  /** Why the last forget, stop, park or exitSelf happened. */
  readonly reasons = new Map<string, ExitReason>()
  nowMs = 1_000
  #commands: string[] = []
  readonly #byName = new Map<string, TestChild>()

  constructor(supervise?: SuperviseOptions, children: Record<string, ChildOptions> = {}) {
    this.supervisor = new Supervisor<TestChild>(this, resolveSuperviseOptions(supervise), new SeededRandom(1))
    for (const [name, options] of Object.entries(children)) this.add(name, options)
    this.take()
  }

  /** The commands since the last call. */
  take(): string[] {
    const commands = this.#commands
    this.#commands = []
    return commands
  }

  child(name: string): TestChild {
    const child = this.#byName.get(name)
    if (child === undefined) throw new Error(`no child ${name}`)
    return child
  }

  phases(): Record<string, ChildPhase> {
    return Object.fromEntries([...this.supervisor.children].map((child) => [child.name, child.phase]))
  }

  add(name: string, options?: ChildOptions): boolean {
    const child = new TestChild(name, options)
    const isFree = this.supervisor.children.find(name) === undefined
    if (isFree) this.#byName.set(name, child) // before it is added, since it may start at once
    return this.supervisor.childAdded(child)
  }

  /** Its next turn. */
  resume(): void {
    this.isPaused = false
    this.supervisor.resume()
  }

  /** All the turns that it asks for. Answers how many. */
  resumeAll(): number {
    let turns = 0
    for (; this.isPaused; turns++) this.resume()
    return turns
  }

  started(name: string): void {
    this.supervisor.childStarted(this.child(name), this.nowMs)
  }

  exited(name: string, reason: ExitReason = failure): void {
    this.supervisor.childExited(this.child(name), reason, this.nowMs)
  }

  threadLost(names: string[], occurrence = 1): void {
    const children = names.map((name) => this.child(name))
    this.supervisor.threadLost(children, threadLost(occurrence), this.nowMs)
  }

  timerElapsed(name: string): void {
    if (!this.timers.delete(name)) throw new Error(`no timer for ${name}`)
    this.supervisor.timerElapsed(this.child(name))
  }

  start(child: TestChild): void {
    this.#note('start', child)
    this.#begin(child.name!)
  }

  restart(child: TestChild, reason: ExitReason): void {
    this.#note('restart', child, reason)
    this.#begin(child.name!)
  }

  stop(child: TestChild, reason: ExitReason): void {
    this.#note('stop', child, reason)
    if (!this.slowToStop.has(child.name!)) this.exited(child.name!, { kind: 'shutdown' })
  }

  kill(child: TestChild): void {
    this.#note('kill', child)
    this.exited(child.name!, killedExit)
  }

  park(child: TestChild, reason: ExitReason): void {
    this.#note('park', child, reason)
  }

  forget(child: TestChild, reason: ExitReason): void {
    this.#note('forget', child, reason)
  }

  setTimer(child: TestChild, delayMs: number): void {
    this.timers.set(child.name!, delayMs)
  }

  clearTimer(child: TestChild): void {
    this.timers.delete(child.name!)
  }

  areInterchangeable(later: TestChild, earlier: TestChild): boolean {
    const kind = this.kinds.get(later.name!)
    return kind !== undefined && kind === this.kinds.get(earlier.name!)
  }

  pause(): void {
    this.isPaused = true
  }

  allStopped(): void {
    this.#commands.push('allStopped')
  }

  exitSelf(reason: ExitReason): void {
    this.#commands.push(`exitSelf ${reason.kind}`)
    this.reasons.set('self', reason)
  }

  #begin(name: string): void {
    const failing = this.failingStarts.get(name) ?? 0
    this.failingStarts.set(name, failing - 1)
    if (failing > 0) this.exited(name, startFailed)
    else if (!this.slowToStart.has(name)) this.started(name)
  }

  #note(command: string, child: TestChild, reason?: ExitReason): void {
    this.#commands.push(`${command} ${child.name}`)
    if (reason !== undefined) this.reasons.set(`${command} ${child.name}`, reason)
  }
}
