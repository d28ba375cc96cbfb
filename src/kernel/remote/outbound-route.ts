import type { SendResult } from '../actor-ref.ts'
import type { Signal } from './signal.ts'

/** What goes with a message that is more than a plain tell. */
export interface MessageTerms {
  /** Which call of the sender this is, for the answer; 0 for a tell. */
  readonly correlation: number
  /** Items that may be sent at first, if this opens a stream; 0 otherwise. */
  readonly credit: number
  /** Milliseconds on the system's clock; Infinity for none. */
  readonly deadlineMs: number
  readonly expiresAtMs: number
  readonly chain: readonly number[]
  readonly key: string | undefined
}

/**
 * Port: the way to the kernels of other threads. Messages and signals from one kernel to another arrive in the order in
 * which they were sent, or not at all when that thread dies.
 */
export interface OutboundRoute {
  /** A plain message. Throws a `UsageError` for what cannot be sent, a `CapacityError` for what is too large. */
  tell(seat: number, slot: number, generation: number, code: number, a: unknown, b: unknown): SendResult
  /** A message with terms. */
  send(
    seat: number,
    slot: number,
    generation: number,
    code: number,
    a: unknown,
    b: unknown,
    terms: MessageTerms,
  ): SendResult
  /**
   * Never refused: what finds no room in the ring waits on this side. What was thrown, in a refusal or a reason, arrives as
   * far as it can be sent. Throws for answers, items and arguments that cannot, sending nothing.
   */
  signal(seat: number, signal: Signal): void
  /** Identifies the last message sent to that seat, for `wasRead`. Grows for ever. */
  position(seat: number): number
  /** Whether a thread that died, having read up to `readPosition` in its ring, had read the message at `position`. */
  wasRead(seat: number, position: number, readPosition: number): boolean
  /** The seat with the place for a new actor. */
  place(placement: unknown): number
}
