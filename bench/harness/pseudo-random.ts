/**
 * A sequence that Erlang's programs compute too, so that all contenders make the same choices. The factor is small enough
 * for Erlang to compute it without big numbers. `seed`: 0 to 2^31 − 1.
 */
export class PseudoRandom {
  #seed: number

  constructor(seed: number) {
    this.#seed = seed
  }

  /** A whole number from 0 to `bound` − 1. */
  below(bound: number): number {
    this.#seed = (Math.imul(this.#seed, 22_695_477) + 1) & 0x7fff_ffff
    return (this.#seed >>> 8) % bound
  }
}
