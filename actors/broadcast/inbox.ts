/** What was received and waits for somebody who wants it: bounded, in order. Pure. */
export class Inbox<T> {
  readonly #messagesMax: number
  readonly #bytesMax: number
  #values: T[] = []
  #sizes: number[] = []
  /** Those at the front that are gone: shifting a long array for each would be slow. */
  #first = 0
  #bytes = 0

  constructor(messagesMax: number, bytesMax: number) {
    this.#messagesMax = messagesMax
    this.#bytesMax = bytesMax
  }

  get count(): number {
    return this.#values.length - this.#first
  }

  /** Whether one more read of a connection is taken. It may go beyond the limits, the next one waits then. */
  get hasRoom(): boolean {
    return this.count < this.#messagesMax && this.#bytes < this.#bytesMax
  }

  /** @param bytes of the message that the value came in */
  push(value: T, bytes: number): void {
    this.#values.push(value)
    this.#sizes.push(bytes)
    this.#bytes += bytes
  }

  /** Of an inbox that is not empty: the oldest, up to so many, and no more bytes than that beyond the first. */
  take(countMax: number, bytesMax: number): T[] {
    const endMax = Math.min(this.#values.length, this.#first + Math.max(1, countMax))
    let end = this.#first
    let bytes = 0
    do bytes += this.#sizes[end++]!
    while (end < endMax && bytes + this.#sizes[end]! <= bytesMax)
    const taken = this.#values.slice(this.#first, end)
    this.#bytes -= bytes
    this.#first = end
    if (this.#first * 2 > this.#values.length) this.#compact()
    return taken
  }

  #compact(): void {
    this.#values = this.#values.slice(this.#first)
    this.#sizes = this.#sizes.slice(this.#first)
    this.#first = 0
  }
}
