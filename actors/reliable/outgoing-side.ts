import type { QueueOffer } from './bounded-queue.ts'
import type { Outbox } from './outbox.ts'
import type { OutgoingMessage } from './outgoing-message.ts'
import type { ReliableFrame } from './reliable-frame.ts'
import { dataFlags, frameKinds, RANGES_MAX, rangeStates } from './reliable-frame-layout.ts'
import type { AbandonReason, DeviceMetrics } from './reliable-metrics.ts'
import type { ResolvedReliableOptions } from './reliable-options.ts'
import type { RetryPolicy } from './retry-policy.ts'
import { RttEstimator } from './rtt-estimator.ts'
import { SendQueue } from './send-queue.ts'
import { SendWindow, slotStates } from './send-window.ts'
import type { FrameSender, ResultKind, SessionEvents } from './session-host.ts'

const NEVER = Number.POSITIVE_INFINITY
/** So many later ones must be there before one counts as lost: frames may overtake each other. */
const REORDER_MAX = 3
/** Between two questions what became of messages that the peer has. Milliseconds. */
const PROBE_MS = 1_000
const RANGE_LENGTH_MAX = 0xffff

/** The sending direction of a session: queue, window, retries, results. */
export class OutgoingSide {
  readonly window: SendWindow
  readonly rtt: RttEstimator
  /** When `poll` has something to do. Milliseconds. */
  wakeMs = NEVER
  /** Frames sent, and of these, sent again. Count. */
  sentFrames = 0
  resentFrames = 0
  readonly #options: ResolvedReliableOptions
  readonly #retry: RetryPolicy
  readonly #metrics: DeviceMetrics
  readonly #events: SessionEvents
  readonly #sender: FrameSender
  readonly #outbox: Outbox | undefined
  readonly #queue: SendQueue
  /** Some of its chunks have entered the window. */
  #current: OutgoingMessage | undefined
  /** Of earlier lives: the peer may know of sequences below this that have not entered the window. */
  readonly #firstNew: number
  #requestUpTo = 0
  /** The peer had settled what is up to this in an earlier life, of which only the outbox is left: it is done with as it enters the window. */
  #settledAhead = 0
  #peerWindow = 0
  #peerMessageBytesMax = 0
  #hasDue = false
  #isRoomWanted = false
  #isKeeping = false
  #expiryMs = NEVER
  #probeDueMs = 0
  #nowMs = 0

