import { BoundedQueue } from './bounded-queue.ts'
import { DedupCache } from './dedup-cache.ts'
import type { IncomingMessage } from './incoming-message.ts'
import { ReceiveWindow } from './receive-window.ts'
import type { ReliableFrame } from './reliable-frame.ts'
import { dataFlags, frameKinds, REASON_BYTES_MAX, SESSION_ID_BYTES } from './reliable-frame-layout.ts'
import type { DeviceMetrics } from './reliable-metrics.ts'
import type { ResolvedReliableOptions } from './reliable-options.ts'
import type { FrameSender, SessionEvents } from './session-host.ts'

const NEVER = Number.POSITIVE_INFINITY
const WINDOW_MAX = 16_384
/** What the cache remembers of a message. */
const PROCESSED = 0
const PROCESSING = 1
/** A refusal is told again until the sender knows. Milliseconds. */
const NACK_EVERY_MS = 500

const encoder = new TextEncoder()

/** The receiving direction of a session: window, both dedups, the queue of what is to be processed, acknowledgements. */
export class IncomingSide {
  readonly cache: DedupCache
  /** The session of the peer that `window` belongs to; zeros before there was one. */
  readonly peerSessionId = new Uint8Array(SESSION_ID_BYTES)
  window: ReceiveWindow | undefined
  /** Sequences that the peer may be ahead. */
  readonly credit: number
  /** Frames that came, without duplicates. Count. */
  receivedFrames = 0
  duplicateFrames = 0
  /** Frames beyond the credit, and chunks that make no message. Count. */
  refusedFrames = 0
  readonly #options: ResolvedReliableOptions
  readonly #metrics: DeviceMetrics
  readonly #events: SessionEvents
  readonly #sender: FrameSender
  readonly #queue: BoundedQueue<IncomingMessage>
  /** Came while a message of the same id was being processed. */
  readonly #followers: IncomingMessage[] = []
  #processingCount = 0
  #generation = 0
  #settledCount = 0
  #isAckDue = false
  /** When what is settled, and what is received, is to be acknowledged. */
  #settledDueMs = NEVER
  #receivedDueMs = NEVER
  #nackDueMs = NEVER
  #nowMs = 0

