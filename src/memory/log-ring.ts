import { LOG_DROPPED_DOUBLE, LOG_RING_BYTE, LOG_WRITTEN_DOUBLE } from './log-ring-layout.ts'
import { RECORD_GENERATION_WORD, RECORD_HEADER_BYTES, RECORD_SLOT_WORD, RECORD_WORD_WORD } from './ring-layout.ts'
import { RingMemory } from './ring-memory.ts'
import { RingConsumer, RingProducer } from './spsc-ring.ts'

/** A line as it was written. */
export interface LogLine {
  /** The writing side's number for debug, info … */
  readonly level: number
  /** The actor it is about, -1 for none. */
  readonly slot: number
  readonly generation: number
  readonly text: string
}

/** What both sides of a seat's log have in common. */
class LogMemory {
  readonly ring: RingMemory
  readonly counts: Float64Array

  constructor(memory: ArrayBufferLike, byteOffset: number, logBytes: number) {
    this.ring = new RingMemory(memory, byteOffset + LOG_RING_BYTE, logBytes)
    this.counts = new Float64Array(memory, byteOffset, LOG_RING_BYTE >> 3)
  }
}

/**
 * Takes log lines of one seat. For the thread on the seat; a new incarnation goes on behind the last line of the dead
 * one.
 */
export class LogWriter {
  readonly #producer: RingProducer
  readonly #counts: Float64Array

  constructor(memory: ArrayBufferLike, byteOffset: number, logBytes: number) {
    const log = new LogMemory(memory, byteOffset, logBytes)
    this.#producer = new RingProducer(log.ring)
    this.#counts = log.counts
  }

  /** Lines that were given to this seat, ever: taken and dropped ones. */
  get sequence(): number {
    return this.#counts[LOG_WRITTEN_DOUBLE]! + this.#counts[LOG_DROPPED_DOUBLE]!
  }

  /** Bytes of the longest line. */
  get lineBytesMax(): number {
    return this.#producer.payloadBytesMax
  }

  /**
   * Never blocks, never throws. The line is there for the reader from now on, whatever becomes of this thread.
   * Answers false where there is no room or the line is too long: it is counted as dropped.
   */
  write(level: number, slot: number, generation: number, text: string): boolean {
    const lineBytes = Buffer.byteLength(text)
    const offset = lineBytes > this.lineBytesMax ? -1 : this.#producer.tryClaim(lineBytes, 'system')
    if (offset < 0) {
      this.#counts[LOG_DROPPED_DOUBLE]! += 1
      return false
    }
    this.#producer.bytes.write(text, offset, lineBytes)
    this.#producer.writeHeader(level, slot, generation)
    this.#producer.commit()
    this.#producer.publish()
    this.#counts[LOG_WRITTEN_DOUBLE]! += 1
    return true
  }
}

/** Collects the log lines of one seat. For one thread at a time; it may outlive the writer. */
export class LogReader {
  readonly #consumer: RingConsumer
  readonly #counts: Float64Array

  constructor(memory: ArrayBufferLike, byteOffset: number, logBytes: number) {
    const log = new LogMemory(memory, byteOffset, logBytes)
    this.#consumer = new RingConsumer(log.ring)
    this.#counts = log.counts
  }

  /** Lines that found no room or were too long, ever. */
  get dropped(): number {
    return this.#counts[LOG_DROPPED_DOUBLE]!
  }

  /** Lines that were taken, ever, read or not. A writer that died in its last line may have published it uncounted. */
  get written(): number {
    return this.#counts[LOG_WRITTEN_DOUBLE]!
  }

  get hasLines(): boolean {
    return this.#consumer.pendingBytes > 0
  }

  /**
   * Hands over at most `linesMax` lines, oldest first, and makes room for new ones. Answers how many. If `take`
   * throws, its line counts as read.
   */
  drain(take: (line: LogLine) => void, linesMax: number): number {
    const consumer = this.#consumer
    let count = 0
    try {
      while (count < linesMax) {
        const offset = consumer.next()
        if (offset < 0) break
        const line = this.#lineAt(offset)
        consumer.advance()
        count++
        take(line)
      }
    } finally {
      consumer.release()
    }
    return count
  }

  #lineAt(offset: number): LogLine {
    const { words, bytes, payloadBytes } = this.#consumer
    const header = (offset - RECORD_HEADER_BYTES) >> 2
    return {
      level: words[header + RECORD_WORD_WORD]!,
      slot: words[header + RECORD_SLOT_WORD]!,
      generation: words[header + RECORD_GENERATION_WORD]!,
      text: bytes.toString('utf8', offset, offset + payloadBytes),
    }
  }
}
