/** A message that is kept in shared memory until it was handled; which one, as its number. */
export type RetainedRecord = number

/** Stands for "not kept". */
export const NOT_RETAINED: RetainedRecord = -1

/** Port: messages that outlive the thread of their actor. For actors with `mailbox: { retain: true }`. */
export interface Retention {
  /**
   * Keeps a message from this thread to one of its actors. `NOT_RETAINED` while there is no room for it. Throws for values
   * that cannot be sent, as between threads.
   */
  keep(slot: number, generation: number, code: number, a: unknown, b: unknown): RetainedRecord
  /** The message is dealt with: `accounts[index]` counts it, and it is let go of, in the same breath. */
  settle(record: RetainedRecord, accounts: Float64Array, index: number): void
  /** How often it was handed over, 1 for the first time. */
  deliveries(record: RetainedRecord): number
}