  constructor(options: ResolvedReliableOptions, metrics: DeviceMetrics, events: SessionEvents, sender: FrameSender) {
    this.#options = options
    this.#metrics = metrics
    this.#events = events
    this.#sender = sender
    const { receiveQueueMax, receivePolicy } = options
    // Where it is the queue that slows the peer down, there is no more to take than it has room for.
    this.credit = receivePolicy === 'block' ? receiveQueueMax : Math.min(receiveQueueMax * 2, WINDOW_MAX)
    this.cache = new DedupCache(options.dedup)
    this.#queue = new BoundedQueue({
      itemsMax: receiveQueueMax,
      policy: receivePolicy,
      onDropped: (message) => this.#refuse(message),
    })
  }

  get queuedCount(): number {
    return this.#queue.size
  }

  get processingCount(): number {
    return this.#processingCount
  }

  get cumulative(): number {
    return this.window?.settledUpTo ?? 0
  }

  /** When `flush` has something to do. Milliseconds. */
  get dueMs(): number {
    return this.#sender.canSend ? Math.min(this.#settledDueMs, this.#receivedDueMs, this.#nackDueMs) : NEVER
  }

  /** A HELLO of the peer: which session its frames belong to. */
  greeted({ sessionId, base }: ReliableFrame, nowMs: number): void {
    this.#nowMs = nowMs
    if (this.window === undefined || !isSame(sessionId, this.peerSessionId)) {
      this.peerSessionId.set(sessionId)
      this.#generation++
      this.#forgetQueued()
      const hand = (message: IncomingMessage): void => this.#hand(message)
      this.window = new ReceiveWindow(this.credit, base, this.#generation, hand, () => this.#rejected())
    } else {
      this.window.skipBelow(base)
    }
    this.#isAckDue = true
    if (this.window.rejections.size > 0) this.#nackDueMs = nowMs
  }

  take(frame: ReliableFrame, nowMs: number): void {
    const window = this.window as ReceiveWindow
    this.#nowMs = nowMs
    window.skipBelow(frame.base)
    if (frame.messageBytes > this.#options.messageBytesMax) {
      window.reject(frame.sequence, 'message-too-large')
      this.#rejected()
      return
    }
    const arrival = window.accept(frame)
    if (arrival === 'new') {
      this.receivedFrames++
      if (this.#receivedDueMs === NEVER) this.#receivedDueMs = nowMs + this.#options.receivedAckMs
      if (window.hasGap) this.#isAckDue = true
      return
    }
    this.#isAckDue = true
    if (arrival === 'duplicate') {
      this.duplicateFrames++
      if ((frame.flags & dataFlags.last) !== 0) this.#metrics.idempotentDrops++
      if (window.rejections.has(frame.sequence)) this.#nackDueMs = nowMs
    } else {
      this.refusedFrames++
    }
  }

  skip(frame: ReliableFrame, nowMs: number): void {
    const window = this.window as ReceiveWindow
    this.#nowMs = nowMs
    window.skipBelow(frame.base)
    for (let n = 0; n < frame.rangeCount; n++) {
      window.skip(frame.base + frame.rangeOffsets[n]!, frame.rangeLengths[n]!)
    }
    this.#isAckDue = true
  }

  /** The peer wants to know. */
  ackNow(): void {
    this.#isAckDue = true
  }

  /** A message was processed, or refused with a reason. */
  settle(message: IncomingMessage, rejected: string | undefined, nowMs: number): void {
    this.#nowMs = nowMs
    this.#processingCount--
    this.#conclude(message, rejected)
    while (this.#processingCount < this.#options.processingMax) {
      const next = this.#queue.shift()
      if (next === undefined) break
      this.#start(next)
    }
    this.#metrics.recvQueueSize = this.#queue.size
  }

  /** What every DATA and ACK says about this direction. */
  fill(frame: ReliableFrame): void {
    frame.cumulative = this.cumulative
    frame.credit = this.credit
  }

  /** A DATA frame has taken the acknowledgement along; where it could not say all, an ACK follows. */
  wentAlong(): void {
    const { window } = this
    if (window === undefined || window.highest > window.settledUpTo) return
    this.#acknowledged()
  }

  /** Sends the acknowledgements that are due. */
  flush(nowMs: number): void {
    const { window } = this
    if (window === undefined || !this.#sender.canSend) return
    this.#nowMs = nowMs
    if (nowMs >= this.#nackDueMs) this.#sendNacks(window)
    if (!this.#isAckDue && !this.#isDue) return
    const { frame } = this.#sender
    frame.kind = frameKinds.ack
    frame.flags = 0
    this.fill(frame)
    window.ranges(frame)
    if (this.#sender.sendFrame()) this.#acknowledged()
    else this.#isAckDue = true
  }

  get #isDue(): boolean {
    const { ackDelayMs, ackEvery } = this.#options
    if (this.#nowMs >= this.#receivedDueMs) return true
    return (
      this.#settledCount > 0 &&
      (ackDelayMs === 0 || this.#settledCount >= ackEvery || this.#nowMs >= this.#settledDueMs)
    )
  }

  #acknowledged(): void {
    this.#isAckDue = false
    this.#settledCount = 0
    this.#settledDueMs = NEVER
    this.#receivedDueMs = NEVER
  }

  #sendNacks(window: ReceiveWindow): void {
    this.#nackDueMs = NEVER
    if (window.rejections.size === 0) return
    this.#nackDueMs = this.#nowMs + NACK_EVERY_MS
    const { frame } = this.#sender
    for (const [sequence, reason] of window.rejections) {
      frame.kind = frameKinds.nack
      frame.flags = 0
      frame.sequence = sequence
      frame.text = encoder.encode(reason).subarray(0, REASON_BYTES_MAX)
      if (!this.#sender.sendFrame()) return
    }
  }

  /** A message is whole, and it is its turn. */
  #hand(message: IncomingMessage): void {
    const { idA, idB, idC, idD } = message
    const known = this.cache.find(idA, idB, idC, idD, this.#nowMs)
    if (known === PROCESSED) {
      this.#metrics.idempotentDrops++
      this.#settled(message, undefined)
    } else if (known === PROCESSING) {
      this.#metrics.idempotentDrops++
      this.#followers.push(message)
    } else {
      this.cache.add(idA, idB, idC, idD, this.#nowMs, PROCESSING)
      this.#startOrQueue(message)
    }
  }

  #startOrQueue(message: IncomingMessage): void {
    if (this.#processingCount < this.#options.processingMax && this.#queue.size === 0) return this.#start(message)
    if (this.#queue.isFull) this.#metrics.queueFull('recv')
    if (this.#queue.offer(message, message.priority) !== 'accepted') this.#refuse(message)
    this.#metrics.recvQueueSize = this.#queue.size
  }

  #start(message: IncomingMessage): void {
    this.#processingCount++
    this.#events.deliver(message)
  }

  #refuse(message: IncomingMessage): void {
    this.#conclude(message, 'queue-full')
  }

  #conclude(message: IncomingMessage, rejected: string | undefined): void {
    const { idA, idB, idC, idD } = message
    // What was refused was not processed: under the same id it may be tried again.
    if (rejected === undefined) this.cache.add(idA, idB, idC, idD, this.#nowMs, PROCESSED)
    else this.cache.remove(idA, idB, idC, idD)
    this.#settled(message, rejected)
    if (this.#followers.length > 0) this.#concludeFollowers(message, rejected)
  }

  #concludeFollowers({ idA, idB, idC, idD }: IncomingMessage, rejected: string | undefined): void {
    const isOfIt = (other: IncomingMessage): boolean =>
      other.idA === idA && other.idB === idB && other.idC === idC && other.idD === idD
    for (let n = this.#followers.length - 1; n >= 0; n--) {
      const follower = this.#followers[n]!
      if (!isOfIt(follower)) continue
      this.#followers.splice(n, 1)
      this.#settled(follower, rejected)
    }
  }

  #settled(message: IncomingMessage, rejected: string | undefined): void {
    const { window } = this
    if (window?.generation !== message.generation) return // its sender is gone
    window.settle(message, rejected)
    this.#settledCount++
    if (this.#settledDueMs === NEVER) this.#settledDueMs = this.#nowMs + this.#options.ackDelayMs
    if (rejected !== undefined) this.#rejected()
  }

  #rejected(): void {
    this.#nackDueMs = this.#nowMs
    this.#isAckDue = true
  }

  /** What waits is of a session that nobody hears of any more. */
  #forgetQueued(): void {
    this.#queue.removeWhere(({ idA, idB, idC, idD }) => {
      this.cache.remove(idA, idB, idC, idD)
      return true
    })
    this.#followers.length = 0
  }
}

export function isSame(one: Uint8Array, other: Uint8Array): boolean {
  for (let n = 0; n < SESSION_ID_BYTES; n++) if (one[n] !== other[n]) return false
  return true
}
