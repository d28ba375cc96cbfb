/** Objects that are looked for one by one; with more of them a Map takes over. Count. */
const SCANNED_MAX = 64

/**
 * The objects of the message being written, in the order in which they begin: what occurs a second time becomes a
 * reference to the first. Most messages have one or two, so the first few are found by looking at each.
 */
export class WrittenObjects {
  count = 0
  readonly #scanned: unknown[] = new Array(SCANNED_MAX).fill(null)
  #indexes: Map<object, number> | null = null

  /** The index of `object`, or -1 if this is the first time; then it has the next index from now on. */
  findOrAdd(object: object): number {
    const count = this.count
    if (count > SCANNED_MAX) return this.#findOrAddIndexed(object, count)
    for (let i = 0; i < count; i++) if (this.#scanned[i] === object) return i
    if (count < SCANNED_MAX) this.#scanned[count] = object
    else this.#beginIndex(object)
    this.count = count + 1
    return -1
  }

  /** Forgets all of them. */
  clear(): void {
    const count = Math.min(this.count, SCANNED_MAX)
    for (let i = 0; i < count; i++) this.#scanned[i] = null
    this.#indexes = null
    this.count = 0
  }

  #beginIndex(object: object): void {
    this.#indexes = new Map()
    for (const scanned of this.#scanned) this.#indexes.set(scanned as object, this.#indexes.size)
    this.#indexes.set(object, SCANNED_MAX)
  }

  #findOrAddIndexed(object: object, count: number): number {
    const known = this.#indexes!.get(object)
    if (known !== undefined) return known
    this.#indexes!.set(object, count)
    this.count = count + 1
    return -1
  }
}
