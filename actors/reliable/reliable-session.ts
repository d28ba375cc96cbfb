import { type Random, systemRandom, UsageError } from 'troupe'
import type { QueueOffer } from './bounded-queue.ts'
import type { IncomingMessage } from './incoming-message.ts'
import { IncomingSide, isSame } from './incoming-side.ts'
import { readU32 } from './little-endian.ts'
import type { Outbox } from './outbox.ts'
import type { OutgoingMessage } from './outgoing-message.ts'
import { OutgoingSide } from './outgoing-side.ts'
import { ReliableFrame } from './reliable-frame.ts'
import { ACK_PROBES, frameKinds, HELLO_ANSWERS, resetReasons, SESSION_ID_BYTES } from './reliable-frame-layout.ts'
import { DeviceMetrics } from './reliable-metrics.ts'
import { type ReliableOptions, type ResolvedReliableOptions, resolveReliableOptions } from './reliable-options.ts'
import { RetryPolicy } from './retry-policy.ts'
import type { FrameSender, SessionEvents } from './session-host.ts'

export interface SessionParts {
  readonly events: SessionEvents
  /** 16 bytes that name this side's session; those of the outbox where there is one. */
  readonly sessionId: Uint8Array
  /** Other in each life of this side. 32 bits. */
  readonly incarnation: number
  readonly random?: Random
  readonly metrics?: DeviceMetrics
  readonly outbox?: Outbox | undefined
}

/** Counts since the session was made. */
export interface SessionStatistics {
  readonly sentFrames: number
  readonly resentFrames: number
  readonly receivedFrames: number
  readonly duplicateFrames: number
  /** Dropped, since their checksum or their form was wrong. */
  readonly badFrames: number
  /** Dropped, since they belong to another session. */
  readonly strayFrames: number
  readonly refusedFrames: number
  readonly connectedCount: number
  /** Messages whose result is not known. */
  readonly pendingMessages: number
  readonly queuedMessages: number
  readonly sendQueueFullCount: number
  readonly processingMessages: number
  /** Smoothed round trip, and after what time an acknowledgement is overdue. Milliseconds. */
  readonly rttMs: number
  readonly timeoutMs: number
}

const NEVER = Number.POSITIVE_INFINITY
/** HELLO is said again so often until it is answered. Milliseconds. */
const HELLO_EVERY_MS = 500
/** Between two answers to frames of sessions that are not known. Milliseconds. */
const RESET_EVERY_MS = 100
/** So many frames in a row that are none: the stream is cut at wrong places. */
const BAD_FRAMES_MAX = 8

const encoder = new TextEncoder()

/**
 * Both directions of a reliable session with one peer, over links that come and go. Pure: it is told what arrived and what time it is, and says what
 * to send by `SessionEvents`. What the parts do: `OutgoingSide`, `IncomingSide`.
 *
 *     down --connected--> greeting --HELLO of the peer--> up
 *      ^----------------- disconnected --------------------'
 */
export class ReliableSession {
  readonly options: ResolvedReliableOptions
  readonly #events: SessionEvents
  readonly #sessionId: Uint8Array
  readonly #incarnation: number
  readonly #name: Uint8Array
  readonly #outgoing: OutgoingSide
  readonly #incoming: IncomingSide
  /** What is sent, and what has come. */
  readonly #frame = new ReliableFrame()
  readonly #received = new ReliableFrame()
  readonly #tag: number
  #peerTag = 0
  #peerIncarnation: number | undefined
  #state: 'down' | 'greeting' | 'up' | 'closed' = 'down'
  #hasRoom = true
  #heardMs = 0
  #helloDueMs = NEVER
  #keepAliveDueMs = NEVER
  #resetDueMs = 0
  #badInRow = 0
  readonly #counts = { bad: 0, stray: 0, connected: 0 }

  /** Throws `UsageError` for options that are unknown or out of range. */
  constructor(options: ReliableOptions, parts: SessionParts) {
    const { events, incarnation, random = systemRandom, metrics = new DeviceMetrics(), outbox } = parts
    this.options = resolveReliableOptions(options)
    this.#events = events
    this.#sessionId = outbox?.sessionId ?? parts.sessionId
    if (this.#sessionId.length !== SESSION_ID_BYTES) {
      throw new UsageError('invalid-value', `a session id must be 16 bytes, got ${this.#sessionId.length}`)
    }
    this.#incarnation = incarnation >>> 0
    this.#tag = tagOf(this.#sessionId)
    this.#name = encoder.encode(this.options.name)
    const retry = new RetryPolicy(this.options.retry, random)
    const sender = this.#frameSender()
    this.#outgoing = new OutgoingSide(this.options, retry, metrics, events, sender, outbox)
    this.#incoming = new IncomingSide(this.options, metrics, events, sender)
  }

  get isUp(): boolean {
    return this.#state === 'up'
  }

  /** Whether nothing that came is being processed. */
  get isIdle(): boolean {
    return this.#incoming.processingCount === 0
  }

  get dedup(): IncomingSide['cache'] {
    return this.#incoming.cache
  }

  get pendingCount(): number {
    return this.#outgoing.pendingCount
  }

