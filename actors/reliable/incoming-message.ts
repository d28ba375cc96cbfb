import type { MessagePriority } from './bounded-queue.ts'
import { priorityOf, wordsBytes, wordsText } from './outgoing-message.ts'

/** A message that is whole and is to be processed. Whoever got it tells the session how it ended: `settle`. */
export class IncomingMessage {
  readonly idA: number
  readonly idB: number
  readonly idC: number
  readonly idD: number
  readonly payload: Uint8Array
  readonly flags: number
  /** Of its chunks, in the session it came from. */
  readonly first: number
  readonly last: number
  /** Which life of what is received it belongs to: the result of an older one is remembered only. */
  readonly generation: number

  constructor(
    idA: number,
    idB: number,
    idC: number,
    idD: number,
    payload: Uint8Array,
    flags: number,
    first: number,
    last: number,
    generation: number,
  ) {
    this.idA = idA
    this.idB = idB
    this.idC = idC
    this.idD = idD
    this.payload = payload
    this.flags = flags
    this.first = first
    this.last = last
    this.generation = generation
  }

  get idText(): string {
    return wordsText(this.idA, this.idB, this.idC, this.idD)
  }

  get idBytes(): Uint8Array {
    return wordsBytes(this.idA, this.idB, this.idC, this.idD)
  }

  get priority(): MessagePriority {
    return priorityOf(this.flags)
  }
}
