/**
 * Whole numbers, first in, first out, in an array that doubles up to `countMax`. O(1) each way, nothing allocated at
 * rest.
 */
export class SlotQueue {
  readonly #countMax: number
  #ring: Int32Array
  #head = 0
  #count = 0

  constructor(countMax: number) {
    this.#countMax = countMax
    this.#ring = new Int32Array(64)
  }

  get count(): number {
    return this.#count
  }

  /** Answers false, changing nothing, when `countMax` are inside. */
  push(slot: number): boolean {
    if (this.#count === this.#countMax) return false
    if (this.#count === this.#ring.length) this.#grow()
    this.#ring[(this.#head + this.#count) & (this.#ring.length - 1)] = slot
    this.#count++
    return true
  }

  /** The oldest, or -1 when empty. */
  shift(): number {
    if (this.#count === 0) return -1
    const slot = this.#ring[this.#head]!
    this.#head = (this.#head + 1) & (this.#ring.length - 1)
    this.#count--
    return slot
  }

  #grow(): void {
    const larger = new Int32Array(this.#ring.length * 2)
    larger.set(this.#ring.subarray(this.#head))
    larger.set(this.#ring.subarray(0, this.#head), this.#ring.length - this.#head)
    this.#ring = larger
    this.#head = 0
  }
}
