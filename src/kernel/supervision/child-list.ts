import { UsageError } from '../../base/errors.ts'
import type { Backoff } from './backoff.ts'
import type { ResolvedChildOptions } from './child-options.ts'
import type { ExitReason } from './exit-reason.ts'

/**
 * Where a child stands with its supervisor:
 *
 *     detached     not, or no longer, one of the children
 *     starting     told to start; its start may be under way for a while
 *     running      started
 *     halting      told to stop; it comes back in the same round, so mailbox and address stay
 *     stopping     told to stop, for good
 *     waiting      ended; its timer runs and then it comes back
 *     queued       ended, or not yet begun; the round under way starts it when its turn comes
 *     parked       ended; stays away until it is unparked
 */
export type ChildPhase = 'detached' | 'starting' | 'running' | 'halting' | 'stopping' | 'waiting' | 'queued' | 'parked'

/**
 * The kernel's own object for a child carries these fields, so that a child costs its supervisor no object more. Others
 * may read them; only the supervisor writes them. They begin as in `detachedChild`.
 */
export interface SupervisedChild<Self> {
  /** Unique among its siblings; undefined for a child that nobody looks up by name. */
  readonly name: string | undefined
  readonly options: ResolvedChildOptions
  phase: ChildPhase
  /** Grows with every child that joins: the order of starting. */
  order: number
  previous: Self | null
  next: Self | null
  /** Of the last incarnation; null before the first one ended. */
  exitReason: ExitReason | null
  /** Made at the first failure of a child with backoff. */
  backoff: Backoff | null
}

/** First values of the fields that belong to the supervisor. */
export const detachedChild = Object.freeze({
  phase: 'detached' as ChildPhase,
  order: 0,
  previous: null,
  next: null,
  exitReason: null,
  backoff: null,
})

/** The children in order of starting: joining, leaving and looking up by name take the same time among 100,000. */
export class ChildList<C extends SupervisedChild<C>> {
  first: C | null = null
  last: C | null = null
  count = 0
  #named: Map<string, C> | undefined
  #order = 0

  /** Throws a `UsageError` (`name-taken`), changing nothing, if a sibling has that name. */
  add(child: C): void {
    if (child.name !== undefined) this.#claimName(child.name, child)
    child.order = this.#order++
    child.previous = this.last
    if (this.last === null) this.first = child
    else this.last.next = child
    this.last = child
    this.count++
  }

  remove(child: C): void {
    const { previous, next } = child
    if (previous === null) this.first = next
    else previous.next = next
    if (next === null) this.last = previous
    else next.previous = previous
    child.previous = null
    child.next = null
    this.count--
    if (child.name !== undefined) this.#named?.delete(child.name)
  }

  find(name: string): C | undefined {
    return this.#named?.get(name)
  }

  /** In order of starting. The child just yielded may be removed meanwhile. */
  *[Symbol.iterator](): Generator<C> {
    let child = this.first
    while (child !== null) {
      const next: C | null = child.next
      yield child
      child = next
    }
  }

  #claimName(name: string, child: C): void {
    this.#named ??= new Map()
    if (this.#named.has(name)) throw new UsageError('name-taken', `a sibling is named '${name}' already`)
    this.#named.set(name, child)
  }
}
