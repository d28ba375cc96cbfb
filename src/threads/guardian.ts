import type { Clock, TimerHandle } from '../base/clock.ts'
import type { ThreadLost } from '../kernel/supervision/exit-reason.ts'
import type { SystemEvent } from '../kernel/system-event.ts'
import { type HeapFigures, MemoryWatch } from './memory-watch.ts'
import { Reaper } from './reaper.ts'
import type { ThreadHost } from './thread-host.ts'
import { WarmSpare } from './warm-spare.ts'
import { Watchdog } from './watchdog.ts'
import type { ThreadExit, WorkerThread } from './worker-thread.ts'

export interface GuardianPorts {
  readonly clock: Clock
  /** A thread without a seat. */
  readonly makeThread: (name: string) => WorkerThread
  readonly onEvent: (event: SystemEvent) => void
  /** Time a thread gets to end after `terminate`. Milliseconds. */
  readonly killMs: number
  /** Whether a warm spare is kept. */
  readonly hasSpare: boolean
  /** A thread that makes no progress for that long is ended. Milliseconds; Infinity: none is. */
  readonly watchdogMs: number
  /** A debugger is attached, or may be, at first; see `Guardian.isInspected`. */
  readonly isInspected: boolean
  /** A thread whose heap comes near that is ended before it is full. Bytes; Infinity: none is. */
  readonly heapMaxBytes: number
  /** Watched, but never ended. */
  readonly mainSeat: number
}

/** A thread on its seat. */
interface Occupant {
  readonly seat: number
  readonly incarnation: number
  readonly thread: WorkerThread
  /** It has no actors left and gives its seat back. */
  isVacating: boolean
}

/** Time between two looks at the heaps. Milliseconds. */
const MEMORY_TICK_MS = 1_000
/** Deaths of new threads in a row, on one seat, before the next one is delayed. */
const FREE_DEATHS = 3
const DELAY_MS_MIN = 10
const DELAY_MS_MAX = 1_000

/**
 * Keeps the worker seats occupied: starts threads, notices their end, settles what they leave behind, and puts the spare in
 * their place. Runs on a thread of its own that runs no user code, so that nothing keeps it from noticing.
 */
export class Guardian {
  readonly #host: ThreadHost
  readonly #ports: GuardianPorts
  readonly #reaper: Reaper
  readonly #watchdog: Watchdog
  readonly #memoryWatch = new MemoryWatch()
  readonly #seated = new Map<number, Occupant>()
  /** Threads in a row that died before they ran, by seat. */
  readonly #stillborn = new Map<number, number>()
  readonly #timers = new Set<TimerHandle>()
  /** While it is true nobody is taken for stuck: whoever stops at a breakpoint makes no progress either. */
  isInspected: boolean
  readonly #spare: WarmSpare
  #deaths = 0
  #made = 0
  #isEnding = false

