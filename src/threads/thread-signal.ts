import type { ThreadLost } from '../kernel/supervision/exit-reason.ts'
import type { SystemEvent } from '../kernel/system-event.ts'

/** What threads tell each other about threads. In the rings, in order with everything else. */
export type ThreadSignal =
  /** A thread has died. `readPosition`: how far it had read what the receiver sent it. */
  | {
      readonly kind: 'seat-lost'
      readonly seat: number
      readonly incarnation: number
      readonly readPosition: number
      readonly reason: ThreadLost
      /** Nobody will have the seat any more. */
      readonly isFinal: boolean
    }
  /** To the guardian: something was sent to a seat that has no thread. */
  | { readonly kind: 'need-thread'; readonly seat: number }
  /** To the guardian: the last actor of a pinned thread has ended. The thread takes in nothing any more. */
  | { readonly kind: 'vacate'; readonly incarnation: number }
  /** To the guardian: a module was loaded for an actor. */
  | { readonly kind: 'loaded'; readonly module: string }
  /** For `system.events`, on the main thread. */
  | { readonly kind: 'event'; readonly event: SystemEvent }
  /** Answered with a `Census`. */
  | { readonly kind: 'census'; readonly correlation: number }
  /** CPU work for the pool, which the guardian keeps. Answered with its result. */
  | {
      readonly kind: 'compute'
      readonly correlation: number
      readonly module: string
      readonly exportName: string
      readonly args: readonly unknown[]
    }
  /** The first record of a new thread on a seat: whoever has not heard of its predecessor's death hears of it now. */
  | {
      readonly kind: 'hello'
      readonly incarnation: number
      readonly readPosition: number
      readonly reason: ThreadLost | undefined
    }

/** What waits on one thread, counted there. */
export interface Census {
  /** Messages in mailboxes, stashes and awaiting handlers, or waiting for an actor that is being started. */
  readonly queued: number
}
