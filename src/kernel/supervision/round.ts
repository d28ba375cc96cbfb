import type { ChildList, SupervisedChild } from './child-list.ts'
import type { Strategy } from './supervise-options.ts'

/**
 * Which children a failure takes along, or the end of their parent, and whose turn it is: first they stop, the last started
 * first; then those that come back start again, one by one, in order. A failure meanwhile goes back to stopping. Only keeps
 * the place; the supervisor does the work.
 *
 *     none --begin--> stopping --all concerned have stopped--> starting --end of the list--> none
 *                        ^                                         |
 *                        +----------------- begin -----------------+
 *
 * While stopping:
 *
 *     first  …  from  …  current | asked  …  rear | have ended  …  last
 */
export class Round<C extends SupervisedChild<C>> {
  stage: 'none' | 'stopping' | 'starting' = 'none'
  /** The child whose turn it is; null in stage `none`, and while stopping when the first of all was asked. */
  current: C | null = null
  /** While stopping: the current child need not wait until those after it have ended. */
  isHurried = false
  readonly #children: ChildList<C>
  readonly #isForAll: boolean
  /** While stopping: the first child concerned; all after it are concerned too. */
  #from: C | null = null
  /** While stopping: everyone behind it has ended. */
  #rear: C | null = null

  constructor(children: ChildList<C>, strategy: Strategy) {
    this.#children = children
    this.#isForAll = strategy === 'one-for-all'
  }

  /**
   * Or takes one more failure into the round under way. Nobody is left out by that: who fails without being about to be
   * stopped comes before all those that are not back yet. Null, for nobody, only where it is for all.
   */
  begin(failed: C | null): void {
    this.#from = this.#isForAll ? this.#children.first : failed
    this.stage = 'stopping'
    this.current = this.#children.last
    this.#rear = this.current
    this.isHurried = false
  }

  /** Whether the round is about to stop this child, or has asked it to. */
  concerns(child: C): boolean {
    return this.#from !== null && child.order >= this.#from.order
  }

  /** Whether the round will come to this child when it starts them. */
  isAhead(child: C): boolean {
    const unfinished = this.stage === 'starting' ? this.current : this.#from
    return unfinished !== null && child.order >= unfinished.order
  }

  /** While stopping: notes who has ended. Answers whether all have that come after the current child. */
  catchUp(): boolean {
    while (this.#rear !== this.current && this.#rear !== null && !isUnderWay(this.#rear))
      this.#rear = this.#rear.previous
    return this.#rear === this.current
  }

  /** The current child has been seen to: it is the next one's turn. */
  next(): void {
    if (this.current !== null) this.current = this.stage === 'stopping' ? this.current.previous : this.current.next
    if (this.current === null && this.stage === 'starting') this.stage = 'none'
  }

  /** All concerned have stopped: from the first of them on they start again. */
  turnBack(): void {
    this.stage = this.#from === null ? 'none' : 'starting'
    this.current = this.#from
    this.#from = null
    this.#rear = null
    this.isHurried = false
  }

  /** A child that stood between `previous` and `next` has left the list. */
  left(child: C, previous: C | null, next: C | null): void {
    if (child === this.#from) this.#from = next
    if (child === this.#rear) this.#rear = previous
    if (child !== this.current) return
    this.isHurried = false // that was said of the child that left
    this.current = this.stage === 'stopping' ? previous : next
    if (this.current === null && this.stage === 'starting') this.stage = 'none'
  }
}

/** Asked to stop, and not ended yet. */
function isUnderWay<C extends SupervisedChild<C>>({ phase }: C): boolean {
  return phase === 'halting' || phase === 'stopping'
}
