import type { Clock } from '../base/clock.ts'
import type { SystemEvent } from '../kernel/system-event.ts'
import type { ThreadLost } from '../kernel/supervision/exit-reason.ts'
import { Reaper } from './reaper.ts'
import type { ThreadHost } from './thread-host.ts'
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
}

/**
 * Keeps the worker seats occupied: starts threads, notices their end, settles what they leave behind, and puts the spare in
 * their place. Runs on a thread of its own that runs no user code, so that nothing keeps it from noticing.
 */
export class Guardian {
  readonly #host: ThreadHost
  readonly #ports: GuardianPorts
  readonly #reaper: Reaper
  readonly #seated = new Map<number, WorkerThread>()
  #spare: WorkerThread | undefined
  #deaths = 0
  #made = 0
  #isEnding = false

  constructor(host: ThreadHost, ports: GuardianPorts) {
    this.#host = host
    this.#ports = ports
    this.#reaper = new Reaper(host)
  }

  /** Resolves when every worker seat is occupied and runs. */
  async start(): Promise<void> {
    const { workerSeats } = this.#host.place
    await Promise.all(workerSeats.map((seat) => this.#occupy(seat, this.#makeThread(), undefined)))
    this.#needSpare()
  }

  /** Seats with a thread. */
  get seats(): readonly number[] {
    return [...this.#seated.keys()]
  }

  /** Ends the thread on a seat; it is replaced like any that dies. */
  async killThread(seat: number): Promise<boolean> {
    const thread = this.#seated.get(seat)
    if (thread === undefined) return false
    const isDead = await thread.kill(this.#ports.killMs)
    if (!isDead) this.#closeSeat(seat)
    return isDead
  }

  async killSpare(): Promise<void> {
    await this.#spare?.kill(this.#ports.killMs)
  }

  /** Lets all threads go, and ends those that do not go in time. */
  async end(deadlineMs: number): Promise<void> {
    this.#isEnding = true
    const threads = [...this.#seated.values(), ...(this.#spare === undefined ? [] : [this.#spare])]
    const leave = async (thread: WorkerThread): Promise<void> => {
      const late = new Promise((resolve) => {
        this.#ports.clock.schedule(deadlineMs, () => resolve(undefined))
      })
      await Promise.race([thread.control.call('leave').catch(() => {}), late])
      await thread.kill(this.#ports.killMs)
    }
    await Promise.all(threads.map(leave))
  }

  async #occupy(seat: number, thread: WorkerThread, lost: ThreadLost | undefined): Promise<void> {
    const { memory, place } = this.#host
    const startedMs = this.#ports.clock.nowMs()
    const incarnation = memory.seats.beginIncarnation(seat, startedMs)
    this.#seated.set(seat, thread)
    void thread.exited.then((exit) => this.#onExit(seat, incarnation, thread, exit))
    const { rootSeat, workerSeats } = place
    try {
      await thread.control.call('occupy', { seat, incarnation, rootSeat, workerSeats, lost })
    } catch {
      return // it died on the way; its exit is dealt with as any other
    }
    const tookMs = this.#ports.clock.nowMs() - startedMs
    this.#ports.onEvent({ type: 'thread-started', thread: seat, incarnation, tookMs })
  }

  /** Once per incarnation: its exit is the one notice of a thread's death, whatever ended it. */
  #onExit(seat: number, incarnation: number, thread: WorkerThread, exit: ThreadExit): void {
    if (this.#seated.get(seat) !== thread) return
    this.#seated.delete(seat)
    if (this.#isEnding) return
    const { memory } = this.#host
    const reason: ThreadLost = {
      kind: 'thread-lost',
      threadName: `worker-${seat}`,
      exitCode: exit.exitCode,
      occurrence: ++this.#deaths,
    }
    memory.seats.setState(seat, 'lost')
    this.#host.inbox.drainFrom(seat, Number.POSITIVE_INFINITY)
    const { readPositions, lost } = this.#reaper.reap(seat, false)
    this.#ports.onEvent({ type: 'thread-lost', thread: seat, reason, lost })
    if (exit.error !== undefined) this.#host.kernel.log.error({ seat, err: exit.error }, 'a thread ended')
    this.#host.broadcast((to) =>
      to === seat
        ? undefined
        : { kind: 'seat-lost', seat, incarnation, readPosition: readPositions[to] as number, reason, isFinal: false },
    )
    const readPosition = readPositions[this.#host.place.seat] as number
    this.#host.seatLost(incarnation, { seat, readPosition, reason, isFinal: false })
    void this.#replace(seat, reason)
  }

  async #replace(seat: number, reason: ThreadLost): Promise<void> {
    const thread = this.#spare ?? this.#makeThread()
    this.#spare = undefined
    await this.#occupy(seat, thread, reason)
    this.#needSpare()
  }

  #needSpare(): void {
    if (!this.#ports.hasSpare || this.#spare !== undefined || this.#isEnding) return
    const spare = this.#makeThread()
    this.#spare = spare
    void spare.exited.then(() => {
      if (this.#spare !== spare) return
      this.#spare = undefined
      this.#needSpare()
    })
  }

  #makeThread(): WorkerThread {
    return this.#ports.makeThread(`troupe-${++this.#made}`)
  }

  /** A thread that cannot be ended keeps its seat for good: nobody else may touch its memory. */
  #closeSeat(seat: number): void {
    this.#host.memory.seats.setState(seat, 'closed')
    this.#ports.onEvent({ type: 'thread-unkillable', thread: seat })
  }
}
