import type { ChildList, SupervisedChild } from './child-list.ts'
import type { Strategy } from './supervise-options.ts'

/**
 * Which children a failure takes along, and whose turn it is: first they stop, one by one, the last started first; then
 * they start again, one by one, in order. A failure meanwhile goes back to stopping. Only keeps the place; the
 * supervisor does the work.
 *
 *     none --begin--> stopping --last concerned child has stopped--> starting --end of the list--> none
 *                        ^                                               |
 *                        +-------------------- begin --------------------+
 */
export class Round<C extends SupervisedChild<C>> {
  stage: 'none' | 'stopping' | 'starting' = 'none'
  /** The child whose turn it is; null only in stage `none`. */
  current: C | null = null
  readonly #children: ChildList<C>
  readonly #isForAll: boolean
  /** While stopping: the first child concerned; all after it are concerned too. */
  #from: C | null = null

  constructor(children: ChildList<C>, strategy: Strategy) {
    this.#children = children
    this.#isForAll = strategy === 'one-for-all'
  }

  /** Or takes one more failure into the round under way, of which nothing is left out by that. */
  begin(failed: C): void {
    const unfinished = this.#unfinished
    const from = unfinished !== null && unfinished.order < failed.order ? unfinished : failed
    this.#from = this.#isForAll ? this.#children.first : from
    this.stage = 'stopping'
    this.current = this.#children.last
  }

  /** Whether the round is about to stop this child. */
  concerns(child: C): boolean {
    return this.#from !== null && child.order >= this.#from.order
  }

  /** Whether the round will come to this child when it starts them. */
  isAhead(child: C): boolean {
    const unfinished = this.#unfinished
    return unfinished !== null && child.order >= unfinished.order
  }

  /** The current child has done what this stage wants. */
  next(): void {
    if (this.current !== null) this.#moveTo(this.stage === 'stopping' ? this.current.previous : this.current.next)
  }

  /** A child that stood between `previous` and `next` has left the list. */
  left(child: C, previous: C | null, next: C | null): void {
    if (child === this.#from) this.#from = next
    if (child === this.current) this.#moveTo(this.stage === 'stopping' ? previous : next)
  }

  /** The first child that the round has not brought back yet. */
  get #unfinished(): C | null {
    return this.stage === 'starting' ? this.current : this.#from
  }

  #moveTo(child: C | null): void {
    this.current = child
    if (this.stage === 'stopping' && (child === null || !this.concerns(child))) {
      this.stage = 'starting'
      this.current = this.#from ?? this.#children.first
      this.#from = null
    }
    if (this.current === null) this.stage = 'none'
  }
}
