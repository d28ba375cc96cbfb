const nothing: ReadonlySet<never> = new Set()

/** A set that takes no memory until something is put into it: most actors never use most of theirs. */
export class LazySet<T> {
  #items: Set<T> | undefined

  get size(): number {
    return this.#items?.size ?? 0
  }

  add(item: T): void {
    this.#items ??= new Set()
    this.#items.add(item)
  }

  /** Whether it was there. */
  delete(item: T): boolean {
    return this.#items?.delete(item) ?? false
  }

  clear(): void {
    this.#items?.clear()
  }

  [Symbol.iterator](): IterableIterator<T> {
    return (this.#items ?? nothing).values()
  }
}
