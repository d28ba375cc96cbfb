import type { ActorCell } from './actor-cell.ts'

const CAPACITY_AT_FIRST = 1_024

/** Cells with something to do, first come first served. Each cell is in it at most once, so it is bounded by their number. */
export class RunQueue {
  count = 0
  #cells: (ActorCell | undefined)[] = new Array(CAPACITY_AT_FIRST).fill(undefined)
  #head = 0

  push(cell: ActorCell): void {
    if (this.count === this.#cells.length) this.#grow()
    this.#cells[(this.#head + this.count) & (this.#cells.length - 1)] = cell
    this.count++
  }

  /** Undefined when empty. */
  shift(): ActorCell | undefined {
    if (this.count === 0) return undefined
    const cell = this.#cells[this.#head]
    this.#cells[this.#head] = undefined
    this.#head = (this.#head + 1) & (this.#cells.length - 1)
    this.count--
    return cell
  }

  #grow(): void {
    const grown: (ActorCell | undefined)[] = new Array(this.#cells.length * 2).fill(undefined)
    for (let position = 0; position < this.count; position++) {
      grown[position] = this.#cells[(this.#head + position) & (this.#cells.length - 1)]
    }
    this.#cells = grown
    this.#head = 0
  }
}
