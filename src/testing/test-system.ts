import { UnreachableError, UsageError } from '../base/errors.ts'
import { checkRange } from '../base/options.ts'
import type { SeededRandom } from '../base/random.ts'
import type { ActorCell } from '../kernel/actor-cell.ts'
import { crash } from '../kernel/actor-life.ts'
import type { ActorRef } from '../kernel/actor-ref.ts'
import { RUNNING } from '../kernel/actor-stage.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { type AnyRef, isRef } from '../kernel/ref.ts'
import { ActorSystem, type SystemEngine } from '../system/actor-system.ts'
import type { SystemEvents } from '../system/system-events.ts'
import type { ResolvedSystemOptions } from '../system/system-options.ts'
import { InjectedCrash } from './injected-crash.ts'
import type { ManualClock } from './manual-clock.ts'
import { type Probe, ProbeRecorder, RecordingProbe } from './probe.ts'
import type { SteppingExecutor } from './stepping-executor.ts'

/** What a test system has in the place of time, chance and event loop. */
export interface Simulation {
  readonly clock: ManualClock
  readonly executor: SteppingExecutor
  readonly random: SeededRandom
  readonly stepsMax: number
}

/**
 * An actor system of one thread that does the same under the same seed. Actors work by themselves, one message after the
 * other, in an order that the seed decides; time passes only when `advance` says so. Made by `createTestSystem`.
 */
export class TestSystem extends ActorSystem {
  readonly seed: number
  readonly clock: ManualClock
  readonly #kernel: Kernel
  readonly #simulation: Simulation
  /** Slots of what is never crashed at random: the root, the dead-letter office, probes. */
  readonly #safe = new Set<number>()
  #crashRate = 0

  constructor(engine: SystemEngine, options: ResolvedSystemOptions, events: SystemEvents, simulation: Simulation) {
    super(movingTime(engine, simulation), options, events)
    this.seed = simulation.random.seed
    this.clock = simulation.clock
    this.#simulation = simulation
    this.#kernel = engine.host.kernel
    for (const cell of this.#kernel.cells.values()) this.#safe.add(cell.slot)
    simulation.executor.onStep = () => this.#crashAtRandom()
  }

  /** How probable it is that some actor crashes before the next message is handled. 0 to 1. */
  get crashRate(): number {
    return this.#crashRate
  }

  set crashRate(rate: number) {
    checkRange('test system', 'crashRate', rate, { min: 0, max: 1, fraction: true })
    this.#crashRate = rate
  }

  /** Resolves when all actors are idle. What waits for time to pass, or for something outside, counts as idle. */
  settle(): Promise<void> {
    return this.#simulation.executor.whenIdle(this.#simulation.stepsMax)
  }

  /** Lets `ms` milliseconds pass: timers fire one by one, each with its own time as now, and all actors settle after each. */
  async advance(ms: number): Promise<void> {
    checkRange('advance', 'ms', ms, { min: 0, max: Number.MAX_SAFE_INTEGER, unit: 'ms', fraction: true })
    const untilMs = this.clock.nowMs() + ms
    do await this.settle()
    while (this.clock.fireNext(untilMs))
    this.clock.advance(untilMs - this.clock.nowMs())
  }

  /** Fails an actor before the next message is handled, as if a handler had thrown. Its supervisor does the rest. */
  crash(ref: ActorRef<never>, error: unknown = new InjectedCrash(ref.path)): void {
    if (!isRef(ref)) throw new UsageError('not-a-ref', `crash: expected an actor ref, got ${String(ref)}`)
    const { slot, generation, path } = (ref as AnyRef).target
    const cell = this.#kernel.cells.get(slot)
    if (cell === undefined || cell.generation !== generation) {
      throw new UnreachableError('actor-stopped', `crash: ${path} has stopped`)
    }
    this.#kernel.turns.defer(() => crash(cell, { kind: 'failure', error }))
  }

  /** Starts an actor that takes any message of the protocol `P`, and remembers it. */
  probe<P>(name?: string): Probe<P> {
    const recorder = new ProbeRecorder(this.#kernel)
    const ref = this.spawn(recorder.definition, [], name === undefined ? {} : { name })
    this.#safe.add((ref as unknown as AnyRef).target.slot)
    return new RecordingProbe(ref as ActorRef<P>, recorder, () => this.settle())
  }

  #crashAtRandom(): void {
    const { random } = this.#simulation
    if (this.#crashRate === 0 || random.next() >= this.#crashRate) return
    const isPossible = (cell: ActorCell): boolean => cell.stage === RUNNING && !this.#safe.has(cell.slot)
    const victims = [...this.#kernel.cells.values()].filter(isPossible)
    const victim = victims[random.below(victims.length)]
    if (victim !== undefined) crash(victim, { kind: 'failure', error: new InjectedCrash(victim.path) })
  }
}

/** From the moment the root is told to stop, time passes as needed: what waits for a deadline would wait for ever. */
function movingTime(engine: SystemEngine, { clock, executor, stepsMax }: Simulation): SystemEngine {
  let isEnded = false
  void engine.rootEnded.then(() => {
    isEnded = true
  })
  const move = async (): Promise<void> => {
    while (!isEnded) {
      await executor.whenIdle(stepsMax).catch(() => {})
      if (!isEnded) clock.fireNext()
    }
  }
  return {
    ...engine,
    stopRoot: () => {
      engine.stopRoot()
      void move()
    },
    end: (deadlineMs) => {
      isEnded = true
      return engine.end(deadlineMs)
    },
  }
}
