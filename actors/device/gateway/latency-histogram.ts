/** Buckets of each doubling: a quantile is at most an eighth too high. */
const STEPS = 8
/** From this on all are counted together. Milliseconds. */
const LARGEST_MS = 2 ** 17
const SMALLEST_MS = 2 ** -4
const BUCKETS = Math.log2(LARGEST_MS / SMALLEST_MS) * STEPS + 1

/** Milliseconds; zero where nothing was counted. */
export interface LatencySummary {
  readonly count: number
  readonly p50Ms: number
  readonly p90Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

/** Times in buckets that grow with them, of fixed memory: from a sixteenth of a millisecond to two minutes, each quantile right to an eighth. */
export class LatencyHistogram {
  readonly #counts = new Float64Array(BUCKETS)
  #count = 0
  #maxMs = 0

  /** @param ms >= 0 */
  add(ms: number): void {
    this.#counts[bucketOf(ms)]! += 1
    this.#count++
    if (ms > this.#maxMs) this.#maxMs = ms
  }

  get summary(): LatencySummary {
    const of = (share: number): number => this.quantileMs(share)
    return { count: this.#count, p50Ms: of(0.5), p90Ms: of(0.9), p99Ms: of(0.99), maxMs: this.#maxMs }
  }

  /** The time that this share of all does not exceed. @param share 0 to 1 */
  quantileMs(share: number): number {
    let left = Math.ceil(this.#count * share)
    if (left === 0) return 0
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      left -= this.#counts[bucket]!
      if (left <= 0) return Math.min(this.#maxMs, upperMs(bucket))
    }
    return this.#maxMs
  }
}

function bucketOf(ms: number): number {
  if (!(ms > SMALLEST_MS)) return 0
  return Math.min(BUCKETS - 1, Math.ceil(Math.log2(ms / SMALLEST_MS) * STEPS))
}

function upperMs(bucket: number): number {
  return SMALLEST_MS * 2 ** (bucket / STEPS)
}
