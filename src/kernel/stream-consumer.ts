import { rejectStitched } from './stitched-stack.ts'

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

interface Waiter {
  readonly resolve: (result: IteratorResult<unknown> | PromiseLike<never>) => void
  readonly reject: (error: unknown) => void
}

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
  #failure: { readonly error: unknown; readonly where: string | undefined } | undefined

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
    if (this.#failure !== undefined) {
      const { error, where } = this.#failure
      this.#failure = undefined // an iterator throws once, and is over
      return new Promise((resolve, reject) => rejectWaiter({ resolve, reject }, error, where))
    }
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined })
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }))
  }

  /** What `break` calls. */
  return(): Promise<IteratorResult<unknown>> {
    if (!this.#isOver) this.#source?.cancel()
    this.#finish()
    this.#items.length = 0
    this.#failure = undefined
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

  /** `where`: the error came from another thread, and its stack goes on with who reads the stream. */
  fail(error: unknown, where?: string): void {
    if (this.#isOver) return
    const waiter = this.#waiters.shift()
    if (waiter === undefined) this.#failure = { error, where }
    else rejectWaiter(waiter, error, where)
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

function rejectWaiter({ resolve, reject }: Waiter, error: unknown, where: string | undefined): void {
  if (where === undefined) reject(error)
  else rejectStitched(resolve, error, where)
}
