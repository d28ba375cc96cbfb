import { checkedOptions, type OptionRules } from '../connection/option-check.ts'

export interface DedupCacheOptions {
  /** Keys remembered; the one that was seen least recently makes room. Count, 1 to 1,000,000. @default 1_000 */
  readonly entriesMax?: number
  /** A key that was not seen for so long is forgotten. Milliseconds, > 0, or `Infinity`. @default 300_000 */
  readonly ttlMs?: number
}

export const dedupDefaults: Required<DedupCacheOptions> = Object.freeze({ entriesMax: 1_000, ttlMs: 300_000 })

const rules: OptionRules<DedupCacheOptions> = Object.freeze({
  entriesMax: { min: 1, max: 1_000_000, unit: 'entries', isWhole: true },
  ttlMs: { min: 1, max: Number.POSITIVE_INFINITY, unit: 'ms' },
})

const NONE = -1
const WORDS = 4

/** Options with their defaults. Throws `UsageError` for what is unknown or out of its range. */
export function resolveDedupOptions(options: DedupCacheOptions = {}): Readonly<Required<DedupCacheOptions>> {
  return checkedOptions('dedup cache', options, dedupDefaults, rules)
}

/**
 * Remembers which messages were processed, and how it ended: bounded, least recently seen first out, each for a time. A key is 128 bits, four
 * 32-bit words: a message id, or whatever numbers tell messages apart. All memory is taken at once; every call is O(1) and allocates nothing.
 *
 * Keys lie in a hash table of slots (linear probing, at most half full) and in a list by the time when they were last seen.
 */
export class DedupCache {
  readonly options: Readonly<Required<DedupCacheOptions>>
  /** Keys found. Count. */
  hits = 0
  /** Keys that made room for others before their time was over. Count. */
  evictions = 0
  /** Keys forgotten since their time was over. Count. */
  expirations = 0
  readonly #words: Int32Array
  readonly #values: Int32Array
  readonly #seenMs: Float64Array
  /** Slots by recency: towards those seen later, and earlier. */
  readonly #later: Int32Array
  readonly #earlier: Int32Array
  readonly #slots: Int32Array
  readonly #mask: number
  #size = 0
  #oldest = NONE
  #newest = NONE
  /** Slots that were used and are free, linked by `#later`. */
  #free = NONE

