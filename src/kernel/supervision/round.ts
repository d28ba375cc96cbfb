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

  /**
   * Or takes one more failure into the round under way. Nobody is left out by that: who fails without being about to be
   * stopped comes before all those that are not back yet.
   */
  begin(failed: C): void {
    this.#from = this.#isForAll ? this.#children.first : failed
    this.stage = 'stopping'
    this.current = this.#children.last
  }

  /** Whether the round is about to stop this child. */
  concerns(child: C): boolean {
    return this.#from !== null && child.order >= this.#from.order
  }

  /** Whether the round will come to this child when it starts them. */
  isAhead(child: C): boolean {
    const unfinished = this.stage === 'starting' ? this.current : this.#from
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

  #moveTo(child: C | null): void {
    this.current = child
    if (this.stage === 'stopping' && (child === null || !this.concerns(child))) {
      this.stage = 'starting'
      this.current = this.#from
      this.#from = null
    }
    if (this.current === null) this.stage = 'none'
  }
}
