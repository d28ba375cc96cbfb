interface Due<T> {
  readonly dueMs: number
  /** Of two that are due at the same time the one that came first is first. */
  readonly order: number
  readonly item: T
}

/** What is due at some time, the earliest first; a binary heap. Its user keeps the limit. */
export class DueQueue<T> {
  readonly #heap: Due<T>[] = []
  #lastOrder = 0

  get count(): number {
    return this.#heap.length
  }

  /** When the first is due; Infinity when there is none. */
  get nextMs(): number {
    return this.#heap[0]?.dueMs ?? Number.POSITIVE_INFINITY
  }

  /** The first, whether it is due or not. */
  get first(): T | undefined {
    return this.#heap[0]?.item
  }

  add(dueMs: number, item: T): void {
    const heap = this.#heap
    const entry = { dueMs, order: ++this.#lastOrder, item }
    let at = heap.length
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(entry, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = entry
  }

  removeFirst(): T | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first !== last) this.#sink(last!)
    return first?.item
  }

  clear(): void {
    this.#heap.length = 0
  }

  #sink(entry: Due<T>): void {
    const heap = this.#heap
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (!isBefore(heap[child]!, entry)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = entry
  }
}

function isBefore(one: Due<unknown>, other: Due<unknown>): boolean {
  return one.dueMs < other.dueMs || (one.dueMs === other.dueMs && one.order < other.order)
}
