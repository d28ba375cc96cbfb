import type { ActorRef, TroupeError } from 'troupe'
import type { MessagePriority } from './bounded-queue.ts'
import type { IncomingMessage } from './incoming-message.ts'
import { MESSAGE_ID_BYTES } from './message-id.ts'
import { writeWords } from './outgoing-message.ts'

/** A message as its receiver gets it. */
export interface ReliableMessage {
  /** A UUID: the same when it comes again. */
  readonly id: string
  readonly payload: Uint8Array
  readonly priority: MessagePriority
  /** Name of the peer. */
  readonly from: string
}

/** Why a receiver does not take a message: its sender is told so. */
export interface Refusal {
  /** At most 1,024 bytes of UTF-8. */
  readonly rejected: string
}

/** Who processes messages one by one. */
export interface ReliableReceiver {
  /** The answer acknowledges the message, a refusal rejects it. Many may be under way. */
  deliver(message: ReliableMessage): Refusal | undefined | Promise<Refusal | undefined>
}

/** Messages that came together. */
export interface ReliableBatch {
  /** Name of the peer. */
  readonly from: string
  readonly payloads: readonly Uint8Array[]
  /** 16 bytes each, in the same order; see `messageIdText`. */
  readonly ids: Uint8Array
}

/** Who processes messages by the batch: where each of them alone would cost more than its work. */
export interface ReliableBatchReceiver {
  /** The answer acknowledges all; refusals reject those at the same place. */
  deliverMany(
    batch: ReliableBatch,
  ): readonly (Refusal | undefined)[] | undefined | Promise<readonly (Refusal | undefined)[] | undefined>
}

export type Settle = (message: IncomingMessage, rejected: string | undefined) => void

/** Where messages go that are to be processed. */
export interface ReceiverOutlet {
  offer(message: IncomingMessage): void
  /** No more come in this turn. */
  flush(): void
}

/** What nobody receives. */
export class NoOutlet implements ReceiverOutlet {
  readonly #settle: Settle

  constructor(settle: Settle) {
    this.#settle = settle
  }

  offer(message: IncomingMessage): void {
    this.#settle(message, 'no-receiver')
  }

  flush(): void {}
}

const FOREVER = Object.freeze({ deadlineMs: Number.POSITIVE_INFINITY })

/** One ask for each message; in order, also while the mailbox of the receiver is full. */
export class SingleOutlet implements ReceiverOutlet {
  readonly #receiver: ActorRef<ReliableReceiver>
  readonly #from: () => string
  readonly #settle: Settle
  readonly #backlog: IncomingMessage[] = []

  constructor(receiver: ActorRef<ReliableReceiver>, from: () => string, settle: Settle) {
    this.#receiver = receiver
    this.#from = from
    this.#settle = settle
  }

  offer(message: IncomingMessage): void {
    if (this.#backlog.length > 0) this.#backlog.push(message)
    else void this.#ask(message)
  }

  flush(): void {}

  async #ask(message: IncomingMessage): Promise<void> {
    const { idText: id, payload, priority } = message
    try {
      const { ask } = this.#receiver.with(FOREVER)
      const refusal = await ask.deliver({ id, payload, priority, from: this.#from() })
      this.#settle(message, refusal?.rejected)
    } catch (error) {
      if (codeOf(error) === 'mailbox-full') this.#wait(message)
      else this.#settle(message, codeOf(error))
    }
  }

  #wait(message: IncomingMessage): void {
    this.#backlog.push(message)
    if (this.#backlog.length === 1) void this.#drain()
  }

  /** Bounded by what may be processed at the same time. */
  async #drain(): Promise<void> {
    while (this.#backlog.length > 0) {
      try {
        await this.#receiver.ready()
        await new Promise((resolve) => setImmediate(resolve)) // others may have been faster
      } catch {
        // It has stopped, which the ask will tell.
      }
      const message = this.#backlog[0] as IncomingMessage
      this.#backlog.shift()
      await this.#ask(message)
    }
  }
}

/** One ask for all messages of a turn. */
export class BatchOutlet implements ReceiverOutlet {
  readonly #receiver: ActorRef<ReliableBatchReceiver>
  readonly #from: () => string
  readonly #settle: Settle
  #gathered: IncomingMessage[] = []

  constructor(receiver: ActorRef<ReliableBatchReceiver>, from: () => string, settle: Settle) {
    this.#receiver = receiver
    this.#from = from
    this.#settle = settle
  }

  offer(message: IncomingMessage): void {
    this.#gathered.push(message)
  }

  flush(): void {
    if (this.#gathered.length === 0) return
    const messages = this.#gathered
    this.#gathered = []
    void this.#ask(messages)
  }

  async #ask(messages: readonly IncomingMessage[]): Promise<void> {
    const ids = new Uint8Array(messages.length * MESSAGE_ID_BYTES)
    const payloads = messages.map(({ idA, idB, idC, idD, payload }, n) => {
      writeWords(ids, n * MESSAGE_ID_BYTES, idA, idB, idC, idD)
      return payload
    })
    const batch = { from: this.#from(), payloads, ids }
    for (;;) {
      try {
        const refusals = await this.#receiver.with(FOREVER).ask.deliverMany(batch)
        for (let n = 0; n < messages.length; n++) this.#settle(messages[n]!, refusals?.[n]?.rejected)
        return
      } catch (error) {
        const code = codeOf(error)
        if (code !== 'mailbox-full') {
          for (const message of messages) this.#settle(message, code)
          return
        }
        await this.#receiver.ready().catch(() => {}) // that it has stopped, the ask will tell
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
  }
}

function codeOf(error: unknown): string {
  return (error as TroupeError | undefined)?.code ?? 'receiver-failed'
}
