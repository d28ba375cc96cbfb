/**
 * Port: what a thread shows of what it is doing right now, in memory that others can read while it is stuck. Written with
 * plain stores by the kernel of that thread, at message rate.
 */
export interface Pulse {
  readonly words: Int32Array
  /** Index of the word with the slot of the actor that runs; -1 between actors. */
  readonly slotIndex: number
  /** Index of the word with the number of its handler. */
  readonly handlerIndex: number
  /** Index of the word that goes up with every actor that was given a turn. */
  readonly progressIndex: number
}
