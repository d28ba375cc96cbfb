import type { Socket } from 'node:net'
import { type Frame, type SendResult, type TroupeError, UnreachableError } from 'troupe'
import type { Codec } from '../codec/codec.ts'
import type { Framing } from './framing.ts'
import type { ResolvedLinkOptions } from './link-options.ts'
import { LinkReader, type ReaderHandlers } from './link-reader.ts'
import { type LinkProgress, LinkWatch, timeout } from './link-watch.ts'
import { type LinkSendResult, LinkWriter } from './link-writer.ts'

/** What a link has done since it was opened, and what it holds. Counts and bytes; bytes include what frames the messages. */
export interface LinkStatistics {
  readonly receivedMessages: number
  readonly receivedBytes: number
  readonly sentMessages: number
  readonly sentBytes: number
  /** By the policy of the queue, or never sent because the link closed. */
  readonly droppedMessages: number
  /** Waiting to be sent. */
  readonly queuedMessages: number
  readonly queuedBytes: number
}

/** The actor that a link belongs to, as the link sees it. */
export interface LinkOwner {
  /** Sends it the message upon which it calls `handle`. */
  tell(): SendResult
  /** Resolves when a refused message would be taken. */
  ready(): Promise<void>
  /** Makes it call `look` after so long. Milliseconds. */
  lookAfter(ms: number): void
  nowMs(): number
}

/** What the owner does about what happens on the link. All are called from `handle`, one at a time, and may answer promises. */
export interface LinkHandlers extends ReaderHandlers {
  /** There is room again for what was refused. */
  drained(): unknown
  /** The peer has ended its side; what it had sent was passed on. */
  ended(): unknown
  /** The last call. @param error why, unless both sides had ended */
  closed(error: TroupeError | undefined): unknown
}

/**
 * One open connection, in the hands of the actor that owns it. What happens on the socket becomes a message to that actor; what it
 * sends in one turn leaves in one write. While the actor is busy the socket is not read, so that the peer is slowed down.
 *
 *     open --end--> ending --sent, and the peer has ended--> closed
 *       `---------- destroy, error, timeout ------------------^
 */
export class Link {
  /** Where the other side is: `127.0.0.1:5000`, or a path. For people. */
  readonly remote: string
  /**
   * Called when there is room again for what was refused, and when the link closes: at once, in no turn of its actor. For code that
   * serves several links of one thread, and must not wait for a turn of each.
   */
  onRoom: (() => void) | undefined
  readonly #owner: LinkOwner
  readonly #options: ResolvedLinkOptions
  readonly #reader: LinkReader
  readonly #writer: LinkWriter
  readonly #watch: LinkWatch
  readonly #socket: Socket
  #handlers: LinkHandlers | undefined
  #state: 'open' | 'ending' | 'closed' = 'open'
  #error: TroupeError | undefined
  #endDueMs = Number.POSITIVE_INFINITY
  #isTold = false
  #isLooking = false
  #hasDrained = false
  #hasPeerEnded = false
  #isEndHandled = false
  #isSocketClosed = false
  #isCloseHandled = false

