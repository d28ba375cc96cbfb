export interface ReconnectDelayOptions {
  /** Milliseconds, > 0. */
  readonly minMs: number
  /** Milliseconds, >= minMs. Jitter included. */
  readonly maxMs: number
  /** Numbers in [0, 1): they spread peers that were all cut off at the same moment. */
  readonly random: { next(): number }
}

/** How long to wait before the next attempt: doubles with each one, the upper half of every wait being random. */
export class ReconnectDelay {
  readonly #options: ReconnectDelayOptions
  #ceilingMs: number

  constructor(options: ReconnectDelayOptions) {
    this.#options = options
    this.#ceilingMs = options.minMs
  }

  /** Milliseconds to wait now; the next answer will be twice that on average, up to `maxMs`. */
  next(): number {
    const ceilingMs = this.#ceilingMs
    this.#ceilingMs = Math.min(ceilingMs * 2, this.#options.maxMs)
    return (ceilingMs / 2) * (1 + this.#options.random.next())
  }

  /** The last attempt succeeded: begins again with `minMs`. */
  reset(): void {
    this.#ceilingMs = this.#options.minMs
  }
}
