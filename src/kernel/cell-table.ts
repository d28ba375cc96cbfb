import type { ActorCell } from './actor-cell.ts'

/**
 * Living cells by slot. Slots of one seat's range are handed out from 0 upwards, so an array for each range is dense, and
 * a look-up is two array reads.
 */
export class CellTable {
  size = 0
  readonly #rangeBits: number
  readonly #rangeMask: number
  readonly #ranges: (ActorCell | undefined)[][] = []

  /** A slot is `seat << rangeBits`, plus its place in the range of that seat. */
  constructor(rangeBits: number) {
    this.#rangeBits = rangeBits
    this.#rangeMask = 2 ** rangeBits - 1
  }

  get(slot: number): ActorCell | undefined {
    const range = this.#ranges[slot >>> this.#rangeBits]
    return range === undefined ? undefined : range[slot & this.#rangeMask]
  }

  has(slot: number): boolean {
    return this.get(slot) !== undefined
  }

  add(cell: ActorCell): void {
    const seat = cell.slot >>> this.#rangeBits
    while (this.#ranges.length <= seat) this.#ranges.push([])
    const range = this.#ranges[seat] as (ActorCell | undefined)[]
    const place = cell.slot & this.#rangeMask
    while (range.length < place) range.push(undefined)
    range[place] = cell
    this.size++
  }

  delete(slot: number): void {
    const range = this.#ranges[slot >>> this.#rangeBits]
    const place = slot & this.#rangeMask
    if (range === undefined || range[place] === undefined) return
    range[place] = undefined
    this.size--
  }

  *values(): Generator<ActorCell> {
    for (const range of this.#ranges) {
      for (const cell of range) if (cell !== undefined) yield cell
    }
  }
}
