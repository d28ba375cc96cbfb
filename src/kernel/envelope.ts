import type { Frame } from './frame.ts'
import type { MessageContext } from './message-context.ts'
import { NOT_RETAINED, type RetainedRecord } from './retention.ts'

/** Where the answer to one ask goes. Exactly one of the calls has an effect; later ones are counted as late answers. */
export interface ReplyPort {
  readonly isOpen: boolean
  resolve(value: unknown): void
  reject(error: unknown): void
}

/** Work that stands in a mailbox but is no message: a signal, a stream's next item. Exempt from limits and accounts. */
export interface InternalItem {
  run(): void
}

/** A message with all its parts, outside of the mailbox. */
export interface QueuedMessage {
  readonly code: number
  readonly a: unknown
  readonly b: unknown
  readonly extra: Envelope | undefined
}

/** The code of an `InternalItem`, which then is the first argument. */
export const INTERNAL = -1

/** What belongs to a message that is more than a plain tell. One per ask, timed or retried message. */
export class Envelope {
  /** Bytes it counts for in the mailbox. */
  bytes = 0
  /** Not begun by then: it is a dead letter. Milliseconds on the kernel's clock. */
  expiresAtMs = Number.POSITIVE_INFINITY
  /** When its asker stops waiting. Milliseconds on the kernel's clock. */
  deadlineMs = Number.POSITIVE_INFINITY
  delivery = 1
  /** Slots of the actors that wait for this message, the first asker first. */
  chain: readonly number[] = NO_CHAIN
  key: string | undefined
  reply: ReplyPort | undefined
  /** False: a timer that was cancelled, an ask that nobody waits for; dropped instead of handled. */
  isWanted = true
  /** Whether it may outlive its thread: not what only makes sense to one incarnation. */
  get isRetainable(): boolean {
    return true
  }

  /** Where the message is kept, if it outlives its thread. */
  record: RetainedRecord = NOT_RETAINED
  /** Leases that end with the message. */
  frames: readonly Frame[] | undefined = undefined
  /** With mailbox policy `conflate`: the message that has its place in the mailbox now; it is accounted for itself. */
  replacedBy: QueuedMessage | undefined
  /** Called when the message has left the mailbox for good. */
  onTaken: (() => void) | undefined
  #abort: AbortController | undefined

  /** For a message whose only peculiarity is its size. */
  static ofBytes(bytes: number): Envelope {
    const envelope = new Envelope()
    envelope.bytes = bytes
    return envelope
  }

  /** The envelope for what is one receiver's own: this one, unless the message stands in many mailboxes. */
  own(): Envelope {
    return this
  }

  /** Made when a handler first looks at it. */
  context(): MessageContext {
    this.#abort ??= new AbortController()
    if (!this.isWanted) this.#abort.abort()
    return { deadlineMs: this.deadlineMs, signal: this.#abort.signal, delivery: this.delivery }
  }

  /** The message was handled, or never will be. */
  taken(): void {
    this.onTaken?.()
    if (this.frames === undefined) return
    for (const frame of this.frames) frame.release()
    this.frames = undefined
  }

  /** Nobody waits any more: a queued message will not be handled, a running handler sees its signal aborted. */
  cancel(reason?: unknown): void {
    this.isWanted = false
    this.#abort?.abort(reason)
  }

  /** The incarnation that handled it has ended. The next one, if the message is given to it, gets a new context. */
  abortContext(reason: unknown): void {
    this.#abort?.abort(reason)
    this.#abort = undefined
  }
}

const NO_CHAIN: readonly number[] = Object.freeze([])