  /** Throws `UsageError` for an option that is unknown or out of range. */
  constructor(options: DedupCacheOptions = {}) {
    this.options = resolveDedupOptions(options)
    const { entriesMax } = this.options
    this.#words = new Int32Array(entriesMax * WORDS)
    this.#values = new Int32Array(entriesMax)
    this.#seenMs = new Float64Array(entriesMax)
    this.#later = new Int32Array(entriesMax)
    this.#earlier = new Int32Array(entriesMax)
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(entriesMax * 2))).fill(NONE)
    this.#mask = this.#slots.length - 1
  }

  /** Keys remembered, those included whose time is over and that nobody has looked for. */
  get size(): number {
    return this.#size
  }

  /** What was remembered with a key, or -1 if it is not known. One that is found counts as a hit, and as seen now. */
  find(a: number, b: number, c: number, d: number, nowMs: number): number {
    const place = this.#placeOf(a | 0, b | 0, c | 0, d | 0)
    const entry = this.#slots[place]!
    if (entry === NONE) return NONE
    if (nowMs - this.#seenMs[entry]! >= this.options.ttlMs) {
      this.expirations++
      this.#remove(entry, place)
      return NONE
    }
    this.hits++
    this.#seenMs[entry] = nowMs
    this.#unlink(entry)
    this.#linkNewest(entry)
    return this.#values[entry]!
  }

  /** Remembers a key, or renews it. @param value 0 to 2^31 - 1: how its message ended, say */
  add(a: number, b: number, c: number, d: number, nowMs: number, value = 0): void {
    this.forgetExpired(nowMs, 2)
    let place = this.#placeOf(a | 0, b | 0, c | 0, d | 0)
    let entry = this.#slots[place]!
    if (entry === NONE) {
      if (this.#size === this.options.entriesMax) {
        this.evictions++
        this.#removeOldest()
        place = this.#placeOf(a | 0, b | 0, c | 0, d | 0) // what was removed may have moved others
      }
      entry = this.#take()
      this.#slots[place] = entry
      const at = entry * WORDS
      this.#words[at] = a
      this.#words[at + 1] = b
      this.#words[at + 2] = c
      this.#words[at + 3] = d
    } else {
      this.#unlink(entry)
    }
    this.#values[entry] = value
    this.#seenMs[entry] = nowMs
    this.#linkNewest(entry)
  }

  /** Forgets a key. Answers whether it was known. */
  remove(a: number, b: number, c: number, d: number): boolean {
    const place = this.#placeOf(a | 0, b | 0, c | 0, d | 0)
    const entry = this.#slots[place]!
    if (entry !== NONE) this.#remove(entry, place)
    return entry !== NONE
  }

  /** Forgets keys whose time is over, at most so many. Answers how many. */
  forgetExpired(nowMs: number, countMax = Number.POSITIVE_INFINITY): number {
    let count = 0
    while (count < countMax && this.#oldest !== NONE && nowMs - this.#seenMs[this.#oldest]! >= this.options.ttlMs) {
      this.#removeOldest()
      count++
    }
    this.expirations += count
    return count
  }

  /** Where a key is in the table, or where it would go. */
  #placeOf(a: number, b: number, c: number, d: number): number {
    const words = this.#words
    let place = hash(a, b, c, d) & this.#mask
    for (;;) {
      const entry = this.#slots[place]!
      if (entry === NONE) return place // found within the table's length: half of it is free
      const at = entry * WORDS
      if (words[at] === a && words[at + 1] === b && words[at + 2] === c && words[at + 3] === d) return place
      place = (place + 1) & this.#mask
    }
  }

  #removeOldest(): void {
    const entry = this.#oldest
    const at = entry * WORDS
    const words = this.#words
    this.#remove(entry, this.#placeOf(words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!))
  }

  #remove(entry: number, place: number): void {
    this.#unlink(entry)
    this.#later[entry] = this.#free
    this.#free = entry
    this.#size--
    this.#closeGap(place)
  }

  /** Moves up those that were put behind the gap since their own place was taken: no tombstones, whatever comes and goes. */
  #closeGap(gapAt: number): void {
    const slots = this.#slots
    const words = this.#words
    let gap = gapAt
    let place = gap
    for (;;) {
      place = (place + 1) & this.#mask
      const entry = slots[place]!
      if (entry === NONE) break
      const at = entry * WORDS
      const home = hash(words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!) & this.#mask
      if (((place - home) & this.#mask) < ((place - gap) & this.#mask)) continue // its own place lies behind the gap
      slots[gap] = entry
      gap = place
    }
    slots[gap] = NONE
  }

  #take(): number {
    // Without a free one, all so far are in use: they were taken in order.
    const entry = this.#free === NONE ? this.#size : this.#free
    if (this.#free !== NONE) this.#free = this.#later[entry]!
    this.#size++
    return entry
  }

  #linkNewest(entry: number): void {
    this.#earlier[entry] = this.#newest
    this.#later[entry] = NONE
    if (this.#newest === NONE) this.#oldest = entry
    else this.#later[this.#newest] = entry
    this.#newest = entry
  }

  #unlink(entry: number): void {
    const earlier = this.#earlier[entry]!
    const later = this.#later[entry]!
    if (earlier === NONE) this.#oldest = later
    else this.#later[earlier] = later
    if (later === NONE) this.#newest = earlier
    else this.#earlier[later] = earlier
  }
}

/** Spreads keys that differ in few bits, as numbers in sequence do. */
function hash(a: number, b: number, c: number, d: number): number {
  let mixed = Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 15) ^ c, 0xc2b2ae35)
  mixed = Math.imul(mixed ^ (mixed >>> 13) ^ d, 0x27d4eb2f)
  return mixed ^ (mixed >>> 16)
}
