import { REMEMBERED_MS } from './sent-attempts.ts'

/** Inner sequences of attempts whose commands are over: an answer to one is late, not stray. Each is known for 35 to 70 s. */
export class PastAttempts {
  #newer = new Set<number>()
  #older = new Set<number>()
  #turnedMs = 0

  add(inner: number): void {
    this.#newer.add(inner)
  }

  has(inner: number): boolean {
    return this.#newer.has(inner) || this.#older.has(inner)
  }

  /** To be called now and then. */
  forgetOld(nowMs: number): void {
    if (nowMs - this.#turnedMs < REMEMBERED_MS) return
    this.#turnedMs = nowMs
    this.#older = this.#newer
    this.#newer = new Set()
  }
}