  constructor(socket: Socket, remote: string, owner: LinkOwner, framing: Framing, options: ResolvedLinkOptions) {
    this.remote = remote
    this.#owner = owner
    this.#options = options
    this.#watch = new LinkWatch(options)
    this.#reader = new LinkReader(socket, framing, () => this.#tell())
    this.#socket = socket
    this.#writer = new LinkWriter(this.#socket, framing, options, {
      drained: () => {
        this.#hasDrained = true
        this.onRoom?.()
        this.#tell()
      },
      failed: (error) => this.destroy(error),
      blocked: () => this.#watchOn(),
    })
    this.#listen()
  }

  /** Whether messages can be sent. */
  get isOpen(): boolean {
    return this.#state === 'open'
  }

  /** Whether `end` was called: what goes wrong afterwards brings no connection back that was to end. */
  get wasEnded(): boolean {
    return this.#endDueMs !== Number.POSITIVE_INFINITY
  }

  /** Bytes that wait to be sent, the write under way included. */
  get queuedBytes(): number {
    const { waitingBytes, leavingBytes } = this.#writer.outbox
    return waitingBytes + leavingBytes
  }

  get statistics(): LinkStatistics {
    const { sentMessages, sentBytes, droppedMessages, waitingMessages, waitingBytes } = this.#writer.outbox
    const { receivedMessages, receivedBytes } = this.#reader
    return {
      receivedMessages,
      receivedBytes,
      sentMessages,
      sentBytes,
      droppedMessages,
      queuedMessages: waitingMessages,
      queuedBytes: waitingBytes,
    }
  }

  /** Queues a message; its bytes are copied. Throws `message-too-large` and `invalid-frame` as the framing does. */
  send(message: Uint8Array): LinkSendResult {
    return this.#writer.send(message)
  }

  /**
   * Whether a message of so many bytes would be accepted now. Where not, `drained` and `onRoom` follow when there is room. Throws
   * `message-too-large` as the framing does.
   */
  hasRoom(messageBytes: number): boolean {
    return this.#writer.hasRoom(messageBytes)
  }

  /** Queues a value, encoded straight into what is sent. Throws as codec and framing do. */
  sendValue<T>(codec: Codec<T>, value: T): LinkSendResult {
    return this.#writer.sendValue(codec, value)
  }

  /**
   * Queues bytes that are framed already, without a copy: one encoding for many links.
   * @param bytes whole frames; not to be changed before they are out
   * @param messages how many
   * @param ends where each of them ends in `bytes`; without it they are dropped together
   */
  sendFramed(bytes: Uint8Array, messages = 1, ends?: Uint32Array): LinkSendResult {
    return this.#writer.sendFramed(bytes, messages, ends)
  }

  /** Like `sendFramed`, out of shared memory: the frame stays leased as long as it takes. Within the handler that got the frame. */
  sendFrame(frame: Frame, messages = 1, ends?: Uint32Array): LinkSendResult {
    return this.#writer.sendFrame(frame, messages, ends)
  }

  /** Whatever the peer says is read and forgotten, not even cut into messages; its end is still told. To be called in `start`. */
  ignore(): void {
    this.#reader.ignore()
  }

  /** Takes no more messages from the peer until `resume`; those of the read under way still come. Sending goes on. */
  pause(): void {
    if (!this.#isSocketClosed) this.#reader.hold()
  }

  resume(): void {
    this.#reader.release()
  }

  /**
   * Resolves when the queue is half empty, and when the link closes: `send` then answers `closed`. To be awaited in `frame` where each
   * message is answered: while it waits, nothing is read, and the peer is slowed down. (`drained` is told between messages only.)
   */
  ready(): Promise<void> {
    return this.#writer.ready()
  }

  /** Resolves when all that is queued is with the operating system, and when the link closes. */
  flushed(): Promise<void> {
    return this.#writer.flushed()
  }

  /** Sends what is queued, then ends this side. The link closes when the peer has ended too, or after `endTimeoutMs`. */
  end(): void {
    if (this.#state !== 'open') return
    this.#state = 'ending'
    this.#endDueMs = this.#owner.nowMs() + this.#options.endTimeoutMs
    this.#writer.end()
    this.#look(this.#options.endTimeoutMs)
  }

  /** Closes at once. What is queued is dropped and counted. */
  destroy(error?: TroupeError): void {
    this.#closeBy(() => this.#socket.destroy(), error)
  }

  /**
   * Like `destroy`, and tells the peer by a reset (RST), as a crash would: over TCP, and not TLS; elsewhere, and while the end of this side
   * is being sent, it is `destroy`.
   */
  reset(): void {
    const socket = this.#socket
    this.#closeBy(() => {
      // Node leaves the handle of such a socket open for good, and its thread cannot end any more.
      const isShuttingDown = socket.writableEnded && !socket.writableFinished
      if (isShuttingDown) return socket.destroy()
      try {
        return socket.resetAndDestroy()
      } catch {
        return socket.destroy() // no TCP
      }
    })
  }

  #closeBy(close: () => unknown, error?: TroupeError): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#error ??= error
    this.#writer.close()
    close()
    this.onRoom?.()
  }

  /** Why it was closed; undefined while it is open, and when both sides had ended. */
  get errorCode(): string | undefined {
    return this.#error?.code
  }

  /** Ends the link while its actor handles no messages any more: resolves when it is closed. What still arrives is ignored. */
  async finish(): Promise<void> {
    if (this.#socket.closed) return
    this.end()
    const isClosed = new Promise((resolve) => this.#socket.once('close', resolve))
    this.#reader.discard()
    const timer = setTimeout(() => this.destroy(), this.#options.endTimeoutMs)
    await isClosed
    clearTimeout(timer)
  }

  /** Begins to read. */
  open(handlers: LinkHandlers): void {
    this.#handlers = handlers
    this.#reader.open(handlers)
    this.#watchOn()
  }

  /** Upon the message that the owner was told. */
  handle(): unknown {
    this.#isTold = false
    const taken = this.#take()
    if (taken instanceof Promise) return taken.then((broken) => this.#afterRead(broken))
    return taken === undefined && !this.#hasNews ? this.#watchFrame() : this.#afterRead(taken)
  }

  /** What handlers answer to the messages of one read goes out together, as soon as they have seen them all. */
  #take(): unknown {
    this.#writer.hold()
    try {
      return this.#reader.take()
    } finally {
      this.#writer.release()
    }
  }

  /** After the time that the owner was to wait. */
  look(): void {
    this.#isLooking = false
    if (this.#state === 'closed') return
    const nowMs = this.#owner.nowMs()
    const { endTimeoutMs } = this.#options
    const error =
      nowMs >= this.#endDueMs
        ? timeout('the peer did not end its side', endTimeoutMs)
        : this.#watch.look(this.#progress, nowMs)
    if (error === undefined) this.#watchOn()
    else this.destroy(error)
  }

  get #hasNews(): boolean {
    return this.#hasDrained || this.#hasPeerEnded || this.#isSocketClosed
  }

  async #afterRead(broken: unknown): Promise<void> {
    const handlers = this.#handlers
    if (broken !== undefined) this.destroy(broken as TroupeError)
    if (handlers === undefined) return
    if (this.#hasDrained) {
      this.#hasDrained = false
      await handlers.drained()
    }
    if (this.#hasPeerEnded && !this.#isEndHandled) {
      this.#isEndHandled = true
      const { heldBytes } = this.#reader
      if (heldBytes > 0) this.destroy(cutShort(heldBytes))
      else await handlers.ended()
    }
    if (!this.#isSocketClosed || this.#isCloseHandled) return
    this.#isCloseHandled = true
    this.destroy()
    await handlers.closed(this.#error)
  }

  #listen(): void {
    const socket = this.#socket
    const { noDelay, keepAliveMs } = this.#options
    socket.setNoDelay(noDelay)
    if (keepAliveMs > 0) socket.setKeepAlive(true, keepAliveMs)
    socket.on('end', () => {
      this.#hasPeerEnded = true
      this.#tell()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#error ??= io(this.remote, error)
    })
    socket.on('close', () => {
      if (!this.#hasPeerEnded && this.#state === 'open') this.#error ??= connectionClosed(this.remote)
      this.#isSocketClosed = true
      this.destroy()
      this.#reader.release() // what had come is passed on before the end is
      this.#tell()
    })
  }

  #tell(): void {
    if (this.#isTold) return
    this.#isTold = true
    const result = this.#owner.tell()
    if (result === 'actor-stopped') this.#socket.destroy()
    else if (result !== 'accepted') void this.#tellLater()
  }

  /** The mailbox is full: nothing is read meanwhile, and nothing lost. */
  async #tellLater(): Promise<void> {
    try {
      do {
        await this.#owner.ready()
        // Others may have been faster; a loop of microtasks would keep the actor from handling anything.
        await new Promise((resolve) => setImmediate(resolve))
      } while (this.#owner.tell() === 'mailbox-full')
    } catch {
      this.#socket.destroy() // the actor is gone
    }
  }

  get #progress(): LinkProgress {
    const { receivedBytes, receivedMessages, heldBytes } = this.#reader
    const { isWriting, outbox } = this.#writer
    const writtenBytes = outbox.sentBytes - outbox.leavingBytes
    return { movedBytes: receivedBytes + writtenBytes, writtenBytes, receivedMessages, heldBytes, isWriting }
  }

  #watchFrame(): void {
    if (!this.#isLooking && this.#reader.heldBytes > 0) this.#watchOn()
  }

  /** Looks again while something is waited for. */
  #watchOn(): void {
    if (this.#isLooking || this.#state === 'closed') return
    const ms = this.#watch.nextMs(this.#progress)
    const endMs = this.#endDueMs - this.#owner.nowMs()
    if (ms !== undefined || this.#state === 'ending') this.#look(Math.min(ms ?? endMs, Math.max(1, endMs)))
  }

  #look(ms: number): void {
    this.#isLooking = true
    this.#owner.lookAfter(ms)
  }
}

function cutShort(heldBytes: number): UnreachableError {
  return new UnreachableError(
    'connection-closed',
    `the peer ended in the middle of a message: ${heldBytes} bytes of it had come`,
  )
}

function connectionClosed(remote: string): UnreachableError {
  return new UnreachableError('connection-closed', `${remote} closed the connection`)
}

/** What the operating system said. Its own code is `cause.code`. */
export function io(remote: string, error: NodeJS.ErrnoException): UnreachableError {
  return new UnreachableError('io', `connection to ${remote}: ${error.message}`, { cause: error })
}
