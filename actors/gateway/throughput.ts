/** How often something happened a second, between one look at its total and the next. */
export class Throughput {
  #count = 0
  #atMs: number

  constructor(startedMs: number) {
    this.#atMs = startedMs
  }

  /** Per second since the last call. 0 when no time has passed. */
  sample(count: number, nowMs: number): number {
    const happened = count - this.#count
    const passedMs = nowMs - this.#atMs
    if (passedMs <= 0) return 0
    this.#count = count
    this.#atMs = nowMs
    return (happened * 1_000) / passedMs
  }
}
