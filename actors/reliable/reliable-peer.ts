import { randomBytes } from 'node:crypto'
import { type ActorRef, type Log, systemClock, type TimerHandle, UnreachableError } from 'troupe'
import type { Link } from '../connection/link.ts'
import { MessageFeed, refusalOf, type SendManyResult, type SendOneOptions, type SendOptions } from './message-feed.ts'
import { isMessageId, messageIdBytes } from './message-id.ts'
import type { Outbox } from './outbox.ts'
import type { DeliveryResult, OutgoingMessage } from './outgoing-message.ts'
import {
  BatchOutlet,
  NoOutlet,
  type ReceiverOutlet,
  type ReliableBatchReceiver,
  type ReliableReceiver,
  SingleOutlet,
} from './receiver-outlet.ts'
import { type ReliableFrame, reliableFrameCodec } from './reliable-frame.ts'
import type { AbandonReason, DeviceMetrics, ReliableMetrics } from './reliable-metrics.ts'
import type { ReliableOptions } from './reliable-options.ts'
import { ReliableSession, type SessionStatistics } from './reliable-session.ts'
import type { ResultKind, SessionEvents } from './session-host.ts'

/** Who gets what peers send: each message alone, or by the batch. */
export type ReceiverRef =
  | { readonly receiver?: ActorRef<ReliableReceiver> | undefined; readonly batchReceiver?: undefined }
  | { readonly receiver?: undefined; readonly batchReceiver: ActorRef<ReliableBatchReceiver> }

export interface PeerParts {
  readonly options: ReliableOptions
  /** How metrics, logs and receivers call the peer. */
  readonly peerName: string
  readonly receivers: ReceiverRef
  readonly metrics: ReliableMetrics
  readonly log: Log
  readonly outbox?: Outbox | undefined
  /** Whether the actor is to stop, and waits for those whose messages are pending. */
  readonly isStopping: () => boolean
}

/** Sends that wait for the send queue. Count. */
const WAITING_MAX = 10_000
/** While somebody waits for a result: how often to look whether the actor is to stop, and how long they may go on then. Milliseconds. */
const LOOK_EVERY_MS = 100
const DRAIN_MS = 1_000

/**
 * A session with what it needs to live in an actor: the link of the moment, a timer, the receiver, and those who wait for results. It outlives its
 * links: they are attached and detached. All of it is on one thread.
 */
export class ReliablePeer {
  readonly peerName: string
  readonly session: ReliableSession
  readonly #parts: PeerParts
  readonly #outlet: ReceiverOutlet
  readonly #waiting: MessageFeed[] = []
  #link: Link | undefined
  #timer: TimerHandle | undefined
  #timerMs = Number.POSITIVE_INFINITY
  /** When the first of those that wait has waited for too long. */
  #waitingExpiryMs = Number.POSITIVE_INFINITY
  readonly #metrics: DeviceMetrics
  #isFeeding = false
  /** Feeds whose results are not all known. */
  #openFeeds = 0
  #look: TimerHandle | undefined
  #isFlushDue = false
  #isStopped = false
  #detachedMs = systemClock.nowMs()

  constructor(parts: PeerParts) {
    const { options, peerName, metrics, outbox } = parts
    this.#parts = parts
    this.peerName = peerName
    this.#metrics = metrics.device(peerName)
    this.session = new ReliableSession(options, {
      events: this.#events(),
      sessionId: new Uint8Array(randomBytes(16)),
      incarnation: randomBytes(4).readUInt32LE(),
      metrics: this.#metrics,
      outbox,
    })
    metrics.addCache(this.session.dedup)
    this.#outlet = this.#makeOutlet(parts.receivers)
    if (outbox === undefined) return
    outbox.onFlushed = () => this.#then(() => this.session.stored(systemClock.nowMs()))
    outbox.onFailed = (error) => {
      parts.log.error({ peer: peerName, code: error.code }, `outbox: ${error.message}`)
      this.#then(() => this.session.outboxFailed(systemClock.nowMs()))
    }
  }

  get isConnected(): boolean {
    return this.session.isUp
  }

  get statistics(): SessionStatistics {
    return this.session.statistics
  }

  /** Since when there is no link. Milliseconds; `Infinity` while there is one. */
  get detachedMs(): number {
    return this.#link === undefined ? this.#detachedMs : Number.POSITIVE_INFINITY
  }

  /** A new link takes the place of the one before, which may be dead without anybody knowing. */
  attach(link: Link): void {
    const before = this.#link
    this.#link = link
    link.onRoom = () =>
      this.#then(() => this.#link === link && link.isOpen && this.session.writable(systemClock.nowMs()))
    if (before !== undefined) {
      before.onRoom = undefined
      before.destroy(new UnreachableError('connection-closed', `${this.peerName} has connected anew`))
      this.session.disconnected()
    }
    this.#then(() => this.session.connected(systemClock.nowMs()))
  }

