import type { Socket } from 'node:net'
import { CapacityError, type Frame, type TroupeError } from 'troupe'
import type { Codec } from '../codec/codec.ts'
import type { Framing } from './framing.ts'
import type { ResolvedLinkOptions } from './link-options.ts'
import { Outbox, type OutboxResult } from './outbox.ts'

/**
 * What became of a message. `accepted`: it is queued. `queue-full`: it is not, send it again after `drained`. `dropped`: by the
 * policy of the queue, and counted. `closed`: the link takes no messages any more.
 */
export type LinkSendResult = 'accepted' | 'queue-full' | 'dropped' | 'closed'

/** One write at most, but for a single message that is larger. Bytes. */
const WRITE_BYTES_MAX = 262_144
/** So much is written without waiting for the end of the turn. Bytes. */
const FLUSH_BYTES = 65_536

/** What a writer tells the link that it belongs to. */
export interface WriterEvents {
  /** There is room again, after a message was refused. */
  drained(): void
  failed(error: TroupeError): void
  /** A write waits for the peer. */
  blocked(): void
}

interface Waiter {
  readonly isSo: () => boolean
  readonly resolve: () => void
}

/** The sending half of a link: gathers what is sent in one turn, and has one write under way at most. */
export class LinkWriter {
  readonly outbox: Outbox
  /** Whether a write waits for the peer. */
  isWriting = false
  readonly #socket: Socket
  readonly #events: WriterEvents
  readonly #options: ResolvedLinkOptions
  #isFlushDue = false
  #isHeld = false
  #isRefusing = false
  #isEnding = false
  #isClosed = false
  /** Writes whose callback has not come: it comes late also for those that were out at once. */
  #callbacksDue = 0
  #waiters: Waiter[] = []

  constructor(socket: Socket, framing: Framing, options: ResolvedLinkOptions, events: WriterEvents) {
    this.#socket = socket
    this.#events = events
    this.#options = options
    this.outbox = new Outbox(framing, options)
  }

  send(message: Uint8Array): LinkSendResult {
    return this.#isOpen ? this.#queued(this.outbox.push(message)) : 'closed'
  }

