/** What is known of a thread's heap. Bytes. */
export interface HeapFigures {
  readonly usedBytes: number
  readonly limitBytes: number
}

/** A heap that is fuller than this, also at the next look, is about to end its thread, or the process. */
const HIGH = 0.85
/** Looks in a row: one alone may see garbage that the next collection takes. */
const LOOKS = 2

/** Finds threads that should go before their memory runs out. Knows neither clock nor threads. */
export class MemoryWatch {
  readonly #highs = new Map<number, number>()

  /** Whether the thread on the seat is to be ended now. */
  isTooHigh(seat: number, { usedBytes, limitBytes }: HeapFigures): boolean {
    if (usedBytes < limitBytes * HIGH) {
      this.#highs.delete(seat)
      return false
    }
    const highs = (this.#highs.get(seat) ?? 0) + 1
    this.#highs.set(seat, highs % LOOKS)
    return highs === LOOKS
  }
}
