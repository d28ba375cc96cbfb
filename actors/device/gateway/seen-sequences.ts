/** Sequences remembered on one connection. Count. */
export const SEEN_MAX = 64
/** A sequence that comes again after this long is another packet: counters wrap, and start anew. Milliseconds. */
export const SEEN_MS = 10_000
const FIRST_ROOM = 8
const KIND_SHIFT = 16

/**
 * The sequences that one connection has brought lately, by kind of packet: what comes a second time is a duplicate. The last 64, and none that
 * is older than 10 s. It belongs to a connection and ends with it, since counters of devices go on over reconnects, or not. Memory
 * is taken as sequences come: thousands of connections are quiet.
 */
export class SeenSequences {
  #keys = new Uint32Array(0)
  /** When each was seen. */
  #times = new Float64Array(0)
  #next = 0
  #size = 0

  /**
   * Whether it has come before; remembered if not.
   * @param kind of packet, 0 to 65,535
   * @param sequence 0 to 65,535
   */
  hasSeen(kind: number, sequence: number, nowMs: number): boolean {
    const key = ((kind << KIND_SHIFT) | sequence) >>> 0
    // From the newest back: a duplicate mostly follows at once.
    for (let back = 1; back <= this.#size; back++) {
      const at = (this.#next - back + this.#keys.length) % this.#keys.length
      if (nowMs - this.#times[at]! > SEEN_MS) break // those before it are older still
      if (this.#keys[at] === key) return true
    }
    this.#add(key, nowMs)
    return false
  }

  #add(key: number, nowMs: number): void {
    if (this.#isFull && !this.#isOldestStale(nowMs)) this.#grow()
    const at = this.#next
    this.#keys[at] = key
    this.#times[at] = nowMs
    this.#next = (at + 1) % this.#keys.length
    this.#size = Math.min(this.#size + 1, this.#keys.length)
  }

  get #isFull(): boolean {
    return this.#size === this.#keys.length
  }

  #isOldestStale(nowMs: number): boolean {
    return this.#size > 0 && nowMs - this.#times[this.#next]! > SEEN_MS
  }

  #grow(): void {
    const room = Math.min(SEEN_MAX, Math.max(FIRST_ROOM, this.#keys.length * 2))
    if (room === this.#keys.length) return // the oldest is forgotten
    const keys = new Uint32Array(room)
    const times = new Float64Array(room)
    for (let index = 0; index < this.#size; index++) {
      const from = (this.#next + index) % this.#keys.length
      keys[index] = this.#keys[from]!
      times[index] = this.#times[from]!
    }
    this.#keys = keys
    this.#times = times
    this.#next = this.#size
  }
}
