import { Envelope } from '../envelope.ts'
import { type Frame, leased, partsOf } from '../frame.ts'

/** What one of the receivers gets. */
export interface Loan {
  readonly a: unknown
  readonly b: unknown
  readonly envelope: Envelope
}

/**
 * The frames of one message to many actors of this thread: all read the same bytes under one lease, which ends with the
 * last of them. Each has frames of its own, valid as long as its own handler runs.
 */
export class FrameLender {
  readonly #a: unknown
  readonly #b: unknown
  readonly #frames: readonly Frame[]
  /** The lender, until it has lent to all, and those who have not given back yet. */
  #holders = 1

  constructor(code: number, a: unknown, b: unknown) {
    const message = leased(code, a, b)
    this.#a = message.a
    this.#b = message.b
    this.#frames = message.frames
  }

  lend(code: number): Loan {
    const { a, b, frames } = partsOf(code, this.#a, this.#b)
    const envelope = new Envelope()
    envelope.frames = frames
    envelope.onTaken = this.giveBack
    this.#holders++
    return { a, b, envelope }
  }

  /** Once by each of them. */
  readonly giveBack = (): void => {
    this.#holders--
    if (this.#holders === 0) for (const frame of this.#frames) frame.release()
  }
}
