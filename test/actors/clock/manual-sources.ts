import type { TimeSources } from '#actors/clock/epoch-clock'

/** Time that a test moves: wall and monotonic clock together, or the wall clock alone, as when somebody sets it. */
export class ManualSources implements TimeSources {
  /** Nanoseconds since the epoch would not fit into a number: they are counted from the start. */
  readonly #startMs: number
  #wallNs: number
  #monotonicNs = 5_000_000_000

  /** @param startMs wall clock time; fractions count, but are not shown */
  constructor(startMs: number) {
    this.#startMs = Math.floor(startMs)
    this.#wallNs = Math.round((startMs - this.#startMs) * 1_000_000)
  }

  wallMs(): number {
    return this.#startMs + Math.floor(this.#wallNs / 1_000_000)
  }

  monotonicMs(): number {
    return this.#monotonicNs / 1_000_000
  }

  pass(ns: number): void {
    this.#wallNs += ns
    this.#monotonicNs += ns
  }

  setWall(byNs: number): void {
    this.#wallNs += byNs
  }
}
