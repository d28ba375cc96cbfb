import { REMEMBERED_MS } from './sent-attempts.ts'

/** More are not remembered, however young: with as many, half of them are forgotten. Count. */
export const PAST_MAX = 200_000

/** Inner sequences of attempts whose commands are over: an answer to one is late, not stray. Each is known for 35 to 70 s. */
export class PastAttempts {
  #newer = new Set<number>()
  #older = new Set<number>()
  #turnedMs = 0

  get count(): number {
    return this.#newer.size + this.#older.size
  }

  add(inner: number): void {
    if (this.#newer.size >= PAST_MAX / 2) this.#turn()
    this.#newer.add(inner)
  }

  has(inner: number): boolean {
    return this.#newer.has(inner) || this.#older.has(inner)
  }

  /** To be called now and then. */
  forgetOld(nowMs: number): void {
    if (nowMs - this.#turnedMs < REMEMBERED_MS) return
    this.#turnedMs = nowMs
    this.#turn()
  }

  #turn(): void {
    this.#older = this.#newer
    this.#newer = new Set()
  }
}