  sendValue<T>(codec: Codec<T>, value: T): LinkSendResult {
    if (!this.#isOpen) return 'closed'
    const { outbox } = this
    const result = outbox.reserve(codec.sizeOf(value))
    if (result === 'accepted') codec.encodeInto(value, outbox.target, outbox.at)
    return this.#queued(result)
  }

  /** Whether a message of this length would be taken now. `drained` follows where not, unless the link is closed. */
  hasRoom(messageBytes: number): boolean {
    if (!this.#isOpen) return false
    if (this.outbox.hasRoomFor(messageBytes)) return true
    this.#isRefusing = true
    return false
  }

  sendFramed(bytes: Uint8Array, messages: number, ends?: Uint32Array): LinkSendResult {
    return this.#isOpen ? this.#queued(this.outbox.pushFramed(bytes, messages, ends)) : 'closed'
  }

  sendFrame(frame: Frame, messages: number, ends?: Uint32Array): LinkSendResult {
    if (!this.#isOpen) return 'closed'
    if (!this.isWriting && this.outbox.waitingMessages === 0) {
      this.#write([frame.bytes])
      // Most often it is out already, and nobody needs the frame any more.
      this.outbox.passed(frame.length, messages, this.isWriting ? frame.lease() : undefined)
      return 'accepted'
    }
    const kept = frame.lease()
    const result = this.outbox.pushFramed(kept.bytes, messages, ends, kept)
    if (result !== 'accepted') kept.release()
    return this.#queued(result)
  }

  /** Until `release`, nothing is written but what has become much. */
  hold(): void {
    this.#isHeld = true
  }

  release(): void {
    this.#isHeld = false
    if (this.#isFlushDue) this.flush()
  }

  /** Ends the stream when all that is queued is out. */
  end(): void {
    this.#isEnding = true
    this.flush()
  }

  close(): void {
    this.#isClosed = true
    this.outbox.close()
    this.#wake()
  }

  /** Resolves when the queue is half empty, or the link takes no messages any more. */
  ready(): Promise<void> {
    return this.#waitUntil(() => this.#isHalfEmpty)
  }

  /** Resolves when everything is with the operating system, or the link is closed. */
  flushed(): Promise<void> {
    return this.#waitUntil(() => !this.isWriting && this.outbox.waitingMessages === 0)
  }

  readonly flush = (): void => {
    this.#isFlushDue = false
    const { outbox } = this
    while (!this.isWriting && !this.#isClosed) {
      const pieces = outbox.take(WRITE_BYTES_MAX)
      if (pieces.length === 0) break
      this.#write(pieces)
      if (!this.isWriting) outbox.sent()
    }
    if (this.#isClosed) return
    this.#wake()
    if (this.isWriting) return
    if (this.#isEnding) this.#socket.end()
  }

  /** After each write, also one that was out at once: no callback comes for it while the queue is as it was. */
  #wake(): void {
    if (this.#isRefusing && !this.#isClosed && this.#isHalfEmpty) {
      this.#isRefusing = false
      this.#events.drained()
    }
    if (this.#waiters.length === 0) return
    const waiters = this.#waiters
    this.#waiters = waiters.filter(({ isSo }) => !this.#isClosed && !isSo())
    for (const { isSo, resolve } of waiters) if (this.#isClosed || isSo()) resolve()
  }

  #waitUntil(isSo: () => boolean): Promise<void> {
    if (this.#isClosed || isSo()) return Promise.resolve()
    return new Promise((resolve) => void this.#waiters.push({ isSo, resolve }))
  }

  get #isOpen(): boolean {
    return !this.#isEnding && !this.#isClosed
  }

  #queued(result: OutboxResult): LinkSendResult {
    switch (result) {
      case 'accepted':
        if (this.outbox.waitingBytes >= FLUSH_BYTES) this.flush()
        else this.#flushLater()
        return 'accepted'
      case 'overflow':
        this.#events.failed(this.#overflow())
        return 'closed'
      case 'queue-full':
        this.#isRefusing = true
        return 'queue-full'
      default:
        return result
    }
  }

  /** When it is let go, or at the end of the turn: what all its messages send goes out together. */
  #flushLater(): void {
    if (this.#isFlushDue || this.isWriting) return
    this.#isFlushDue = true
    if (!this.#isHeld) queueMicrotask(this.flush)
  }

  /** One system call, for all pieces. */
  #write(pieces: readonly Uint8Array[]): void {
    const socket = this.#socket
    const last = pieces.length - 1
    if (last > 0) socket.cork()
    for (let n = 0; n < last; n++) socket.write(pieces[n]!)
    this.#callbacksDue++
    socket.write(pieces[last]!, this.#onWritten)
    if (last > 0) socket.uncork()
    if (socket.writableLength === 0) return // the operating system took it all at once
    this.isWriting = true
    this.#events.blocked()
  }

  readonly #onWritten = (error?: Error | null): void => {
    this.#callbacksDue--
    // An error is told by the socket itself.
    if (error || !this.isWriting || this.#callbacksDue > 0 || this.#isClosed) return
    this.isWriting = false
    this.outbox.sent()
    this.flush()
  }

  get #isHalfEmpty(): boolean {
    const { waitingBytes, waitingMessages } = this.outbox
    const { queueBytesMax, queueMessagesMax } = this.#options
    return waitingBytes * 2 <= queueBytesMax && waitingMessages * 2 <= queueMessagesMax
  }

  #overflow(): CapacityError {
    const { waitingBytes, waitingMessages } = this.outbox
    const { queueBytesMax, queueMessagesMax } = this.#options
    const text =
      `the peer is too slow: ${waitingMessages} messages of ${waitingBytes} bytes wait to be sent, ` +
      `limits ${queueMessagesMax} messages and ${queueBytesMax} bytes`
    return new CapacityError('buffer-overflow', text)
  }
}
