import type { Tally } from '../harness/bench-case.ts'

export interface FramedSize {
  readonly [key: string]: number
  readonly messages: number
  readonly messageBytes: number
}

const CHUNK_BYTES = 65_536
/** The first byte of a message is its number modulo this. */
export const MARKS = 64

/** Adds up what a contender has cut out of the stream. */
export class MessageTally {
  #counted = 0
  #checksum = 0

  readonly add = (message: Uint8Array): void => {
    this.#counted++
    this.#checksum += message[0]! + message.length
  }

  get tally(): Tally {
    return { counted: this.#counted, checksum: this.#checksum }
  }
}

/** What must have arrived. */
export function expectedTally({ messages, messageBytes }: FramedSize): Tally {
  const rounds = Math.floor(messages / MARKS)
  const rest = messages % MARKS
  const marks = (rounds * MARKS * (MARKS - 1)) / 2 + (rest * (rest - 1)) / 2
  return { counted: messages, checksum: marks + messages * messageBytes }
}

/**
 * Reads of 64 KiB of a stream of framed messages, as a socket delivers them: the frames do not end where a read does.
 * @param prefix what stands in front of each message
 */
export class FramedStream {
  readonly #stream: Buffer
  readonly #frameBytes: number

  constructor(prefix: Uint8Array, messageBytes: number) {
    this.#frameBytes = prefix.length + messageBytes
    // This many frames end where a read ends, and the next one has mark 0 again.
    this.#stream = Buffer.alloc(this.#frameBytes * CHUNK_BYTES)
    for (let index = 0; index < CHUNK_BYTES; index++) {
      const at = index * this.#frameBytes
      this.#stream.set(prefix, at)
      this.#stream[at + prefix.length] = index % MARKS
    }
  }

  /** The reads with the first `count` messages. */
  *reads(count: number): Generator<Buffer> {
    const totalBytes = count * this.#frameBytes
    for (let position = 0; position < totalBytes; position += CHUNK_BYTES) {
      const offset = position % this.#stream.length
      yield this.#stream.subarray(offset, offset + Math.min(CHUNK_BYTES, totalBytes - position))
    }
  }
}
