import { UnreachableError } from '../../base/errors.ts'
import type { ActorRef, SendResult } from '../actor-ref.ts'
import type { Kernel } from '../kernel.ts'
import type { PendingAsk } from '../pending-ask.ts'
import { AnyRef } from '../ref.ts'
import type { StreamConsumer } from '../stream-consumer.ts'
import type { ExitReason, ThreadLost } from '../supervision/exit-reason.ts'
import type { Watch } from '../watches.ts'
import { Arrivals } from './arrivals.ts'
import { Host } from './host.ts'
import type { MessageTerms, OutboundRoute } from './outbound-route.ts'
import type { RemoteChild } from './remote-child.ts'
import { RemoteParent } from './remote-parent.ts'
import { RemoteTarget } from './remote-target.ts'
import { RemoteWatches } from './remote-watches.ts'
import type { Signal } from './signal.ts'
import { receiveSignal } from './receive-signal.ts'

/** A call of this kernel that waits for another thread. */
export interface OpenCall {
  readonly seat: number
  readonly ask?: PendingAsk
  readonly consumer?: StreamConsumer
  /** Waits for an answer to a signal. */
  readonly waiter?: { resolve(value: unknown): void; reject(error: unknown): void }
  /** Where its message ends in the ring; undefined for signals, which a lost thread never answers. */
  position?: number
}

/** A call of another kernel that this one works on. */
export interface OpenReply {
  cancel(): void
  request?(items: number): void
}

/** What one kernel has to do with those of other threads. */
export class Remote {
  readonly kernel: Kernel
  readonly route: OutboundRoute
  readonly watches: RemoteWatches
  readonly arrivals: Arrivals
  readonly host: Host
  /** Children on other threads, by slot. */
  readonly children = new Map<number, RemoteChild>()
  readonly #calls = new Map<number, OpenCall>()
  readonly #replies = new Map<number, OpenReply>()
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
    if (target.seat !== this.kernel.seat) return this.route.tell(target.seat, target.slot, target.generation, code, a, b)
    return this.arrivals.sendHere(target.slot, target.generation, code, a, b, undefined)
  }

  send(target: RemoteTarget, code: number, a: unknown, b: unknown, terms: MessageTerms): SendResult {
    const { seat, slot, generation } = target
    if (seat === this.kernel.seat) return this.arrivals.sendHere(slot, generation, code, a, b, terms)
    return this.route.send(seat, slot, generation, code, a, b, terms)
  }

  ask(target: RemoteTarget, ask: PendingAsk, code: number, a: unknown, b: unknown): void {
    const call: OpenCall = { seat: target.seat, ask }
    const correlation = this.openCall(call)
    ask.onSettled = () => {
      this.closeCall(correlation)
      if (!ask.isWanted) this.signal(target.seat, { kind: 'cancel', correlation })
    }
    const { deadlineMs, chain, key } = ask
    const terms = { correlation, credit: 0, deadlineMs, expiresAtMs: Number.POSITIVE_INFINITY, chain, key }
    let result: SendResult
    try {
      result = this.send(target, code, a, b, terms)
    } catch (error) {
      return ask.reject(error)
    }
    if (result !== 'accepted') return ask.refuse(result)
    call.position = this.route.position(target.seat)
  }

  signal(seat: number, signal: Signal): void {
    if (seat === this.kernel.seat) this.kernel.turns.defer(() => receiveSignal(this, seat, signal))
    else this.route.signal(seat, signal)
  }

  /** A signal from another thread. */
  receive(seat: number, signal: Signal): void {
    receiveSignal(this, seat, signal)
  }

  /** Sends a signal that is answered. `make` gets the call's number. */
  request(seat: number, make: (correlation: number) => Signal): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const correlation = this.openCall({ seat, waiter: { resolve, reject } })
      this.signal(seat, make(correlation))
    })
  }

  async whenReady({ seat, slot, generation }: RemoteTarget): Promise<void> {
    await this.request(seat, (correlation) => ({ kind: 'ready', slot, generation, correlation }))
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
    this.#replies.set(replyKey(seat, correlation), reply)
  }

  replyOf(seat: number, correlation: number): OpenReply | undefined {
    return this.#replies.get(replyKey(seat, correlation))
  }

  closeReply(seat: number, correlation: number): void {
    this.#replies.delete(replyKey(seat, correlation))
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

  /**
   * Another thread has died. Everything it had published was taken in before this. `readPosition`: how far it had read
   * what this thread sent it; what lies behind is delivered to its successor.
   */
  seatLost(seat: number, readPosition: number, reason: ThreadLost): void {
    this.#endCalls(seat, readPosition, reason)
    for (const [key, reply] of [...this.#replies]) {
      if (Math.floor(key / 2 ** 32) !== seat) continue
      this.#replies.delete(key)
      reply.cancel()
    }
    this.#stopChildrenOf(seat, { kind: 'parent-lost' })
    this.watches.seatLost(seat)
    this.#tellSupervisors(seat, reason)
  }

  #endCalls(seat: number, readPosition: number, reason: ThreadLost): void {
    const error = new UnreachableError('thread-lost', `the thread ${reason.threadName} died (exit code ${reason.exitCode})`)
    for (const [correlation, call] of [...this.#calls]) {
      if (call.seat !== seat) continue
      const isUnread = call.position !== undefined && ((readPosition - call.position) | 0) < 0
      if (isUnread) continue
      this.#calls.delete(correlation)
      call.ask?.reject(error)
      call.consumer?.fail(error)
      call.waiter?.reject(error)
    }
  }

  #stopChildrenOf(seat: number, reason: ExitReason): void {
    for (const cell of [...this.kernel.cells.values()]) {
      if (!(cell.parent instanceof RemoteParent) || cell.parent.seat !== seat) continue
      cell.parent.isLost = true
      cell.abandon(reason)
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

function replyKey(seat: number, correlation: number): number {
  return seat * 2 ** 32 + correlation
}

