interface Due<T> {
  readonly dueMs: number
  readonly order: number
  readonly item: T
}

/** What is due when, the earliest first; of the same time in the order of adding. Nothing is taken out before its time: whoever is told looks whether it still matters. */
export class DueQueue<T> {
  readonly #heap: Due<T>[] = []
  #added = 0

  get size(): number {
    return this.#heap.length
  }

  /** When the next is due; `Infinity` when there is none. */
  get nextMs(): number {
    return this.#heap[0]?.dueMs ?? Number.POSITIVE_INFINITY
  }

  add(dueMs: number, item: T): void {
    const heap = this.#heap
    const due = { dueMs, order: this.#added++, item }
    let at = heap.length
    heap.push(due)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(due, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = due
  }

  /** The next that is due by now, removed. */
  take(nowMs: number): T | undefined {
    const heap = this.#heap
    const [first] = heap
    if (first === undefined || first.dueMs > nowMs) return undefined
    const last = heap.pop()!
    if (heap.length > 0) this.#sink(last)
    return first.item
  }

  #sink(due: Due<T>): void {
    const heap = this.#heap
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (!isBefore(heap[child]!, due)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = due
  }
}

function isBefore<T>(one: Due<T>, other: Due<T>): boolean {
  return one.dueMs < other.dueMs || (one.dueMs === other.dueMs && one.order < other.order)
}
