import type { Envelope, ReplyPort } from '../envelope.ts'
import type { Kernel } from '../kernel.ts'

/** The way back for an ask that came from another thread. */
export class RemoteReply implements ReplyPort {
  isOpen = true
  /** The ask's own envelope, to be told when the asker gives up. */
  envelope: Envelope | undefined
  readonly #kernel: Kernel
  readonly #seat: number
  readonly #correlation: number

  constructor(kernel: Kernel, seat: number, correlation: number) {
    this.#kernel = kernel
    this.#seat = seat
    this.#correlation = correlation
  }

  resolve(value: unknown): void {
    if (!this.#close()) return this.#kernel.meters.add('late-replies', 1)
    try {
      this.#kernel.remote.signal(this.#seat, { kind: 'answer', correlation: this.#correlation, value })
    } catch (error) {
      this.#refuse(error) // an answer that cannot be sent is the asker's to hear of
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
