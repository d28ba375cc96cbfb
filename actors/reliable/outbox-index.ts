/** A file of the outbox as the index knows it: how many of its messages are not confirmed. */
export interface IndexedSegment {
  unconfirmedCount: number
}

/** From so many entries at the front that are gone, the arrays are moved together. */
const MOVE_COUNT = 1_024

/**
 * Where the unconfirmed messages are, by ascending sequence. Arrays of numbers and not a map: a message costs some tens of bytes here, and most are
 * confirmed from the front.
 */
export class OutboxIndex<S extends IndexedSegment> {
  #sequences: number[] = []
  #segments: (S | undefined)[] = []
  #offsets: number[] = []
  /** Bytes of the record; 0 once it is confirmed. */
  #lengths: number[] = []
  /** Index of the first that is not known to be confirmed. */
  #first = 0
  count = 0
  bytes = 0

  /** @param sequence larger than all that are there */
  add(sequence: number, segment: S, offset: number, length: number): void {
    this.#sequences.push(sequence)
    this.#segments.push(segment)
    this.#offsets.push(offset)
    this.#lengths.push(length)
    segment.unconfirmedCount++
    this.count++
    this.bytes += length
  }

  confirmUpTo(sequence: number): void {
    const { length } = this.#sequences
    while (this.#first < length && this.#sequences[this.#first]! <= sequence) this.#confirmAt(this.#first++)
    this.#trim()
  }

  /** Answers whether it was there. */
  confirmOne(sequence: number): boolean {
    const at = this.#indexOf(sequence)
    if (this.#sequences[at] !== sequence || this.#lengths[at] === 0) return false
    this.#confirmAt(at)
    this.#trim()
    return true
  }

  /** The first unconfirmed behind `sequence`, or undefined. */
  after(sequence: number): { sequence: number; segment: S; offset: number; length: number } | undefined {
    for (let at = this.#indexOf(sequence + 1); at < this.#sequences.length; at++) {
      const length = this.#lengths[at]!
      if (length === 0) continue
      return { sequence: this.#sequences[at]!, segment: this.#segments[at]!, offset: this.#offsets[at]!, length }
    }
    return undefined
  }

  #confirmAt(at: number): void {
    const length = this.#lengths[at]!
    if (length === 0) return
    this.#lengths[at] = 0
    this.#segments[at]!.unconfirmedCount--
    this.#segments[at] = undefined // whatever it holds may go
    this.count--
    this.bytes -= length
  }

  #trim(): void {
    const { length } = this.#sequences
    while (this.#first < length && this.#lengths[this.#first] === 0) this.#first++
    if (this.#first < MOVE_COUNT || this.#first * 2 < length) return
    this.#sequences.splice(0, this.#first)
    this.#segments.splice(0, this.#first)
    this.#offsets.splice(0, this.#first)
    this.#lengths.splice(0, this.#first)
    this.#first = 0
  }

  /** Index of the first whose sequence is this or larger. */
  #indexOf(sequence: number): number {
    let low = this.#first
    let high = this.#sequences.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#sequences[middle]! < sequence) low = middle + 1
      else high = middle
    }
    return low
  }
}
