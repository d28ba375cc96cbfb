import type { ActorCell } from '../actor-cell.ts'
import type { Envelope, ReplyPort } from '../envelope.ts'
import type { Kernel } from '../kernel.ts'
import { unsendable } from '../unsendable.ts'

/** The way back for an ask that came from another thread. */
export class RemoteReply implements ReplyPort {
  isOpen = true
  /** The ask's own envelope, to be told when the asker gives up. */
  envelope: Envelope | undefined
  readonly #cell: ActorCell
  readonly #code: number
  readonly #seat: number
  readonly #correlation: number

  /** `code`: of the message that `cell` is to answer. */
  constructor(cell: ActorCell, code: number, seat: number, correlation: number) {
    this.#cell = cell
    this.#code = code
    this.#seat = seat
    this.#correlation = correlation
  }

  resolve(value: unknown): void {
    if (!this.#close()) return this.#kernel.meters.add('late-replies', 1)
    try {
      this.#kernel.remote.signal(this.#seat, { kind: 'answer', correlation: this.#correlation, value })
    } catch (error) {
      this.#refuse(unsendable(error, this.#cell.nameOf(this.#code)))
    }
  }

  reject(error: unknown): void {
    if (this.#close()) this.#refuse(error)
  }

  /** The asker has given up, or died: what is answered now would be late. */
  cancel(): void {
    if (!this.#close()) return
    this.envelope?.cancel()
  }

  get #kernel(): Kernel {
    return this.#cell.kernel
  }

  #refuse(error: unknown): void {
    this.#kernel.remote.signal(this.#seat, { kind: 'refusal', correlation: this.#correlation, error })
  }

  #close(): boolean {
    if (!this.isOpen) return false
    this.isOpen = false
    this.#kernel.remote.closeReply(this.#seat, this.#correlation)
    return true
  }
}