  detach(link: Link): void {
    link.onRoom = undefined
    if (link !== this.#link) return
    this.#link = undefined
    this.#detachedMs = systemClock.nowMs()
    this.#then(() => this.session.disconnected())
  }

  /** One message of the link. */
  take(link: Link, message: Uint8Array): void {
    if (link === this.#link) this.session.receive(message, systemClock.nowMs())
  }

  /** All that one read has brought was taken. */
  batchEnd(): void {
    this.#outlet.flush()
    this.session.flush(systemClock.nowMs())
    this.#arm()
  }

  /** What cannot be sent at all is `rejected`, with the reason. */
  send(payload: Uint8Array, options: SendOneOptions = {}): Promise<DeliveryResult> {
    return new Promise((resolve) => {
      const refusal = this.#feed([payload], options, (feed) => resolve(feed.result))
      if (refusal !== undefined) resolve(refusal)
    })
  }

  sendMany(payloads: readonly Uint8Array[], options: SendOptions = {}): Promise<SendManyResult> {
    return new Promise((resolve) => {
      if (payloads.length === 0) return resolve({ delivered: 0, failed: [] })
      const refusal = this.#feed(payloads, options, (feed) => resolve(feed.results))
      if (refusal !== undefined)
        resolve({ delivered: 0, failed: payloads.map((_, index) => ({ index, result: refusal })) })
    })
  }

  /** Answers whether a message of this id was on its way. */
  cancel(id: string): boolean {
    if (!isMessageId(id)) return false
    return this.#then(() => this.session.cancel(messageIdBytes(id), systemClock.nowMs()))
  }

  /** For good: gives up what is pending, and tells the peer. */
  close(): void {
    if (this.#isStopped) return
    for (const feed of this.#waiting.splice(0)) this.#abandon(feed, 'closed')
    this.session.close(systemClock.nowMs())
    this.#stopTimer()
  }

  /** Ends with its actor. */
  async stop(): Promise<void> {
    if (this.#isStopped) return
    this.#isStopped = true
    this.#giveUp()
    this.#look?.cancel()
    this.#parts.metrics.removeCache(this.session.dedup)
    const { outbox } = this.#parts
    if (outbox === undefined) return
    outbox.onFlushed = undefined
    outbox.onFailed = undefined
    await outbox.close().catch(() => {}) // it has been told already
  }

  /** Answers why not, where these can be no messages. */
  #feed(
    payloads: readonly Uint8Array[],
    options: SendOneOptions,
    resolve: (feed: MessageFeed) => void,
  ): DeliveryResult | undefined {
    let feed: MessageFeed
    try {
      feed = new MessageFeed(payloads, options, this.session.options.ttlMs, systemClock.nowMs(), (done) => {
        this.#openFeeds--
        resolve(done)
      })
    } catch (error) {
      return refusalOf(error)
    }
    this.#openFeeds++
    if (this.#look === undefined) this.#lookLater(0)
    if (this.#isStopped || this.#waiting.length >= WAITING_MAX) {
      this.#abandon(feed, this.#isStopped ? 'closed' : 'queue-full')
      return undefined
    }
    this.#waiting.push(feed)
    this.#waitingExpiryMs = Math.min(this.#waitingExpiryMs, feed.expiresMs)
    this.#then(() => this.#feedSession())
    return undefined
  }

  /** All of it that the session has not taken ends so. */
  #abandon(feed: MessageFeed, reason: AbandonReason): void {
    for (let message = feed.next(); message !== undefined; message = feed.next()) {
      feed.taken()
      this.#refused(message, reason)
    }
  }

  /** Given up before the session had it, who counts its own. */
  #refused(message: OutgoingMessage, reason: AbandonReason): void {
    this.#metrics.abandoned[reason]++
    this.#finished(message, 'abandoned', reason)
  }

  /** Who has waited for room for too long waits no more. */
  #expireWaiting(nowMs: number): void {
    if (nowMs < this.#waitingExpiryMs) return
    this.#waitingExpiryMs = Number.POSITIVE_INFINITY
    for (const feed of this.#waiting.splice(0)) {
      if (feed.expiresMs <= nowMs) {
        this.#abandon(feed, 'expired')
        continue
      }
      this.#waiting.push(feed)
      this.#waitingExpiryMs = Math.min(this.#waitingExpiryMs, feed.expiresMs)
    }
  }

  /** An actor does not stop while handlers of it wait: those of messages that nobody takes would wait for too long. */
  #lookLater(stoppingMs: number): void {
    this.#look = systemClock.schedule(LOOK_EVERY_MS, () => {
      this.#look = undefined
      if (this.#openFeeds === 0 || this.#isStopped) return
      if (!this.#parts.isStopping()) this.#lookLater(0)
      else if (stoppingMs < DRAIN_MS) this.#lookLater(stoppingMs + LOOK_EVERY_MS)
      else this.#giveUp()
    })
  }

  /** Nobody waits for results any more; what an outbox has is kept for the next life. */
  #giveUp(): void {
    for (const feed of this.#waiting.splice(0)) this.#abandon(feed, 'closed')
    if (this.#parts.outbox === undefined) this.session.close(systemClock.nowMs())
    else this.session.suspend(systemClock.nowMs())
    this.#stopTimer()
  }

  /** As far as the send queue has room. */
  #feedSession(): void {
    if (this.#isFeeding) return
    this.#isFeeding = true
    const nowMs = systemClock.nowMs()
    let fed = 0
    for (const feed of this.#waiting) {
      if (!this.#feedAll(feed, nowMs)) break
      fed++
    }
    if (fed > 0) this.#waiting.splice(0, fed)
    this.#isFeeding = false
  }

  /** Answers false when one of its messages has to wait. */
  #feedAll(feed: MessageFeed, nowMs: number): boolean {
    for (let message = feed.next(); message !== undefined; message = feed.next()) {
      if (message.expiresMs <= nowMs) {
        feed.taken()
        this.#refused(message, 'expired')
        continue
      }
      // One of many waits for its turn; that is no queue found full.
      if (feed.isMany && this.session.options.sendPolicy === 'block' && !this.session.hasRoom()) return false
      const answer = this.session.send(message, nowMs)
      if (answer === 'wait') return false
      feed.taken()
      if (answer !== 'accepted') this.#refused(message, this.#hasOutboxFailed ? 'outbox-failed' : 'queue-full')
    }
    return true
  }

  get #hasOutboxFailed(): boolean {
    return this.#parts.outbox?.error !== undefined
  }

  #finished(message: OutgoingMessage, kind: ResultKind, reason: string): void {
    if (kind !== 'delivered') this.#logResult(message, kind, reason)
    const { context } = message
    if (context instanceof MessageFeed) context.finished(message, kind, reason)
  }

  #logResult(message: OutgoingMessage, kind: ResultKind, reason: string): void {
    const { attempts } = message
    const fields = { messageId: message.idText, peer: this.peerName, reason, attempts }
    if (kind === 'abandoned') this.#parts.log.warn(fields, 'a message was abandoned')
    else this.#parts.log.info(fields, `a message was ${kind}`)
  }

