type Result = IteratorResult<Uint8Array, undefined>

const end: Result = Object.freeze({ done: true, value: undefined })

/**
 * A bounded queue that is read as a stream, as the handler of a stream answers it: ends at once when its reader leaves, also while it
 * waits for a message.
 */
export class MessageStream implements AsyncGenerator<Uint8Array, undefined, undefined> {
  readonly #messagesMax: number
  readonly #onEnd: () => void
  readonly #messages: Uint8Array[] = []
  #reader: ((result: Result) => void) | undefined
  #isOver = false

  /** @param onEnd called once, when it is read no more */
  constructor(messagesMax: number, onEnd: () => void) {
    this.#messagesMax = messagesMax
    this.#onEnd = onEnd
  }

  /** Answers false, taking nothing, while it is full. */
  push(message: Uint8Array): boolean {
    if (this.#reader !== undefined) {
      this.#settle({ done: false, value: message })
      return true
    }
    if (this.#messages.length >= this.#messagesMax) return false
    this.#messages.push(message)
    return true
  }

  async next(): Promise<Result> {
    if (this.#isOver) return end
    const message = this.#messages.shift()
    if (message !== undefined) return { done: false, value: message }
    return new Promise((resolve) => {
      this.#reader = resolve
    })
  }

  async return(): Promise<Result> {
    this.#end()
    return end
  }

  async throw(error: unknown): Promise<Result> {
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
    this.#settle(end)
    this.#onEnd()
  }

  #settle(result: Result): void {
    const reader = this.#reader
    this.#reader = undefined
    reader?.(result)
  }
}
