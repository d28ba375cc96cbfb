import { DueQueue } from '../../clock/due-queue.ts'

/** Homes that may wait for it at the same time; what one more wants is left out. Count. */
export const REFRESHES_MAX = 100_000

/** When which home is to be asked for its states: once, however often that is wanted, and not too often. */
export class HomeRefreshes {
  readonly #everyMs: number
  readonly #due = new DueQueue<string>()
  /** When each home is to be asked, or was asked last. */
  readonly #times = new Map<string, number>()

  /** @param everyMs least time between two times of one home */
  constructor(everyMs: number) {
    this.#everyMs = everyMs
  }

  get nextMs(): number {
    return this.#due.nextMs
  }

  /** It is to be asked after so long. */
  want(home: string, afterMs: number, nowMs: number): void {
    const lastMs = this.#times.get(home)
    if (lastMs !== undefined && lastMs > nowMs) return // is due anyway
    if (this.#due.count >= REFRESHES_MAX) return
    const dueMs = Math.max(nowMs + afterMs, (lastMs ?? Number.NEGATIVE_INFINITY) + this.#everyMs)
    this.#times.set(home, dueMs)
    this.#due.add(dueMs, home)
  }

  /** The next home that is to be asked now. */
  take(nowMs: number): string | undefined {
    return this.#due.take(nowMs)
  }

  /** Nobody is there who could be asked. */
  forget(home: string, nowMs: number): void {
    if ((this.#times.get(home) ?? 0) <= nowMs) this.#times.delete(home)
  }
}
