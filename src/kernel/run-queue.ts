import type { ActorCell } from './actor-cell.ts'

const CAPACITY_AT_FIRST = 1_024

/**
 * Cells with something to do, first come first served. Each cell is in it at most once, so it is bounded by their number.
 * A circle whose length is a power of two.
 */
export class RunQueue {
  count = 0
  /** Messages that one actor may handle before the next actor's turn. */
  readonly messagesARun: number = 64
  #cells: (ActorCell | undefined)[] = new Array(CAPACITY_AT_FIRST).fill(undefined)
  #mask = CAPACITY_AT_FIRST - 1
  #head = 0

  push(cell: ActorCell): void {
    if (this.count > this.#mask) this.#grow()
    this.#cells[(this.#head + this.count) & this.#mask] = cell
    this.count++
  }

  /** Undefined when empty. */
  shift(): ActorCell | undefined {
    if (this.count === 0) return undefined
    const head = this.#head
    const cell = this.#cells[head]
    this.#cells[head] = undefined
    this.#head = (head + 1) & this.#mask
    this.count--
    return cell
  }

  #grow(): void {
    const cells = this.#cells
    const grown: (ActorCell | undefined)[] = new Array(cells.length * 2).fill(undefined)
    for (let n = 0; n < cells.length; n++) grown[n] = cells[(this.#head + n) & this.#mask]
    this.#cells = grown
    this.#mask = grown.length - 1
    this.#head = 0
  }
}
