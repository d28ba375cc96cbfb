/** Time after its end for which an attempt is remembered: the cloud's late refusals come 30 to 31 s behind. Milliseconds. */
export const REMEMBERED_MS = 35_000
/** Attempts of one connection that are remembered; the oldest are forgotten first. Count. */
export const ATTEMPTS_MAX = 1_024
const SEQUENCE_MASK = 0xffff

/** One packet that was sent and is answered by sequence. */
export interface SentAttempt {
  /** Inner sequence: names the attempt, also to those who asked for it. 0 for a packet without a frame, such as a probe. */
  readonly inner: number
  /** Outer sequence, u16. */
  readonly outer: number
  /** Of the frame; an answer has the same. 0 for a packet without a frame. */
  readonly command: number
  readonly sentMs: number
  /** Delivered: its first answer has come. */
  isAcked: boolean
  /** Nothing more is expected: it has its result, or was refused or given up. Undefined before. */
  endedMs: number | undefined
}

/** What one connection has sent: finds the attempt to an answer, and outer sequences that nothing is remembered by. */
export class SentAttempts {
  /** In the order of sending. Few: looked through from the end. */
  readonly #attempts: SentAttempt[] = []
  #outer: number

  /** @param firstOuter the first sequence to be used, 0 to 65,535 */
  constructor(firstOuter: number) {
    this.#outer = firstOuter & SEQUENCE_MASK
  }

  get size(): number {
    return this.#attempts.length
  }

  /** A fresh outer sequence is used up. */
  add(inner: number, command: number, nowMs: number): SentAttempt {
    this.forgetOld(nowMs)
    if (this.#attempts.length >= ATTEMPTS_MAX) this.#attempts.shift()
    const attempt = { inner, outer: this.#freshOuter(), command, sentMs: nowMs, isAcked: false, endedMs: undefined }
    this.#attempts.push(attempt)
    return attempt
  }

  byOuter(outer: number): SentAttempt | undefined {
    return this.#attempts.findLast((attempt) => attempt.outer === outer)
  }

  byInner(inner: number, command: number): SentAttempt | undefined {
    return this.#attempts.findLast((attempt) => attempt.inner === inner && attempt.command === command)
  }

  /** Those whose time is over: ended, or never answered, so long ago that no late answer comes any more. */
  forgetOld(nowMs: number): void {
    let old = 0
    for (const { endedMs, sentMs } of this.#attempts) {
      if (nowMs - (endedMs ?? sentMs) < REMEMBERED_MS) break
      old++
    }
    if (old > 0) this.#attempts.splice(0, old)
  }

  /** Ends: by `ATTEMPTS_MAX` there are always some free. */
  #freshOuter(): number {
    let outer = this.#outer
    while (this.byOuter(outer) !== undefined) outer = (outer + 1) & SEQUENCE_MASK
    this.#outer = (outer + 1) & SEQUENCE_MASK
    return outer
  }
}
