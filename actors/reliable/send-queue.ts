import { BoundedQueue, type QueueOffer } from './bounded-queue.ts'
import type { Outbox } from './outbox.ts'
import { OutgoingMessage, priorityOf } from './outgoing-message.ts'
import type { ResolvedReliableOptions } from './reliable-options.ts'
import { chunkBytesOf, chunkCount, messageFlagsOf, storedFlags } from './stored-flags.ts'

/**
 * What waits for the window, each with its sequences: first what an outbox has of an earlier life, then what was accepted in this one. A message that
 * is dropped leaves its sequences behind, to be skipped.
 */
export class SendQueue {
  /** The sequence that the next message will begin with. */
  nextSequence: number
  readonly #options: ResolvedReliableOptions
  readonly #outbox: Outbox | undefined
  readonly #queue: BoundedQueue<OutgoingMessage>
  /** Of an earlier life, the first one last. */
  readonly #stored: OutgoingMessage[]

  /** @param onDropped is told what made room for others */
  constructor(
    options: ResolvedReliableOptions,
    outbox: Outbox | undefined,
    onDropped: (message: OutgoingMessage) => void,
  ) {
    this.#options = options
    this.#outbox = outbox
    this.#queue = new BoundedQueue({ itemsMax: options.sendQueueMax, policy: options.sendPolicy, onDropped })
    this.#stored = outbox === undefined ? [] : storedIn(outbox)
    this.nextSequence = (outbox?.lastSequence ?? 0) + 1
  }

  /** Messages accepted in this life that wait. */
  get size(): number {
    return this.#queue.size
  }

  /** All that wait. */
  get waitingCount(): number {
    return this.#queue.size + this.#stored.length
  }

  get isFull(): boolean {
    return this.#queue.isFull
  }

  get fullCount(): number {
    return this.#queue.fullCount
  }

  /** Of all that wait, or that will. */
  get firstSequence(): number {
    return this.#stored.at(-1)?.first ?? this.#queue.peek()?.first ?? this.nextSequence
  }

  /** The last sequence that may be sent: of what is on disk, where there is an outbox. */
  get readySequence(): number {
    return this.#outbox?.flushedSequence ?? Number.POSITIVE_INFINITY
  }

  /** Gives a message its sequences. */
  number(message: OutgoingMessage): void {
    const { chunkBytes } = this.#options
    message.chunkBytes = chunkBytes
    message.chunksLeft = chunkCount(message.payload.length, chunkBytes)
    message.first = this.nextSequence
    message.last = message.first + message.chunksLeft - 1
    this.nextSequence = message.last + 1
  }

  /**
   * Takes a message in, gives it its sequences and stores it; or says why not, as the policy has it.
   * @param onUnstored is told of one that has taken the place of another, and then could not be stored
   */
  offer(message: OutgoingMessage, onUnstored: (message: OutgoingMessage) => void): QueueOffer {
    const isFull = this.#queue.isFull
    if (isFull) {
      const answer = this.#queue.offer(message, priorityOf(message.flags))
      if (answer !== 'accepted') return answer
    }
    const next = this.nextSequence
    this.number(message)
    const isStored = this.#store(message)
    if (isFull) {
      if (!isStored) onUnstored(message)
      return 'accepted'
    }
    if (isStored) return this.#queue.offer(message, priorityOf(message.flags))
    this.nextSequence = next
    return this.#options.sendPolicy === 'block' && this.#outbox?.error === undefined ? 'wait' : 'rejected'
  }

  /** The next one to be sent, removed. */
  shift(): OutgoingMessage | undefined {
    return this.#stored.pop() ?? this.#queue.shift()
  }

  /** Shows all that wait; of this life those go for which `look` answers true. */
  look(look: (message: OutgoingMessage) => boolean): void {
    for (const message of this.#stored) look(message)
    this.#queue.removeWhere(look)
  }

  #store(message: OutgoingMessage): boolean {
    try {
      this.#outbox?.store(
        message.last,
        message.idBytes,
        storedFlags(message.flags, message.chunkBytes),
        message.payload,
      )
      return true
    } catch {
      return false // it is full, or has failed, which it says itself
    }
  }
}

function storedIn(outbox: Outbox): OutgoingMessage[] {
  const stored: OutgoingMessage[] = []
  for (const { sequence, id, flags, payload } of outbox.unconfirmed()) {
    const message = new OutgoingMessage(id, new Uint8Array(payload), messageFlagsOf(flags))
    message.chunkBytes = chunkBytesOf(flags)
    message.chunksLeft = chunkCount(payload.length, message.chunkBytes)
    message.last = sequence
    message.first = sequence - message.chunksLeft + 1
    stored.push(message)
  }
  return stored.reverse()
}
