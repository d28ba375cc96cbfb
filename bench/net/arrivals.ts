import type { Tally } from '../harness/bench-case.ts'
import { deferred } from '../harness/measure.ts'

/** Counts what arrives, with the checksum of `MessageTally`, and tells when enough is there. */
export class Arrivals {
  #counted = 0
  #checksum = 0
  #wanted = Number.POSITIVE_INFINITY
  #enough = deferred<Tally>()

  readonly add = (message: Uint8Array): void => this.count(message[0]!, message.length)

  count(firstByte: number, messageBytes: number): void {
    this.#checksum += firstByte + messageBytes
    if (++this.#counted === this.#wanted) this.#settle()
  }

  /** May come after the first messages: they count from the end of the last one on. One at a time. */
  readonly receive = (count: number): Promise<Tally> => {
    this.#wanted = count
    this.#enough = deferred()
    if (this.#counted >= count) this.#settle()
    return this.#enough.promise
  }

  #settle(): void {
    this.#enough.resolve({ counted: this.#counted, checksum: this.#checksum })
    this.#counted = 0
    this.#checksum = 0
    this.#wanted = Number.POSITIVE_INFINITY
  }
}
