import { UnreachableError } from '../../base/errors.ts'
import type { ActorRef, SendResult } from '../actor-ref.ts'
import type { Kernel } from '../kernel.ts'
import type { PendingAsk } from '../pending-ask.ts'
import { AnyRef } from '../ref.ts'
import type { StreamConsumer } from '../stream-consumer.ts'
import type { ThreadLost } from '../supervision/exit-reason.ts'
import type { Watch } from '../watches.ts'
import { Arrivals } from './arrivals.ts'
import { Host } from './host.ts'
import type { MessageTerms, OutboundRoute } from './outbound-route.ts'
import { receiveSignal } from './receive-signal.ts'
import type { RemoteChild } from './remote-child.ts'
import { RemoteTarget } from './remote-target.ts'
import { RemoteWatches } from './remote-watches.ts'
import type { Signal } from './signal.ts'

/** A call of this kernel that waits for another thread. */
export interface OpenCall {
  readonly seat: number
  readonly ask?: PendingAsk
  readonly consumer?: StreamConsumer
  /** Its message outlives the thread that has it. */
  readonly isRetained?: boolean
  /** Waits for an answer to a signal. */
  readonly waiter?: { resolve(value: unknown): void; reject(error: unknown): void }
  /** What was called, unless it is an ask, which knows: `waited for /counter`. For the stacks of errors. */
  readonly origin?: string
  /** Goes on from thread to thread: the death of any of them may have ended it. */
  readonly isTravelling?: boolean
  /** Identifies its message in the ring; undefined for signals, which a lost thread never answers. */
  position?: number | undefined
}

/** A thread has died. */
export interface SeatLoss {
  readonly seat: number
  /** How far it had read what this thread sent it; what lies behind is delivered to its successor. */
  readonly readPosition: number
  readonly reason: ThreadLost
  /** It has no successor. */
  readonly isFinal: boolean
}

/** A call of another kernel that this one works on. */
export interface OpenReply {
  cancel(): void
  request?(items: number): void
}

/** What one kernel has to do with those of other threads. */
export class Remote {
  readonly kernel: Kernel
  route: OutboundRoute
  readonly watches: RemoteWatches
  readonly arrivals: Arrivals
  readonly host: Host
  /** Children on other threads, by slot. */
  readonly children = new Map<number, RemoteChild>()
  readonly #calls = new Map<number, OpenCall>()
  /** By seat, then by the correlation which that seat's kernel gave its call. */
  readonly #replies: Map<number, OpenReply>[] = []
  /** Seats that no thread will have any more. */
  readonly #closed = new Set<number>()
  #correlation: number

  /** `incarnation` of this thread keeps its calls apart from those of the thread that had the seat before. */
  constructor(kernel: Kernel, route: OutboundRoute, incarnation: number) {
    this.kernel = kernel
    this.route = route
    this.watches = new RemoteWatches(this)
    this.arrivals = new Arrivals(this)
    this.host = new Host(this)
    this.#correlation = (incarnation & 0x3f) << 24
  }

  tell(target: RemoteTarget, code: number, a: unknown, b: unknown): SendResult {
    if (target.seat !== this.kernel.seat)
      return this.route.tell(target.seat, target.slot, target.generation, code, a, b)
    return this.arrivals.sendHere(target.slot, target.generation, code, a, b, undefined)
  }

  send(target: RemoteTarget, code: number, a: unknown, b: unknown, terms: MessageTerms): SendResult {
    const { seat, slot, generation } = target
    if (seat === this.kernel.seat) return this.arrivals.sendHere(slot, generation, code, a, b, terms)
    return this.route.send(seat, slot, generation, code, a, b, terms)
  }

  ask(target: RemoteTarget, ask: PendingAsk, code: number, a: unknown, b: unknown): void {
    ask.seat = target.seat
    ask.isRetained = this.kernel.directory.retains(target.slot)
    ask.correlation = this.openCall(ask)
    let result: SendResult
    try {
      result = this.send(target, code, a, b, ask)
    } catch (error) {
      return ask.reject(error)
    }
    if (result !== 'accepted') {
      const { directory } = this.kernel
      const isCurrent = directory.isCurrent(target.slot, target.generation)
      return ask.refuse(result, isCurrent && directory.state(target.slot) === 'parked')
    }
    if (target.seat !== this.kernel.seat) ask.position = this.route.position(target.seat)
  }

  /** An ask of another thread's actor is over, one way or the other. */
  askSettled({ seat, correlation, isWanted }: PendingAsk): void {
    this.closeCall(correlation)
    if (!isWanted) this.signal(seat, { kind: 'cancel', correlation })
  }

  /** The message of a call was accepted. */
  wasSent(correlation: number): void {
    const call = this.#calls.get(correlation)
    if (call !== undefined && call.seat !== this.kernel.seat) call.position = this.route.position(call.seat)
  }

