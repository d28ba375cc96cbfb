/** A source of numbers in [0, 1). */
export interface Random {
  next(): number
}

export const systemRandom: Random = Object.freeze({ next: () => Math.random() })

/** Mulberry32: small, fast, good enough for jitter, chaos and simulation; never for secrets. Same seed, same numbers. */
export class SeededRandom implements Random {
  readonly seed: number
  #state: number

  constructor(seed: number) {
    this.seed = seed >>> 0
    this.#state = this.seed
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** Whole number in [0, bound). */
  below(bound: number): number {
    return Math.floor(this.next() * bound)
  }
}
