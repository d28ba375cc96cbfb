import { randomFillSync } from 'node:crypto'
import { UsageError } from 'troupe'
import type { EpochClock } from '../clock/epoch-clock.ts'
import { MonotonicClock } from '../clock/monotonic-clock.ts'

/** Bytes of a message id. */
export const MESSAGE_ID_BYTES = 16

const COUNTER_BITS = 12
const COUNTER_MAX = 2 ** COUNTER_BITS - 1
/** Random bytes of one id: 62 bits of them are used. */
const RANDOM_BYTES = 8
const POOL_BYTES = 4_096
/** A new millisecond begins with a counter below this, so that one seldom needs more than there are. */
const COUNTER_START_MAX = 0xff

export interface MessageIdSources {
  /** @default one that never goes back */
  readonly clock?: Pick<EpochClock, 'nowMs'>
  /** Fills a buffer with random bytes. @default from the operating system, 4 KiB at a time */
  readonly fill?: (bytes: Uint8Array) => unknown
}

/**
 * Makes message ids: UUID version 7 (RFC 9562). In order of time, also as text: each is larger than the one before of the same maker, whatever the
 * clock does. A thread has one maker; between threads the order is that of milliseconds.
 *
 *     byte  0..5   milliseconds since the epoch, big-endian
 *           6..7   version 7, then 12 bits that count within a millisecond
 *           8..15  variant 2, then 62 random bits
 */
export class MessageIds {
  readonly #clock: Pick<EpochClock, 'nowMs'>
  readonly #fill: (bytes: Uint8Array) => unknown
  readonly #pool = new Uint8Array(POOL_BYTES)
  #used = POOL_BYTES
  #ms = 0
  #counter = 0

  constructor({ clock = new MonotonicClock(), fill = randomFillSync }: MessageIdSources = {}) {
    this.#clock = clock
    this.#fill = fill
  }

  /** Writes the next id. Allocates nothing. */
  write(target: Uint8Array, offset = 0): void {
    if (this.#used === POOL_BYTES) {
      this.#fill(this.#pool)
      this.#used = 0
    }
    const pool = this.#pool
    const from = this.#used
    this.#used = from + RANDOM_BYTES
    this.#step(pool[from]!)
    const high = Math.floor(this.#ms / 0x1_0000)
    target[offset] = high >>> 24
    target[offset + 1] = high >>> 16
    target[offset + 2] = high >>> 8
    target[offset + 3] = high
    target[offset + 4] = this.#ms >>> 8
    target[offset + 5] = this.#ms
    target[offset + 6] = 0x70 | (this.#counter >>> 8)
    target[offset + 7] = this.#counter
    target[offset + 8] = 0x80 | (pool[from]! & 0x3f)
    for (let n = 1; n < RANDOM_BYTES; n++) target[offset + 8 + n] = pool[from + n]!
  }

  /** The next id, as 16 bytes of its own. */
  next(): Uint8Array {
    const id = new Uint8Array(MESSAGE_ID_BYTES)
    this.write(id)
    return id
  }

  /** The next id as text: `018f3a2b-…`. */
  nextText(): string {
    return messageIdText(this.next())
  }

  #step(random: number): void {
    const nowMs = this.#clock.nowMs()
    if (nowMs > this.#ms) {
      this.#ms = nowMs
      this.#counter = random & COUNTER_START_MAX
    } else if (this.#counter < COUNTER_MAX) {
      this.#counter++
    } else {
      this.#ms++ // ahead of the clock, which will catch up
      this.#counter = 0
    }
  }
}

const hex: readonly string[] = Object.freeze(
  Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0')),
)

/** An id as people and logs have it: 36 signs, lower case. */
export function messageIdText(bytes: Uint8Array, offset = 0): string {
  let text = ''
  for (let n = 0; n < MESSAGE_ID_BYTES; n++) {
    text += hex[bytes[offset + n]!]
    if (n === 3 || n === 5 || n === 7 || n === 9) text += '-'
  }
  return text
}

const TEXT = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

export function isMessageId(text: unknown): text is string {
  return typeof text === 'string' && TEXT.test(text)
}

/** Bytes of an id; any UUID will do. Throws `UsageError` (`invalid-message-id`) for text that is none. */
export function messageIdBytes(text: string): Uint8Array {
  if (!isMessageId(text)) {
    throw new UsageError('invalid-message-id', `a message id must be a UUID, got '${String(text)}'`)
  }
  return Uint8Array.from(Buffer.from(text.replaceAll('-', ''), 'hex'))
}
