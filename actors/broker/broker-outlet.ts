import type { ActorRef } from 'troupe'

/** Who gets the messages of topics from a `BrokerClient`. */
export interface BrokerSubscriber {
  delivered(topic: string, data: Uint8Array): void
}

/** Where the messages of one subscription go. */
export interface BrokerOutlet {
  /** Whether another one goes to the same place, so that one of them is enough. */
  isSame(other: BrokerOutlet): boolean
  /** Answers a promise while it can take no more. */
  offer(topic: string, data: Uint8Array): Promise<void> | undefined
}

/** An actor. Whoever sends waits while its mailbox is full. */
export class ActorOutlet implements BrokerOutlet {
  readonly #ref: ActorRef<BrokerSubscriber>
  readonly #onGone: (outlet: ActorOutlet, topic: string) => void

  /** @param onGone the actor has stopped for good */
  constructor(ref: ActorRef<BrokerSubscriber>, onGone: (outlet: ActorOutlet, topic: string) => void) {
    this.#ref = ref
    this.#onGone = onGone
  }

  isSame(other: BrokerOutlet): boolean {
    return other instanceof ActorOutlet && other.#ref.equals(this.#ref)
  }

  offer(topic: string, data: Uint8Array): Promise<void> | undefined {
    const result = this.#ref.tell.delivered(topic, data)
    if (result === 'accepted') return undefined
    if (result === 'mailbox-full') return this.#offerLater(topic, data)
    this.#onGone(this, topic)
    return undefined
  }

  async #offerLater(topic: string, data: Uint8Array): Promise<void> {
    try {
      for (;;) {
        await this.#ref.ready()
        const result = this.#ref.tell.delivered(topic, data)
        if (result === 'accepted') return
        if (result === 'actor-stopped') break
        // Others may have been faster; a loop of microtasks would keep the actor from handling anything.
        await new Promise((resolve) => setImmediate(resolve))
      }
    } catch {
      // It cannot start, or has stopped.
    }
    this.#onGone(this, topic)
  }
}

/** What may wait in a stream that nobody takes from. */
const STREAM_MESSAGES_MAX = 1_024
const STREAM_BYTES_MAX = 4_194_304

const end: IteratorResult<Uint8Array, undefined> = Object.freeze({ done: true, value: undefined })

/** A stream, as the handler of a stream answers it: ends at once when its reader leaves, also while it waits for a message. */
export class StreamOutlet implements BrokerOutlet, AsyncGenerator<Uint8Array, undefined, undefined> {
  readonly #messages: Uint8Array[] = []
  #bytes = 0
  readonly #opened: Promise<boolean>
  readonly #onEnd: (outlet: StreamOutlet) => void
  #reader: ((result: IteratorResult<Uint8Array, undefined>) => void) | undefined
  #sender: (() => void) | undefined
  #isOver = false

  /**
   * @param open resolves with whether messages will come
   * @param onEnd called once
   */
  constructor(open: (outlet: StreamOutlet) => Promise<boolean>, onEnd: (outlet: StreamOutlet) => void) {
    this.#onEnd = onEnd
    this.#opened = open(this)
  }

  isSame(other: BrokerOutlet): boolean {
    return other === this
  }

  offer(_topic: string, data: Uint8Array): Promise<void> | undefined {
    if (this.#isOver) return undefined
    if (this.#reader !== undefined) {
      this.#settle({ done: false, value: data })
      return undefined
    }
    this.#messages.push(data)
    this.#bytes += data.length
    if (this.#messages.length < STREAM_MESSAGES_MAX && this.#bytes < STREAM_BYTES_MAX) return undefined
    return new Promise((resolve) => {
      this.#sender = resolve
    })
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (!(await this.#opened)) this.#end()
    const message = this.#isOver ? undefined : this.#messages.shift()
    if (message !== undefined) {
      this.#bytes -= message.length
      if (this.#messages.length * 2 <= STREAM_MESSAGES_MAX && this.#bytes * 2 <= STREAM_BYTES_MAX) this.#letOn()
      return { done: false, value: message }
    }
    if (this.#isOver) return end
    return new Promise((resolve) => {
      this.#reader = resolve
    })
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#end()
    return end
  }

  async throw(error: unknown): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#end()
    throw error
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end()
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#messages.length = 0
    this.#letOn()
    this.#settle(end)
    this.#onEnd(this)
  }

  #settle(result: IteratorResult<Uint8Array, undefined>): void {
    const reader = this.#reader
    this.#reader = undefined
    reader?.(result)
  }

  #letOn(): void {
    const sender = this.#sender
    this.#sender = undefined
    sender?.()
  }
}