  #events(): SessionEvents {
    return {
      transmit: (frame) => this.#transmit(frame),
      deliver: (message) => this.#outlet.offer(message),
      finished: (message, kind, reason) => this.#finished(message, kind, reason),
      room: () => this.#feedSession(),
      brokeLink: (why) => this.#link?.destroy(new UnreachableError('timeout', `${this.peerName}: ${why}`)),
      peerLost: (abandoned) =>
        this.#parts.log.warn({ peer: this.peerName, abandoned }, 'the peer has lost what it had received'),
    }
  }

  #transmit(frame: ReliableFrame): boolean {
    return this.#link?.sendValue(reliableFrameCodec, frame) === 'accepted'
  }

  #makeOutlet({ receiver, batchReceiver }: ReceiverRef): ReceiverOutlet {
    const settle = (message: Parameters<SessionEvents['deliver']>[0], rejected: string | undefined): void => {
      if (this.#isStopped) return
      if (rejected !== undefined) {
        const fields = { messageId: message.idText, peer: this.peerName, reason: rejected }
        this.#parts.log.info(fields, 'a message was refused')
      }
      this.session.settle(message, rejected, systemClock.nowMs())
      this.#flushSoon()
    }
    const from = (): string => this.peerName
    if (receiver !== undefined) return new SingleOutlet(receiver, from, settle)
    return batchReceiver === undefined ? new NoOutlet(settle) : new BatchOutlet(batchReceiver, from, settle)
  }

  /** All that is settled in one turn is acknowledged together; at once, if there is nothing else to wait for. */
  #flushSoon(): void {
    if (this.session.isIdle) return this.batchEnd()
    if (this.#isFlushDue) return
    this.#isFlushDue = true
    setImmediate(() => {
      this.#isFlushDue = false
      if (!this.#isStopped) this.batchEnd()
    })
  }

  /** Does something with the session, which may have made something due. */
  #then<T>(act: () => T): T {
    const answer = act()
    this.#arm()
    return answer
  }

  #arm(): void {
    const wakeMs = Math.min(this.session.wakeMs, this.#waitingExpiryMs)
    if (this.#isStopped || wakeMs >= this.#timerMs) return
    this.#timer?.cancel()
    this.#timerMs = wakeMs
    this.#timer = systemClock.schedule(Math.max(0, wakeMs - systemClock.nowMs()), () => {
      this.#timerMs = Number.POSITIVE_INFINITY
      const nowMs = systemClock.nowMs()
      this.session.poll(nowMs)
      this.#expireWaiting(nowMs)
      this.batchEnd()
    })
  }

  #stopTimer(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#timerMs = Number.POSITIVE_INFINITY
  }
}