  signal(seat: number, signal: Signal): void {
    if (seat === this.kernel.seat) this.kernel.turns.defer(() => receiveSignal(this, seat, signal))
    else if (!this.#closed.has(seat)) this.route.signal(seat, signal)
  }

  /** Whether the seat has lost its thread for good. */
  isClosed(seat: number): boolean {
    return this.#closed.has(seat)
  }

  /** The host of an address is done with it: its owner may use it again. */
  giveBack(slot: number, generation: number): void {
    const { kernel } = this
    const owner = kernel.directory.ownerSeat(slot)
    if (owner === kernel.seat) kernel.release(slot, generation)
    else this.signal(owner, { kind: 'forgotten', slot, generation })
  }

  /** A signal from another thread. */
  receive(seat: number, signal: Signal): void {
    receiveSignal(this, seat, signal)
  }

  /** Sends a signal that is answered. `make` gets the call's number. */
  request(seat: number, make: (correlation: number) => Signal): Promise<unknown> {
    return this.#request({ seat }, make)
  }

  /** Sends a signal that goes from thread to thread, and once more whenever one of them dies before the answer. */
  async find(seat: number, make: (correlation: number) => Signal): Promise<unknown> {
    return this.#unlessLost(seat, () => this.#request({ seat, isTravelling: true }, make))
  }

  async whenReady({ seat, slot, generation, path }: RemoteTarget): Promise<void> {
    const make = (correlation: number): Signal => ({ kind: 'ready', slot, generation, correlation })
    await this.#unlessLost(seat, () => this.#request({ seat, origin: `waited for ${path}` }, make))
  }

  /** Each further try needs the death of one more thread. */
  async #unlessLost(seat: number, request: () => Promise<unknown>): Promise<unknown> {
    for (;;) {
      try {
        return await request()
      } catch (error) {
        if ((error as Partial<UnreachableError>).code !== 'thread-lost' || this.#closed.has(seat)) throw error
      }
    }
  }

  #request(call: OpenCall, make: (correlation: number) => Signal): Promise<unknown> {
    const { seat } = call
    if (this.#closed.has(seat)) return Promise.reject(new UnreachableError('thread-lost', `seat ${seat} is closed`))
    return new Promise((resolve, reject) => {
      const correlation = this.openCall({ ...call, waiter: { resolve, reject } })
      this.signal(seat, make(correlation))
    })
  }

  openCall(call: OpenCall): number {
    do this.#correlation = (this.#correlation & ~0xff_ffff) | ((this.#correlation + 1) & 0xff_ffff)
    while (this.#correlation === 0 || this.#calls.has(this.#correlation))
    this.#calls.set(this.#correlation, call)
    return this.#correlation
  }

  callOf(correlation: number): OpenCall | undefined {
    return this.#calls.get(correlation)
  }

  closeCall(correlation: number): void {
    this.#calls.delete(correlation)
  }

  openReply(seat: number, correlation: number, reply: OpenReply): void {
    while (this.#replies.length <= seat) this.#replies.push(new Map())
    this.#replies[seat]!.set(correlation, reply)
  }

  replyOf(seat: number, correlation: number): OpenReply | undefined {
    return this.#replies[seat]?.get(correlation)
  }

  closeReply(seat: number, correlation: number): void {
    this.#replies[seat]?.delete(correlation)
  }

  addChild(child: RemoteChild): void {
    this.children.set(child.slot, child)
  }

  dropChild(child: RemoteChild): void {
    this.children.delete(child.slot)
  }

  /** The ref for an address that came from elsewhere: the cell's own where the actor lives here. */
  refTo(slot: number, generation: number, path: string, module: string, definition: string): ActorRef {
    const cell = this.kernel.cells.get(slot)
    if (cell?.generation === generation) return cell.ref as unknown as ActorRef
    const seat = this.kernel.directory.hostSeat(slot)
    const target = new RemoteTarget(this.kernel, seat, slot, generation, path, module, definition)
    return new AnyRef(target) as unknown as ActorRef
  }

  watch(watch: Watch): void {
    this.watches.add(watch)
  }

  /** The system is over: every open call ends, and nobody can be reached any more. */
  close(): void {
    this.route = closedRoute
    const error = new UnreachableError('system-stopped', 'the system has shut down')
    for (const [correlation, call] of [...this.#calls]) {
      this.#calls.delete(correlation)
      call.ask?.reject(error)
      call.consumer?.fail(error)
      call.waiter?.reject(error)
    }
  }

  /** Another thread has died. Everything it had published was taken in before this. */
  seatLost(loss: SeatLoss): void {
    const { seat, reason, isFinal } = loss
    if (isFinal) this.#closed.add(seat)
    this.#endCalls(loss)
    const replies = [...(this.#replies[seat]?.values() ?? [])]
    this.#replies[seat]?.clear()
    for (const reply of replies) reply.cancel()
    this.host.parentsLost(seat)
    this.watches.seatLost(seat, reason, isFinal)
    this.#tellSupervisors(seat, reason)
  }

  #endCalls({ seat, readPosition, reason, isFinal }: SeatLoss): void {
    const error = new UnreachableError(
      'thread-lost',
      `the thread ${reason.threadName} died (exit code ${reason.exitCode})`,
    )
    for (const [correlation, call] of [...this.#calls]) {
      if (call.seat !== seat && call.isTravelling !== true) continue
      const isSent = call.position !== undefined && !isFinal
      if (isSent && call.isRetained === true) continue
      if (isSent && !this.route.wasRead(seat, call.position as number, readPosition)) continue
      this.#calls.delete(correlation)
      call.ask?.reject(error)
      call.consumer?.fail(error)
      call.waiter?.reject(error)
    }
  }

  /** One failure for each supervisor, however many of its children lived there. */
  #tellSupervisors(seat: number, reason: ThreadLost): void {
    const lost = new Map<RemoteChild['parent'], RemoteChild[]>()
    for (const child of this.children.values()) {
      if (child.seat !== seat) continue
      const siblings = lost.get(child.parent)
      if (siblings === undefined) lost.set(child.parent, [child])
      else siblings.push(child)
    }
    for (const [parent, children] of lost) parent.lost(children, reason)
  }
}

const closedRoute: OutboundRoute = Object.freeze({
  tell: () => 'actor-stopped',
  send: () => 'actor-stopped',
  signal: () => {},
  position: () => 0,
  wasRead: () => true,
  place: () => {
    throw new UnreachableError('system-stopped', 'the system has shut down')
  },
})
