import type { MessagePriority } from './bounded-queue.ts'
import { readU32 } from './little-endian.ts'
import { messageIdText } from './message-id.ts'
import { dataFlags } from './reliable-frame-layout.ts'
import type { AbandonReason } from './reliable-metrics.ts'

/**
 * What became of a message. `delivered`: the receiver has processed it. `rejected`: the receiver, or its side of the session, refused it, with
 * a reason. `abandoned`: given up by the sender. `cancelled`: taken back by whoever sent it. After the last two it is not known whether it was
 * processed, unless `attempts` is 0: then it was never sent. `attempts`: times that it was sent, in this life of the process.
 */
export type DeliveryResult =
  | { readonly kind: 'delivered'; readonly id: string; readonly attempts: number }
  | { readonly kind: 'rejected'; readonly id: string; readonly reason: string; readonly attempts: number }
  | { readonly kind: 'abandoned'; readonly id: string; readonly reason: AbandonReason; readonly attempts: number }
  | { readonly kind: 'cancelled'; readonly id: string; readonly attempts: number }

/** Priorities as frames and stores have them, in two bits: most messages are 0. */
const priorityBits: Readonly<Record<MessagePriority, number>> = Object.freeze({ normal: 0, low: 1, high: 2 })
const priorities: readonly MessagePriority[] = Object.freeze(['normal', 'low', 'high', 'normal'])

export function priorityOf(flags: number): MessagePriority {
  return priorities[(flags & dataFlags.priorityMask) >> dataFlags.priorityShift]!
}

export function messageFlags(isOrdered: boolean, priority: MessagePriority): number {
  return (isOrdered ? 0 : dataFlags.unordered) | (priorityBits[priority] << dataFlags.priorityShift)
}

/** Nobody waits for the result. */
export const nobody: unknown = undefined

/** One message on its way: the session holds it from when it is accepted until its result is known. */
export class OutgoingMessage {
  readonly idA: number
  readonly idB: number
  readonly idC: number
  readonly idD: number
  readonly payload: Uint8Array
  /** As frames have them, without those of chunks. */
  readonly flags: number
  /** Whoever wants to know the result; the session passes it back. */
  readonly context: unknown
  /** After this it is given up. Milliseconds, or `Infinity`. */
  readonly expiresMs: number
  /** Its place among those that were sent together. */
  index = 0
  /** Of its chunks; given by the session. */
  first = 0
  last = 0
  chunkBytes = 0
  /** Chunks that are not done with. */
  chunksLeft = 0
  /** Times that it was sent; the most of any chunk. */
  attempts = 0
  /** Its result is known; what is left of it is to be skipped. */
  isOver = false

  /** @param id 16 bytes, read at once */
  constructor(
    id: Uint8Array,
    payload: Uint8Array,
    flags: number,
    context: unknown = nobody,
    expiresMs = Number.POSITIVE_INFINITY,
  ) {
    this.idA = word(id, 0)
    this.idB = word(id, 4)
    this.idC = word(id, 8)
    this.idD = word(id, 12)
    this.payload = payload
    this.flags = flags
    this.context = context
    this.expiresMs = expiresMs
  }

  hasId(id: Uint8Array): boolean {
    return this.idA === word(id, 0) && this.idB === word(id, 4) && this.idC === word(id, 8) && this.idD === word(id, 12)
  }

  get idText(): string {
    return wordsText(this.idA, this.idB, this.idC, this.idD)
  }

  get idBytes(): Uint8Array {
    return wordsBytes(this.idA, this.idB, this.idC, this.idD)
  }
}

const scratch = new Uint8Array(16)

/** The text of an id in four words. */
export function wordsText(a: number, b: number, c: number, d: number): string {
  writeWords(scratch, 0, a, b, c, d)
  return messageIdText(scratch)
}

export function wordsBytes(a: number, b: number, c: number, d: number): Uint8Array {
  const bytes = new Uint8Array(16)
  writeWords(bytes, 0, a, b, c, d)
  return bytes
}

export function writeWords(target: Uint8Array, offset: number, a: number, b: number, c: number, d: number): void {
  for (let n = 0; n < 4; n++) {
    const shift = 24 - 8 * n
    target[offset + n] = a >>> shift
    target[offset + n + 4] = b >>> shift
    target[offset + n + 8] = c >>> shift
    target[offset + n + 12] = d >>> shift
  }
}

/** Big-endian and signed, as frames and the cache of ids have it. */
function word(bytes: Uint8Array, offset: number): number {
  const little = readU32(bytes, offset)
  return ((little & 0xff) << 24) | ((little & 0xff00) << 8) | ((little >>> 8) & 0xff00) | (little >>> 24)
}
