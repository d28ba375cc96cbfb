interface Due<T> {
  readonly dueMs: number
  /** Of two that are due at the same time the one that came first is first. */
  readonly order: number
  readonly item: T
}

/** What is due at some time, the earliest first; a binary heap. Its user keeps the limit. */
export class DueQueue<T> {
  #heap: Due<T>[] = []
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

  /** The first, removed, if it is due by now. */
  take(nowMs: number): T | undefined {
    return this.nextMs <= nowMs ? this.removeFirst() : undefined
  }

  removeFirst(): T | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first !== last) this.#sink(last!, 0)
    return first?.item
  }

  /** Removes what is not needed any more, looking at all. */
  retain(isNeeded: (item: T) => boolean): void {
    const heap = this.#heap.filter(({ item }) => isNeeded(item))
    this.#heap = heap
    for (let at = (heap.length >> 1) - 1; at >= 0; at--) this.#sink(heap[at]!, at)
  }

  clear(): void {
    this.#heap.length = 0
  }

  /** Puts an entry where `at` is free, or below. */
  #sink(entry: Due<T>, start: number): void {
    const heap = this.#heap
    let at = start
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
