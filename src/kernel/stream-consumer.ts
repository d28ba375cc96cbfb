/** Where a producer's items go. */
export interface StreamSink {
  push(item: unknown): void
  end(): void
  fail(error: unknown): void
}

/** Where a consumer's credit goes. */
export interface StreamSource {
  /** The producer may send that many items more. */
  request(items: number): void
  /** No more items are wanted. */
  cancel(): void
}

type Waiter = { resolve(result: IteratorResult<unknown>): void; reject(error: unknown): void }

/**
 * The reading end of a stream: `for await (const item of ref.stream.ticks())`. Nothing is sent before the first `next`.
 * It holds at most `window` items, and asks for more when half of them were taken.
 */
export class StreamConsumer implements StreamSink, AsyncIterableIterator<unknown> {
  readonly window: number
  /** Told once when nothing more will come. */
  onOver: (() => void) | undefined
  readonly #open: (consumer: StreamConsumer) => StreamSource
  readonly #items: unknown[] = []
  readonly #waiters: Waiter[] = []
  #source: StreamSource | undefined
  #takenSinceRequest = 0
  #isOver = false
  #error: { readonly value: unknown } | undefined

  /** `open` sends the request, and answers where credit goes. */
  constructor(window: number, open: (consumer: StreamConsumer) => StreamSource) {
    this.window = window
    this.#open = open
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<unknown>> {
    if (this.#source === undefined && !this.#isOver) this.#source = this.#open(this)
    if (this.#items.length > 0) return Promise.resolve({ done: false, value: this.#take() })
    if (this.#error !== undefined) {
      const { value } = this.#error
      this.#error = undefined // an iterator throws once, and is over
      return Promise.reject(value)
    }
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined })
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }))
  }

  /** What `break` calls. */
  return(): Promise<IteratorResult<unknown>> {
    if (!this.#isOver) this.#source?.cancel()
    this.#finish()
    this.#items.length = 0
    this.#error = undefined
    return Promise.resolve({ done: true, value: undefined })
  }

  push(item: unknown): void {
    if (this.#isOver) return
    const waiter = this.#waiters.shift()
    if (waiter === undefined) this.#items.push(item)
    else {
      waiter.resolve({ done: false, value: item })
      this.#countTaken()
    }
  }

  end(): void {
    this.#finish()
  }

  fail(error: unknown): void {
    if (this.#isOver) return
    const waiter = this.#waiters.shift()
    if (waiter === undefined) this.#error = { value: error }
    else waiter.reject(error)
    this.#finish()
  }

  #take(): unknown {
    const item = this.#items.shift()
    this.#countTaken()
    return item
  }

  #countTaken(): void {
    this.#takenSinceRequest++
    if (this.#takenSinceRequest < this.window / 2 || this.#isOver) return
    this.#source?.request(this.#takenSinceRequest)
    this.#takenSinceRequest = 0
  }

  #finish(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.onOver?.()
    for (const waiter of this.#waiters.splice(0)) waiter.resolve({ done: true, value: undefined })
  }
}
