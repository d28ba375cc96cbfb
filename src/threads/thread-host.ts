import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { LIMBO } from '../kernel/directory.ts'
import type { Executor } from '../kernel/executor.ts'
import { Kernel, type KernelPorts } from '../kernel/kernel.ts'
import { Orphans } from '../kernel/remote/orphans.ts'
import type { SeatLoss } from '../kernel/remote/remote.ts'
import type { Signal } from '../kernel/remote/signal.ts'
import type { ThreadLost } from '../kernel/supervision/exit-reason.ts'
import { payloadBytesMax } from '../memory/ring-layout.ts'
import type { SystemMemory } from '../memory/system-memory.ts'
import { Inbox } from './inbox.ts'
import { KernelDirectory } from './kernel-directory.ts'
import { Placer } from './placer.ts'
import { RetainedMessages } from './retained-messages.ts'
import { RingRoute } from './ring-route.ts'
import type { StrayErrors } from './stray-errors.ts'
import { ThreadCodec } from './thread-codec.ts'
import { ThreadLoop } from './thread-loop.ts'
import type { Census, ThreadSignal } from './thread-signal.ts'
import { WireCopies } from './wire-copies.ts'

export type OtherSignal = Extract<
  ThreadSignal,
  { readonly kind: 'event' | 'compute' | 'loaded' | 'need-thread' | 'vacate' }
>

/** Where a thread is in its system. */
export interface SeatPlace {
  readonly seat: number
  readonly incarnation: number
  /** The thread of the root. */
  readonly rootSeat: number
  /** Seats of worker threads. */
  readonly workerSeats: readonly number[]
}

export interface ThreadHostPorts
  extends Pick<KernelPorts, 'logSink' | 'deadLetters' | 'compute' | 'onEvent' | 'loadModule' | 'runQueue'> {
  readonly clock: Clock
  readonly random: Random
  /** @default microtasks and setImmediate */
  readonly executor?: Executor
  /** Local messages take the wire path too. */
  readonly isDebug: boolean
  /** None: errors that come up outside of handlers are nobody's. */
  readonly errorScope?: StrayErrors | undefined
  /** Signals that are not about actors or threads: events, CPU work. */
  readonly onOther: (from: number, signal: OtherSignal) => void
}

/** One thread of a system: its kernel, and its rings to and from all others. */
export class ThreadHost {
  readonly kernel: Kernel
  readonly memory: SystemMemory
  readonly place: SeatPlace
  readonly route: RingRoute
  readonly codec: ThreadCodec
  readonly #retained: RetainedMessages
  readonly inbox: Inbox
  readonly loop: ThreadLoop
  /** Incarnations whose end was dealt with, by seat. */
  readonly #ended: number[]
  readonly #onOther: ThreadHostPorts['onOther']
  readonly #errorScope: StrayErrors | undefined

  constructor(memory: SystemMemory, place: SeatPlace, ports: ThreadHostPorts) {
    this.memory = memory
    this.place = place
    this.#onOther = ports.onOther
    this.#errorScope = ports.errorScope
    this.#ended = new Array<number>(memory.options.seatsMax).fill(0)
    this.codec = new ThreadCodec(memory, place.seat, payloadBytesMax(memory.options.ringBytes))
    this.#retained = new RetainedMessages(memory, this.codec, place.seat)
    const placer = new Placer(memory, place.seat, place.workerSeats)
    this.route = new RingRoute(memory, place.seat, this.codec, placer, () => this.loop.onWritten())
    const isSuccessor = place.incarnation > 1
    if (isSuccessor) {
      memory.directory.rebuild(place.seat)
      this.route.takeOver()
    }
    this.kernel = new Kernel({
      ...ports,
      seat: place.seat,
      incarnation: place.incarnation,
      rootAddress: rootAddressOf(memory, place.rootSeat),
      route: this.route,
      executor: ports.executor ?? threadExecutor,
      directory: new KernelDirectory(memory, place.seat),
      pulse: pulseOf(memory, place.seat),
      meters: metersOf(memory, place.seat),
      frames: this.codec.frames,
      retention: this.#retained,
      copies: ports.isDebug ? new WireCopies(this.codec) : undefined,
    })
    this.codec.attach(this.kernel)
    this.inbox = new Inbox(memory, this.kernel, this.codec, this.#retained, (from, signal) =>
      this.#onSignal(from, signal),
    )
    this.loop = new ThreadLoop(
      ports.clock,
      memory.doorbell(place.seat),
      this.inbox,
      this.kernel.turns,
      this.route,
      this.kernel.pulse,
    )
    const counters = memory.counters(place.seat)
    this.loop.onPark = () => counters.add('parks', 1)
    this.kernel.turns.onSample = (milliseconds) => counters.record('handler-us', milliseconds * 1_000)
    this.#watchForEmptiness()
  }

  /** Begins to work. A successor first tells all others that it is there, before anything else that it sends. */
  start(lost?: ThreadLost): void {
    if (this.place.incarnation > 1) this.#takeOver(lost)
    this.memory.seats.setState(this.place.seat, 'running')
    this.loop.start()
  }