  constructor(
    options: ResolvedReliableOptions,
    retry: RetryPolicy,
    metrics: DeviceMetrics,
    events: SessionEvents,
    sender: FrameSender,
    outbox: Outbox | undefined,
  ) {
    this.#options = options
    this.#retry = retry
    this.#metrics = metrics
    this.#events = events
    this.#sender = sender
    this.#outbox = outbox
    this.rtt = new RttEstimator(options.timeoutMs)
    this.#queue = new SendQueue(options, outbox, (message) => this.#finish(message, 'abandoned', 'queue-full'))
    this.#firstNew = this.#queue.nextSequence
    this.window = new SendWindow(options.windowMax, this.#queue.firstSequence, {
      delivered: (message) => this.#finish(message, 'delivered', ''),
      measured: (rttMs) => this.rtt.add(rttMs),
      doneEarly: (message) => void this.#outbox?.confirmOne(message.last),
    })
  }

  /** Messages whose result is not known. */
  get pendingCount(): number {
    let count = this.#queue.waitingCount
    let last: OutgoingMessage | undefined
    for (let sequence = this.window.base; sequence < this.window.next; sequence++) {
      const message = this.window.messageOf(sequence)
      if (message !== undefined && message !== last && !message.isOver) count++
      last = message
    }
    const current = this.#current
    return current !== undefined && current !== last && !current.isOver ? count + 1 : count
  }

  get queuedCount(): number {
    return this.#queue.size
  }

  get queueFullCount(): number {
    return this.#queue.fullCount
  }

  /** Whether the queue would take a message now; where not, `room` follows. For those who can wait. */
  hasRoom(): boolean {
    const hasRoom = !this.#queue.isFull
    if (!hasRoom) this.#isRoomWanted = true
    return hasRoom
  }

  /** The sequence that the next message will begin with. */
  get nextSequence(): number {
    return this.#queue.nextSequence
  }

  offer(message: OutgoingMessage, nowMs: number): QueueOffer {
    this.#nowMs = nowMs
    if (message.payload.length > this.#options.messageBytesMax) {
      this.#finish(message, 'rejected', 'message-too-large')
      return 'accepted'
    }
    if (message.expiresMs < this.#expiryMs) this.#expiryMs = message.expiresMs
    if (this.#isDirect && !this.#isTooLarge(message.payload.length)) {
      this.#queue.number(message)
      this.#enter(message)
      return 'accepted'
    }
    if (this.#queue.isFull) this.#metrics.queueFull('send')
    const answer = this.#queue.offer(message, (unstored) => this.#finish(unstored, 'abandoned', 'queue-full'))
    if (answer === 'wait') this.#isRoomWanted = true
    if (answer !== 'accepted') return answer
    this.#metrics.sendQueueSize = this.#queue.size
    this.pump(nowMs)
    return 'accepted'
  }

  /** Answers whether there was such a message whose result was not known. */
  cancel(id: Uint8Array, nowMs: number): boolean {
    this.#nowMs = nowMs
    const found = this.#take((message) => message.hasId(id))
    for (const message of found) this.#giveUp(message, 'cancelled', '')
    this.pump(nowMs)
    return found.length > 0
  }

  /** Gives up all messages. @param isStored they stay in the outbox */
  close(reason: AbandonReason, nowMs: number, isStored = false): void {
    this.#nowMs = nowMs
    this.#isKeeping = isStored
    for (const message of this.#take(() => true)) this.#giveUp(message, 'abandoned', reason)
    this.#metrics.sendQueueSize = this.#queue.size
  }

  /** The outbox has failed: what it has not stored will never be sent. */
  outboxFailed(nowMs: number): void {
    this.#nowMs = nowMs
    const { readySequence } = this.#queue
    for (const message of this.#take(({ last }) => last > readySequence)) {
      this.#giveUp(message, 'abandoned', 'outbox-failed')
    }
    this.pump(nowMs)
  }

  /** Sends what the window, the peer and the link have room for. */
  pump(nowMs: number): void {
    this.#nowMs = nowMs
    if (this.#sender.canSend) this.#pumpWindow()
    this.#metrics.sendQueueSize = this.#queue.size
    if (this.#isRoomWanted && !this.#queue.isFull) {
      this.#isRoomWanted = false
      this.#events.room()
    }
  }

  #pumpWindow(): void {
    if (this.#hasDue) this.#scan()
    const { window } = this
    while (window.hasRoom && window.next <= this.#requestUpTo && this.#sender.canSend) {
      const message = this.#current ?? this.#takeNext()
      if (message === undefined) break
      this.#current = message
      // Nor is the peer told to skip what is not on disk: another life would use these sequences again.
      if (message.last > this.#queue.readySequence) break
      if (window.next < message.first) {
        window.enter(undefined) // of a message that was dropped from the queue
        this.#hasDue = true
        continue
      }
      this.#enter(message)
    }
    if (this.#hasDue) this.#scan()
  }

  poll(nowMs: number): void {
    this.#nowMs = nowMs
    if (nowMs >= this.#expiryMs) this.#expire()
    if (nowMs >= this.wakeMs || this.#hasDue) this.#scan()
    this.pump(nowMs)
  }

  /** The earliest time at which `poll` has something to do. */
  get dueMs(): number {
    return Math.min(this.#sender.canSend ? this.wakeMs : NEVER, this.#expiryMs)
  }

  /** A HELLO of the peer. @param isHeld it knows this session @param isLost it knew it, and has lost what it had */
  greeted(frame: ReliableFrame, isHeld: boolean, isLost: boolean, isNewLink: boolean, nowMs: number): void {
    this.#nowMs = nowMs
    this.#peerWindow = frame.credit
    this.#peerMessageBytesMax = frame.messageBytes
    if (isNewLink) this.window.makeDue()
    const isKnown = isHeld && frame.cumulative < this.#firstUnsent
    this.#settledAhead = isKnown ? frame.cumulative : 0
    if (isKnown) this.#settleUpTo(frame.cumulative)
    if (isLost) this.#peerLost()
    this.#hasDue = true
    const settledUpTo = isKnown ? Math.max(frame.cumulative, this.window.base - 1) : this.window.base - 1
    this.#requestUpTo = settledUpTo + frame.credit
  }

  /** What a DATA or an ACK says about this direction. */
  acknowledged(cumulative: number, credit: number, nowMs: number): void {
    this.#nowMs = nowMs
    if (cumulative >= this.#firstUnsent) return
    if (cumulative > this.#settledAhead) this.#settledAhead = cumulative
    this.#settleUpTo(cumulative)
    const requestUpTo = cumulative + credit
    if (requestUpTo > this.#requestUpTo) this.#requestUpTo = requestUpTo
  }

  /** The ranges of an ACK, after `acknowledged`. */
  acknowledgedRanges(frame: ReliableFrame, nowMs: number): void {
    const { cumulative, rangeCount, rangeOffsets, rangeLengths } = frame
    let highest = 0
    for (let n = 0; n < rangeCount; n++) {
      const first = cumulative + rangeOffsets[n]!
      if (frame.rangeStates[n] === rangeStates.settled) this.window.settleRange(first, rangeLengths[n]!, nowMs)
      else if (frame.rangeStates[n] === rangeStates.received) this.window.receivedRange(first, rangeLengths[n]!, nowMs)
      highest = Math.max(highest, first + rangeLengths[n]! - 1)
    }
    this.#probeDueMs = nowMs + PROBE_MS
    if (rangeCount > 0) this.#resendLost(Math.min(highest, this.window.next - 1))
  }

  rejected(sequence: number, reason: string, nowMs: number): void {
    this.#nowMs = nowMs
    const message = this.window.messageOf(sequence)
    if (message !== undefined && !message.isOver) {
      this.#metrics.ackReceived('rejected')
      this.#giveUp(message, 'rejected', reason)
      return
    }
    // It was told before, and does not know that this was heard; unless its message, of an earlier life, is still to come.
    if (sequence < this.window.next) this.#sendSkip(sequence, 1)
  }

  /** From here on nothing was sent, in no life: who acknowledges it does not tell the truth. */
  get #firstUnsent(): number {
    return Math.max(this.window.next, this.#firstNew)
  }

  get #isDirect(): boolean {
    const { window } = this
    const isNext = this.#current === undefined && this.#queue.size === 0 && window.next === this.#queue.nextSequence
    const isFree = this.#outbox === undefined && window.hasRoom && window.next <= this.#requestUpTo
    return isNext && isFree && this.#sender.canSend
  }

  #takeNext(): OutgoingMessage | undefined {
    const message = this.#queue.shift()
    if (message === undefined || message.isOver) return message
    const isTooLarge = message.last - message.first >= this.#peerWindow || this.#isTooLarge(message.payload.length)
    if (isTooLarge) this.#finish(message, 'rejected', 'message-too-large')
    return message
  }

  /** For the peer, who holds all chunks of a message until it is whole. */
  #isTooLarge(messageBytes: number): boolean {
    return messageBytes > this.#peerMessageBytesMax || messageBytes > this.#peerWindow * this.#options.chunkBytes
  }

  #enter(message: OutgoingMessage): void {
    const sequence = this.window.enter(message)
    this.#current = sequence === message.last ? undefined : message
    if (sequence <= this.#settledAhead) this.#settleUpTo(sequence)
    else if (message.isOver) this.#hasDue = true
    else this.#transmit(sequence, message)
  }

  /** Answers false if the link has no room: it stays due. */
  #transmit(sequence: number, message: OutgoingMessage): boolean {
    const { frame } = this.#sender
    const { window } = this
    const index = window.indexOf(sequence)
    const offset = (sequence - message.first) * message.chunkBytes
    frame.kind = frameKinds.data
    frame.flags =
      message.flags |
      (sequence === message.first ? dataFlags.first : 0) |
      (sequence === message.last ? dataFlags.last : 0)
    frame.sequence = sequence
    frame.base = window.base
    frame.messageBytes = message.payload.length
    frame.chunkOffset = offset
    frame.idA = message.idA
    frame.idB = message.idB
    frame.idC = message.idC
    frame.idD = message.idD
    const isWhole = message.first === message.last
    frame.payload = isWhole ? message.payload : message.payload.subarray(offset, offset + message.chunkBytes)
    if (!this.#sender.sendFrame()) {
      window.dueMs[index] = 0
      this.#hasDue = true
      return false
    }
    this.sentFrames++
    const retries = window.retries[index]!
    const sends = ++window.sends[index]!
    if (sends > message.attempts) message.attempts = sends
    window.sentMs[index] = this.#nowMs
    const delayMs = this.#retry.mayRetry(retries) ? this.#retry.delayMs(retries) : 0
    const dueMs = this.#nowMs + this.rtt.timeoutMs + delayMs
    window.dueMs[index] = dueMs
    if (dueMs < this.wakeMs) this.wakeMs = dueMs
    return true
  }

  /** Goes through the window: sends again what is due, gives up what was sent often enough. */
  #scan(): void {
    const { window } = this
    if (!this.#sender.canSend) return
    this.#hasDue = false
    this.wakeMs = NEVER
    let isWaiting = false
    for (let sequence = window.base; sequence < window.next; sequence++) {
      const state = window.stateOf(sequence)
      if (state === slotStates.sent && !this.#sentIsDue(sequence)) break
      if (state === slotStates.received) isWaiting = true
    }
    if (isWaiting) this.#probe()
    this.#sendSkips()
  }

  /** Answers false when the link has no room. */
  #sentIsDue(sequence: number): boolean {
    const { window } = this
    const index = window.indexOf(sequence)
    const dueMs = window.dueMs[index]!
    if (dueMs > this.#nowMs) {
      if (dueMs < this.wakeMs) this.wakeMs = dueMs
      return true
    }
    const message = window.messageOf(sequence) as OutgoingMessage
    if (dueMs > 0) {
      this.#metrics.ackTimeouts++
      if (!this.#retry.mayRetry(window.retries[index]!)) {
        this.#giveUp(message, 'abandoned', 'retries-exhausted')
        return true
      }
    }
    return this.#resend(sequence, message, dueMs > 0)
  }

  /** @param isRetry unless it is the link that is new */
  #resend(sequence: number, message: OutgoingMessage, isRetry: boolean): boolean {
    const index = this.window.indexOf(sequence)
    if (isRetry) {
      this.window.retries[index]!++
      this.#metrics.retried(this.window.retries[index]!)
    }
    if (message.attempts > 0) this.resentFrames++
    return this.#transmit(sequence, message)
  }

  /** What is missing below others that are there, and was sent a round trip ago, is lost. */
  #resendLost(highest: number): void {
    const { window } = this
    const lostMs = this.#nowMs - Math.max(this.rtt.smoothMs, 1)
    for (let sequence = window.base; sequence <= highest - REORDER_MAX && this.#sender.canSend; sequence++) {
      if (window.stateOf(sequence) !== slotStates.sent) continue
      const index = window.indexOf(sequence)
      const sentMs = window.sentMs[index]!
      if (sentMs === 0 || sentMs > lostMs || !this.#retry.mayRetry(window.retries[index]!)) continue
      this.#resend(sequence, window.messageOf(sequence) as OutgoingMessage, true)
    }
  }

  #probe(): void {
    if (this.#nowMs >= this.#probeDueMs) {
      this.#probeDueMs = this.#nowMs + PROBE_MS
      this.#sender.probe()
    }
    this.wakeMs = Math.min(this.wakeMs, this.#probeDueMs)
  }

  #sendSkips(): void {
    const { window, rtt } = this
    const { frame } = this.#sender
    const dueMs = this.#nowMs + rtt.timeoutMs
    frame.rangeCount = 0
    let first = 0
    let count = 0
    for (let sequence = window.base; sequence < window.next && frame.rangeCount < RANGES_MAX - 1; sequence++) {
      if (window.stateOf(sequence) !== slotStates.skip) continue
      const index = window.indexOf(sequence)
      if (window.dueMs[index]! <= this.#nowMs) {
        if (count > 0 && (sequence !== first + count || count === RANGE_LENGTH_MAX)) {
          frame.addRange(first - window.base, count, 0)
          count = 0
        }
        if (count === 0) first = sequence
        count++
        window.dueMs[index] = dueMs
      }
      this.wakeMs = Math.min(this.wakeMs, window.dueMs[index]!)
    }
    if (count > 0) frame.addRange(first - window.base, count, 0)
    if (frame.rangeCount > 0) this.#sendSkipFrame()
  }

  #sendSkip(sequence: number, count: number): void {
    const { frame, canSend } = this.#sender
    if (!canSend) return
    frame.rangeCount = 0
    if (sequence >= this.window.base) frame.addRange(sequence - this.window.base, count, 0)
    this.#sendSkipFrame()
  }

  #sendSkipFrame(): void {
    const { frame } = this.#sender
    frame.kind = frameKinds.skip
    frame.flags = 0
    frame.base = this.window.base
    this.#sender.sendFrame()
  }

  #settleUpTo(cumulative: number): void {
    const { window } = this
    const { base } = window
    if (!window.settleUpTo(cumulative, this.#nowMs)) return
    if (window.base > base) this.#outbox?.confirm(window.base - 1)
  }

  #giveUp(message: OutgoingMessage, kind: ResultKind, reason: string): void {
    this.#finish(message, kind, reason)
    if (this.window.skip(message)) this.#hasDue = true
  }

  #finish(message: OutgoingMessage, kind: ResultKind, reason: string): void {
    message.isOver = true
    if (kind === 'delivered') this.#metrics.ackReceived('delivered')
    else if (message.last > 0 && !this.#isKeeping) this.#outbox?.confirmOne(message.last)
    if (kind === 'abandoned') this.#metrics.abandoned[reason as AbandonReason]++
    this.#events.finished(message, kind, reason)
  }

  /** The peer is another one than that which had received things. */
  #peerLost(): void {
    let abandoned = 0
    this.window.forget()
    for (let sequence = this.window.base; sequence < this.window.next; sequence++) {
      const message = this.window.messageOf(sequence)
      if (this.#options.afterPeerLoss !== 'abandon' || message === undefined || message.isOver) continue
      if (message.attempts === 0) continue
      abandoned++
      this.#giveUp(message, 'abandoned', 'peer-reset')
    }
    this.#events.peerLost(abandoned)
  }

  #expire(): void {
    this.#expiryMs = NEVER
    const expired = this.#take((message) => {
      if (message.expiresMs <= this.#nowMs) return true
      if (message.expiresMs < this.#expiryMs) this.#expiryMs = message.expiresMs
      return false
    })
    for (const message of expired) this.#giveUp(message, 'abandoned', 'expired')
  }

  /** Messages whose result is not known, as wanted; those that wait in the queue are removed from it. */
  #take(isWanted: (message: OutgoingMessage) => boolean): readonly OutgoingMessage[] {
    const found: OutgoingMessage[] = []
    const look = (message: OutgoingMessage | undefined): boolean => {
      if (message === undefined || message.isOver || found.at(-1) === message || !isWanted(message)) return false
      found.push(message)
      return true
    }
    for (let sequence = this.window.base; sequence < this.window.next; sequence++) look(this.window.messageOf(sequence))
    look(this.#current)
    this.#queue.look(look)
    return found
  }
}
