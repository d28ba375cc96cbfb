/** What belongs to one message, for the handler that handles it. */
export interface MessageContext {
  /** When the asker stops waiting, on the system's clock; Infinity for a tell. Milliseconds. */
  readonly deadlineMs: number
  /** Aborted when the asker cancelled, its deadline passed, or this incarnation ended. */
  readonly signal: AbortSignal
  /** 1, and one more for each time that the message was given back after a failure or a thread's death. */
  readonly delivery: number
}