  constructor(host: ThreadHost, ports: GuardianPorts) {
    this.#host = host
    this.#ports = ports
    this.isInspected = ports.isInspected
    this.#reaper = new Reaper(host)
    this.#spare = new WarmSpare(() => this.#makeThread(), ports.hasSpare)
    this.#watchdog = new Watchdog(host.memory.seats, ports.watchdogMs, {
      poke: (seat) => host.memory.doorbell(seat).wake(),
      onStuck: (seat, forMs) => this.#onStuck(seat, forMs),
    })
  }

  /** Resolves when every worker seat is occupied and runs. */
  async start(): Promise<void> {
    const { workerSeats } = this.#host.place
    await Promise.all(workerSeats.map((seat) => this.#occupy(seat, this.#makeThread(), undefined)))
    this.#spare.need()
    if (this.#ports.watchdogMs !== Number.POSITIVE_INFINITY) this.#every(this.#watchdog.tickMs, () => this.#watch())
    if (this.#ports.heapMaxBytes !== Number.POSITIVE_INFINITY) this.#every(MEMORY_TICK_MS, () => this.#watchMemory())
  }

  /** Seats with a thread. */
  get seats(): readonly number[] {
    return [...this.#seated.keys()]
  }

  /** Ends the thread on a seat; it is replaced like any that dies. */
  async killThread(seat: number): Promise<boolean> {
    const occupant = this.#seated.get(seat)
    if (occupant === undefined) return false
    const isDead = await occupant.thread.kill(this.#ports.killMs)
    if (!isDead && this.#seated.get(seat) === occupant && !this.#isEnding) this.#closeSeat(occupant)
    return isDead
  }

  async killSpare(): Promise<void> {
    await this.#spare.kill(this.#ports.killMs)
  }

  /** A worker thread has loaded a module for an actor: the next one will need it too. */
  learnModule(module: string): void {
    this.#spare.learn(module)
  }

  /** Somebody has sent something to a seat that has no thread: a pinned actor, or one placed beside it. */
  need(seat: number): void {
    if (this.#isEnding || this.#seated.has(seat)) return
    const state = this.#host.memory.seats.state(seat)
    if (state === 'free' || state === 'reserved') void this.#replace(seat, undefined)
  }

  /** The thread on a seat beyond the workers' has no actors any more, and takes in nothing. */
  vacate(seat: number, incarnation: number): void {
    const occupant = this.#seated.get(seat)
    if (occupant?.incarnation !== incarnation || this.#isEnding) return
    occupant.isVacating = true
    void this.killThread(seat)
  }

  /** Lets all threads go, and ends those that do not go in time. */
  async end(deadlineMs: number): Promise<void> {
    this.#isEnding = true
    for (const timer of this.#timers) timer.cancel()
    const threads = [...this.#seated.values()].map(({ thread }) => thread)
    const spare = this.#spare.close()
    if (spare !== undefined) threads.push(spare)
    await Promise.all(threads.map((thread) => this.#letGo(thread, deadlineMs)))
  }

  async #letGo(thread: WorkerThread, deadlineMs: number): Promise<void> {
    let late: TimerHandle | undefined
    const isLate = new Promise<void>((resolve) => {
      late = this.#ports.clock.schedule(deadlineMs, resolve)
    })
    await Promise.race([thread.control.call('leave').catch(() => {}), isLate])
    late?.cancel()
    await thread.kill(this.#ports.killMs)
  }

  async #occupy(seat: number, thread: WorkerThread, lost: ThreadLost | undefined): Promise<void> {
    const { memory, place } = this.#host
    const startedMs = this.#ports.clock.nowMs()
    const incarnation = memory.seats.beginIncarnation(seat, startedMs)
    const occupant: Occupant = { seat, incarnation, thread, isVacating: false }
    this.#seated.set(seat, occupant)
    void thread.exited.then((exit) => this.#onExit(occupant, exit))
    const { rootSeat, workerSeats } = place
    this.#stillborn.set(seat, (this.#stillborn.get(seat) ?? 0) + 1)
    try {
      await thread.control.call('occupy', { seat, incarnation, rootSeat, workerSeats, lost })
    } catch (error) {
      // It died on the way, and its exit is dealt with as any other; or it cannot take the seat, and has to go.
      this.#host.kernel.log.warn({ seat, err: error }, 'a thread did not get to its seat')
      await thread.kill(this.#ports.killMs)
      return
    }
    this.#stillborn.delete(seat)
    const tookMs = this.#ports.clock.nowMs() - startedMs
    this.#ports.onEvent({ type: 'thread-started', thread: seat, incarnation, tookMs })
  }

  /** Once per incarnation: its exit is the one notice of a thread's death, whatever ended it. */
  #onExit(occupant: Occupant, exit: ThreadExit): void {
    const { seat, isVacating } = occupant
    if (this.#seated.get(seat) !== occupant) return // its seat was closed, as it would not end
    this.#seated.delete(seat)
    if (this.#isEnding) return
    if (exit.error !== undefined) this.#host.kernel.log.error({ seat, err: exit.error }, 'a thread ended')
    if (isVacating) return this.#onVacated(seat)
    const reason = this.#settle(occupant, exit.exitCode, false)
    void this.#replace(seat, reason)
  }

  /** Puts in order what the thread left behind, and tells all others. */
  #settle({ seat, incarnation }: Occupant, exitCode: number, isFinal: boolean): ThreadLost {
    const { memory, inbox, place } = this.#host
    const reason: ThreadLost = {
      kind: 'thread-lost',
      threadName: `worker-${seat}`,
      exitCode,
      occurrence: ++this.#deaths,
    }
    memory.seats.setState(seat, isFinal ? 'closed' : 'lost')
    inbox.drainFrom(seat, Number.POSITIVE_INFINITY)
    const { readPositions, lost } = this.#reaper.reap(seat, isFinal)
    this.#ports.onEvent({ type: 'thread-lost', thread: seat, reason, lost })
    const lossFor = (to: number) => ({ seat, readPosition: readPositions[to] as number, reason, isFinal })
    this.#host.broadcast((to) => (to === seat ? undefined : { kind: 'seat-lost', incarnation, ...lossFor(to) }))
    this.#host.seatLost(incarnation, lossFor(place.seat))
    this.#ringFor(seat)
    return reason
  }

  /** The dead thread may have published something and not rung, or rung and not notified. */
  #ringFor(seat: number): void {
    const { memory } = this.#host
    for (let to = 0; to < memory.options.seatsMax; to++) {
      if (to === seat || memory.seats.state(to) === 'free') continue
      memory.doorbell(to).ringFor(seat)
      memory.doorbell(to).wake()
    }
  }

  /** Nothing was lost. Somebody may have written to the seat meanwhile: then it gets a thread again. */
  #onVacated(seat: number): void {
    const { memory, inbox } = this.#host
    inbox.drainFrom(seat, Number.POSITIVE_INFINITY)
    this.#reaper.reap(seat, false)
    // FREE, then look: whoever writes looks after that, so that one of the two sees the other.
    memory.seats.setState(seat, 'free')
    for (let from = 0; from < memory.options.seatsMax; from++) {
      if (from !== seat && memory.ringPendingBytes(from, seat) > 0) return this.need(seat)
    }
  }

  async #replace(seat: number, reason: ThreadLost | undefined): Promise<void> {
    const stillborn = this.#stillborn.get(seat) ?? 0
    if (stillborn >= FREE_DEATHS)
      await this.#delay(Math.min(DELAY_MS_MIN * 2 ** (stillborn - FREE_DEATHS), DELAY_MS_MAX))
    if (this.#isEnding) return
    await this.#occupy(seat, this.#spare.take(), reason)
    this.#spare.need()
  }

  #makeThread(): WorkerThread {
    return this.#ports.makeThread(`troupe-${++this.#made}`)
  }

  #watch(): void {
    const nowMs = this.#ports.clock.nowMs()
    if (!this.isInspected) this.#watchdog.look([this.#ports.mainSeat, ...this.#seated.keys()], nowMs)
    // Reserved by a thread that then had no use for it, or died: a thread finds nothing to do there and gives it back.
    const { seats, options } = this.#host.memory
    for (let seat = 0; seat < options.seatsMax; seat++) {
      if (seats.state(seat) === 'reserved') this.need(seat)
    }
  }

  #onStuck(seat: number, forMs: number): void {
    const { kernel } = this.#host
    if (seat === this.#ports.mainSeat) {
      kernel.log.warn({ seat, forMs }, 'the main thread is blocked')
      this.#ports.onEvent({ type: 'main-blocked', forMs })
      return
    }
    kernel.log.error({ seat, forMs }, 'a thread is stuck and will be ended')
    void this.killThread(seat)
  }

  #watchMemory(): void {
    for (const occupant of this.#seated.values()) {
      void this.#heapOf(occupant).then((heap) => {
        if (this.#seated.get(occupant.seat) !== occupant) return
        if (!this.#memoryWatch.isTooHigh(occupant.seat, heap)) return
        this.#ports.onEvent({ type: 'memory-high', thread: occupant.seat, ...heap })
        void this.killThread(occupant.seat)
      })
    }
  }

  /**
   * Asked from outside where Node can do that; otherwise what the thread said last. V8's own limit is no measure: it adds the
   * young generation, which is no room to grow into.
   */
  async #heapOf({ seat, thread }: Occupant): Promise<HeapFigures> {
    const usedBytes = (await thread.heapUsedBytes()) ?? this.#reportedHeap(seat)
    return { usedBytes, limitBytes: this.#ports.heapMaxBytes }
  }

  /** Until the thread says something itself, the seat shows what the one before it said last. */
  #reportedHeap(seat: number): number {
    const { seats } = this.#host.memory
    const { heapUsedBytes, reportedMs } = seats.load(seat)
    return reportedMs < seats.startedMs(seat) ? 0 : heapUsedBytes
  }

  /**
   * A thread that cannot be ended keeps its seat for good: it is in a system call, or native code, and will run no more
   * JavaScript; but nobody can say when it will have let go of its memory.
   */
  #closeSeat(occupant: Occupant): void {
    this.#seated.delete(occupant.seat)
    this.#settle(occupant, -1, true)
    this.#ports.onEvent({ type: 'thread-unkillable', thread: occupant.seat })
  }

  #every(milliseconds: number, task: () => void): void {
    const { clock } = this.#ports
    const again = (): void => {
      const timer = clock.schedule(milliseconds, () => {
        this.#timers.delete(timer)
        if (this.#isEnding) return
        again()
        task()
      })
      this.#timers.add(timer)
    }
    again()
  }

  #delay(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#ports.clock.schedule(milliseconds, () => {
        this.#timers.delete(timer)
        resolve()
      })
      this.#timers.add(timer)
    })
  }
}