  /** A pinned thread gives its seat back when its last actor has gone. */
  #watchForEmptiness(): void {
    const { seat, incarnation, rootSeat } = this.place
    if (seat < this.route.pinnedSeat) return
    this.loop.isDone = () => {
      const { cells, remote } = this.kernel
      const waiting = remote.arrivals.count + remote.host.loadingCount + remote.children.size
      if (cells.size > 0 || waiting > 0) return false
      this.route.signal(rootSeat, { kind: 'vacate', incarnation } as unknown as Signal)
      this.route.flush()
      return true
    }
  }

  /** Lets go of what keeps this thread in the system. What is in the rings stays there. */
  close(): void {
    this.loop.close()
    this.kernel.remote.close()
    this.#errorScope?.close()
  }

  /** A thread has died. Once per incarnation, whoever tells first. */
  seatLost(incarnation: number, loss: SeatLoss): void {
    const { seat } = loss
    if ((this.#ended[seat] as number) >= incarnation) return
    this.#ended[seat] = incarnation
    this.kernel.remote.seatLost(loss)
  }

  /** Tells every other thread. */
  broadcast(make: (seat: number) => ThreadSignal | undefined): void {
    for (let seat = 0; seat < this.memory.options.seatsMax; seat++) {
      if (seat === this.place.seat || this.memory.seats.state(seat) === 'free') continue
      const signal = make(seat)
      if (signal !== undefined) this.route.signal(seat, signal as unknown as Signal)
    }
  }

  /** What waits here. */
  census(): Census {
    let queued = this.kernel.remote.arrivals.count
    for (const cell of this.kernel.cells.values()) queued += cell.queued + (cell.extras?.inFlight.size ?? 0)
    return { queued }
  }

  #takeOver(reason: ThreadLost | undefined): void {
    const { seat, incarnation } = this.place
    this.#releaseStopped()
    this.kernel.orphans = new Orphans(this.kernel)
    this.broadcast((to) => {
      const readPosition = this.memory.ringConsumer(to, seat).position
      return { kind: 'hello', incarnation, readPosition, reason }
    })
    this.#disownChildren()
    this.kernel.orphans.releaseAbsent()
    this.#retained.redeliver(this.kernel)
  }

  /**
   * The predecessor's children on other threads. Those that have begun were stopped when its death was told; the others,
   * and those that had ended but were not given back, are the business of their hosts, who alone write their entries.
   */
  #disownChildren(): void {
    const { directory } = this.memory
    const first = this.place.seat * directory.actorsPerSeat
    const end = first + directory.highWater(this.place.seat)
    for (let slot = first; slot < end; slot++) {
      const seat = directory.hostSeat(slot)
      const generation = directory.generation(slot)
      if (seat === this.place.seat || !directory.isCurrent(slot, generation)) continue
      this.kernel.remote.signal(seat, { kind: 'disown', slot, generation })
    }
  }

  /** Addresses that the predecessor was done with, but had not given back. */
  #releaseStopped(): void {
    const { kernel } = this
    const { directory } = this.memory
    directory.forEachHostedOn(kernel.seat, (slot) => {
      const generation = directory.generation(slot)
      const isOldLimbo = directory.parentSlot(slot) === LIMBO && slot !== kernel.limboSlot
      if (!isOldLimbo && directory.state(slot) !== 'stopped') return
      // An owner elsewhere may have freed it, and used it again, in between: then its generation has moved on.
      if (directory.isCurrent(slot, generation)) kernel.remote.giveBack(slot, generation)
    })
  }

  #onSignal(from: number, signal: Signal | ThreadSignal): void {
    switch (signal.kind) {
      case 'hello': {
        // The first record of a new thread: everything before it was its predecessor's, and has been taken in.
        if (signal.reason !== undefined) {
          const { readPosition, reason } = signal
          this.seatLost(signal.incarnation - 1, { seat: from, readPosition, reason, isFinal: false })
        }
        return
      }
      case 'seat-lost':
        this.#drainUntilHello(signal.seat, signal.incarnation)
        return this.seatLost(signal.incarnation, signal)
      case 'census':
        return this.route.signal(from, { kind: 'answer', correlation: signal.correlation, value: this.census() })
      case 'event':
      case 'compute':
      case 'loaded':
      case 'need-thread':
      case 'vacate':
        return this.#onOther(from, signal)
      default:
        this.kernel.remote.receive(from, signal)
    }
  }

  /** What the dead thread had published comes before the notice of its death. Its successor's hello gives the notice itself. */
  #drainUntilHello(seat: number, incarnation: number): void {
    while ((this.#ended[seat] as number) < incarnation) {
      if (this.inbox.drainFrom(seat, 1) === 0) return
    }
  }
}

/** The root is the first actor of its thread; the entry before it is that seat's limbo. */
export function rootAddressOf(
  memory: SystemMemory,
  rootSeat: number,
): { seat: number; slot: number; generation: number } {
  return { seat: rootSeat, slot: rootSeat * memory.options.actorsPerSeat + 1, generation: 1 }
}

function pulseOf(memory: SystemMemory, seat: number): KernelPorts['pulse'] {
  return {
    words: memory.seats.words,
    slotIndex: memory.seats.runningSlotIndex(seat),
    handlerIndex: memory.seats.runningHandlerIndex(seat),
    progressIndex: memory.seats.progressIndex(seat),
  }
}

function metersOf(memory: SystemMemory, seat: number): KernelPorts['meters'] {
  const counters = memory.counters(seat)
  return {
    add: (name, by) => counters.add(name, by),
    setActors: (count) => counters.setGauge('actors', count),
  }
}

const resolved = Promise.resolve()

/** A promise's `then` is a microtask at a fifth of what Node's `queueMicrotask` costs, which makes an async resource of each. */
const threadExecutor: KernelPorts['executor'] = {
  soon: (task) => {
    void resolved.then(task)
  },
  later: setImmediate,
}