  get statistics(): SessionStatistics {
    const [outgoing, incoming] = [this.#outgoing, this.#incoming]
    return {
      sentFrames: outgoing.sentFrames,
      resentFrames: outgoing.resentFrames,
      receivedFrames: incoming.receivedFrames,
      duplicateFrames: incoming.duplicateFrames,
      badFrames: this.#counts.bad,
      strayFrames: this.#counts.stray,
      refusedFrames: incoming.refusedFrames,
      connectedCount: this.#counts.connected,
      pendingMessages: outgoing.pendingCount,
      queuedMessages: outgoing.queuedCount,
      sendQueueFullCount: outgoing.queueFullCount,
      processingMessages: incoming.processingCount,
      rttMs: outgoing.rtt.smoothMs,
      timeoutMs: outgoing.rtt.timeoutMs,
    }
  }

  /** The earliest time at which `poll` has something to do. Milliseconds, or `Infinity`. */
  get wakeMs(): number {
    return Math.min(this.#outgoing.dueMs, this.#incoming.dueMs, this.#helloDueMs, this.#keepAliveDueMs)
  }

  /** There is a link; what the one before was told is lost, or not. */
  connected(nowMs: number): void {
    if (this.#state === 'closed') return
    this.#state = 'greeting'
    this.#hasRoom = true
    this.#badInRow = 0
    this.#heardMs = nowMs
    this.#keepAliveDueMs = nowMs + this.options.keepAliveMs
    this.#counts.connected++
    this.#sayHello(0, nowMs)
  }

  disconnected(): void {
    if (this.#state === 'closed') return
    this.#state = 'down'
    this.#helloDueMs = NEVER
    this.#keepAliveDueMs = NEVER
  }

  /** The link has room again. */
  writable(nowMs: number): void {
    this.#hasRoom = true
    this.#outgoing.pump(nowMs)
    this.#incoming.flush(nowMs)
  }

  /** Accepts a message, or says why not; its result follows by `finished`. */
  send(message: OutgoingMessage, nowMs: number): QueueOffer {
    return this.#outgoing.offer(message, nowMs)
  }

  /** Whether the send queue would take a message now; where not, `room` follows. For those who can wait. */
  hasRoom(): boolean {
    return this.#outgoing.hasRoom()
  }

  /** The outbox has stored more. */
  stored(nowMs: number): void {
    this.#outgoing.pump(nowMs)
  }

  /** The outbox has failed, and stores nothing any more. */
  outboxFailed(nowMs: number): void {
    this.#outgoing.outboxFailed(nowMs)
  }

  /** Takes messages back that have this id. Answers whether there were any. */
  cancel(id: Uint8Array, nowMs: number): boolean {
    return this.#outgoing.cancel(id, nowMs)
  }

  /** How a message that was delivered ended. @param rejected why it was refused */
  settle(message: IncomingMessage, rejected: string | undefined, nowMs: number): void {
    this.#incoming.settle(message, rejected, nowMs)
  }

  /** One message of the link; its bytes are the caller's again afterwards. */
  receive(bytes: Uint8Array, nowMs: number): void {
    if (this.#state === 'down' || this.#state === 'closed') return
    const frame = this.#received
    if (frame.read(bytes) !== undefined) return this.#bad()
    this.#badInRow = 0
    this.#heard(nowMs)
    if (frame.kind === frameKinds.hello) this.#greeted(frame, nowMs)
    else if (frame.kind === frameKinds.reset) this.#reset(frame, nowMs)
    else if (this.#state !== 'up' || frame.from !== this.#peerTag || frame.to !== this.#tag) this.#stray(nowMs)
    else this.#take(frame, nowMs)
  }

  /** To be called when all that came together was passed to `receive`, and after `settle`: sends acknowledgements. */
  flush(nowMs: number): void {
    this.#incoming.flush(nowMs)
  }

  /** Does what is due. */
  poll(nowMs: number): void {
    if (nowMs >= this.#keepAliveDueMs) this.#keepAlive(nowMs)
    if (nowMs >= this.#helloDueMs) this.#sayHello(0, nowMs)
    this.#outgoing.poll(nowMs)
    this.#incoming.flush(nowMs)
  }

  /** Gives up all messages, and tells the peer. */
  close(nowMs: number): void {
    if (this.#state === 'closed') return
    if (this.#state === 'up') this.#sendReset(resetReasons.closed)
    this.#outgoing.close('closed', nowMs)
    this.disconnected()
    this.#state = 'closed'
  }

  /** Gives up all messages in this life; the outbox keeps them for the next one, and the peer is not told. */
  suspend(nowMs: number): void {
    if (this.#state === 'closed') return
    this.#outgoing.close('closed', nowMs, true)
    this.disconnected()
    this.#state = 'closed'
  }

  #frameSender(): FrameSender {
    const session = this
    return {
      frame: this.#frame,
      get canSend() {
        return session.#canSend
      },
      sendFrame: () => session.#transmit(),
      probe: () => session.#probe(),
    }
  }

  get #canSend(): boolean {
    return this.#state === 'up' && this.#hasRoom
  }

  #probe(): void {
    const frame = this.#frame
    frame.kind = frameKinds.ack
    frame.flags = ACK_PROBES
    this.#incoming.fill(frame)
    frame.rangeCount = 0
    this.#transmit()
  }

  #take(frame: ReliableFrame, nowMs: number): void {
    switch (frame.kind) {
      case frameKinds.data:
        this.#outgoing.acknowledged(frame.cumulative, frame.credit, nowMs)
        this.#incoming.take(frame, nowMs)
        break
      case frameKinds.ack:
        this.#outgoing.acknowledged(frame.cumulative, frame.credit, nowMs)
        this.#outgoing.acknowledgedRanges(frame, nowMs)
        if ((frame.flags & ACK_PROBES) !== 0) this.#incoming.ackNow()
        break
      case frameKinds.nack:
        this.#outgoing.rejected(frame.sequence, frame.textString, nowMs)
        break
      default:
        this.#incoming.skip(frame, nowMs)
        return
    }
    this.#outgoing.pump(nowMs)
  }

  #greeted(frame: ReliableFrame, nowMs: number): void {
    if (this.#state === 'closed') return
    const isNewLink = this.#state === 'greeting'
    const isHeld = isSame(frame.heldSessionId, this.#sessionId)
    const isOther = this.#peerIncarnation !== undefined && this.#peerIncarnation !== frame.incarnation
    this.#peerTag = tagOf(frame.sessionId)
    this.#peerIncarnation = frame.incarnation
    this.#state = 'up'
    this.#helloDueMs = NEVER
    const isAnswer = (frame.flags & HELLO_ANSWERS) !== 0
    this.#incoming.greeted(frame, nowMs)
    this.#outgoing.greeted(frame, isHeld, isOther && !isHeld, isNewLink, nowMs)
    if (!isAnswer) this.#sayHello(HELLO_ANSWERS, nowMs)
    this.#outgoing.pump(nowMs)
  }

  #sayHello(flags: number, nowMs: number): void {
    const frame = this.#frame
    frame.kind = frameKinds.hello
    frame.flags = flags
    frame.sessionId.set(this.#sessionId)
    frame.base = this.#outgoing.window.base
    frame.next = this.#outgoing.nextSequence
    frame.heldSessionId.set(this.#incoming.peerSessionId)
    this.#incoming.fill(frame)
    frame.messageBytes = this.options.messageBytesMax
    frame.incarnation = this.#incarnation
    frame.text = this.#name
    this.#helloDueMs = this.#state === 'greeting' ? nowMs + HELLO_EVERY_MS : NEVER
    this.#transmit()
  }

  #reset({ to, reason }: ReliableFrame, nowMs: number): void {
    if (to !== 0 && to !== this.#tag) return
    if (reason === resetReasons.closed) this.#peerClosed(nowMs)
    else if (reason === resetReasons.helloWanted) this.#sayHello(0, nowMs)
  }

  /** Its session is over for good. There may be another one behind the next link. */
  #peerClosed(nowMs: number): void {
    this.#outgoing.close('peer-reset', nowMs)
    this.disconnected()
    this.#events.brokeLink('the peer has ended its session')
  }

  /** Of a session that is over, or whose HELLO was lost. */
  #stray(nowMs: number): void {
    this.#counts.stray++
    if (nowMs < this.#resetDueMs) return
    this.#resetDueMs = nowMs + RESET_EVERY_MS
    this.#sendReset(resetReasons.helloWanted)
  }

  #sendReset(reason: number): void {
    this.#frame.kind = frameKinds.reset
    this.#frame.flags = 0
    this.#frame.reason = reason
    this.#transmit()
  }

  #bad(): void {
    this.#counts.bad++
    this.#badInRow++
    if (this.#badInRow >= BAD_FRAMES_MAX) this.#events.brokeLink(`${BAD_FRAMES_MAX} frames in a row were none`)
  }

  #heard(nowMs: number): void {
    this.#heardMs = nowMs
  }

  /** The timer runs on while the peer is heard, and looks when it ends. */
  #keepAlive(nowMs: number): void {
    const { keepAliveMs } = this.options
    const askMs = this.#heardMs + keepAliveMs
    const endMs = askMs + keepAliveMs
    if (nowMs >= endMs) {
      this.#keepAliveDueMs = NEVER
      this.#events.brokeLink(`the peer said nothing within ${Math.round(nowMs - this.#heardMs)} ms`)
      return
    }
    this.#keepAliveDueMs = nowMs >= askMs ? endMs : askMs
    if (nowMs >= askMs && this.#canSend) this.#probe()
  }

  #transmit(): boolean {
    const frame = this.#frame
    frame.from = this.#tag
    frame.to = this.#peerTag
    const isData = frame.kind === frameKinds.data
    if (isData) this.#incoming.fill(frame)
    this.#hasRoom = this.#events.transmit(frame)
    if (isData && this.#hasRoom) this.#incoming.wentAlong()
    return this.#hasRoom
  }
}

/** What frames carry of a session id. */
function tagOf(sessionId: Uint8Array): number {
  return readU32(sessionId, 0)
}
