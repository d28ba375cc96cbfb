import { type CONFIRM_ONE, type CONFIRM_UP_TO, type RecordPlace, writeConfirm, writeMessage } from './outbox-record.ts'
import type { OutboxSegment } from './outbox-segment.ts'

const BUFFER_BYTES = 65_536
/** A larger buffer is not kept for the next group. */
const KEPT_BUFFER_BYTES = 1_048_576

/** What goes into one segment. */
export interface GroupPart extends RecordPlace {
  readonly segment: OutboxSegment
  readonly start: number
  end: number
}

/** Records that are written and flushed together. */
export class OutboxGroup {
  readonly parts: GroupPart[] = []
  /** Who waits until it is on disk. */
  readonly waiters: { resolve(): void; reject(error: unknown): void }[] = []
  /** Of the last message in it; 0 while there is none. */
  lastSequence = 0
  #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES)
  #used = 0

  get bytes(): number {
    return this.#used
  }

  addMessage(
    segment: OutboxSegment,
    bytes: number,
    sequence: number,
    id: Uint8Array,
    flags: number,
    payload: Uint8Array,
  ): void {
    const part = this.#partOf(segment, bytes)
    writeMessage(this.#buffer, part.end - bytes, part, sequence, id, flags, payload)
    this.lastSequence = sequence
  }

  addConfirm(
    segment: OutboxSegment,
    bytes: number,
    kind: typeof CONFIRM_UP_TO | typeof CONFIRM_ONE,
    sequence: number,
  ): void {
    const part = this.#partOf(segment, bytes)
    writeConfirm(this.#buffer, part.end - bytes, part, kind, sequence)
  }

  bytesOf({ start, end }: GroupPart): Buffer {
    return this.#buffer.subarray(start, end)
  }

  /** What is to stand in the file from `offset` on, or undefined where that is not in this group. */
  find(segment: OutboxSegment, offset: number, bytes: number): Buffer | undefined {
    const part = this.parts.find((one) => one.segment === segment && one.groupOffset <= offset)
    if (part === undefined) return undefined
    const start = part.start + (offset - part.groupOffset)
    return start + bytes <= part.end ? this.#buffer.subarray(start, start + bytes) : undefined
  }

  /** Empty again. */
  clear(): void {
    this.parts.length = 0
    this.waiters.length = 0
    this.lastSequence = 0
    this.#used = 0
    if (this.#buffer.length > KEPT_BUFFER_BYTES) this.#buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES)
  }

  /** The part that now ends with room for so many bytes. */
  #partOf(segment: OutboxSegment, bytes: number): GroupPart {
    this.#grow(this.#used + bytes)
    let part = this.parts.at(-1)
    if (part?.segment !== segment) {
      part = { segment, start: this.#used, end: this.#used, groupOffset: segment.bytes, salt: segment.salt }
      this.parts.push(part)
    }
    this.#used += bytes
    part.end = this.#used
    segment.bytes += bytes
    return part
  }

  #grow(needed: number): void {
    if (needed <= this.#buffer.length) return
    let length = this.#buffer.length * 2
    while (length < needed) length *= 2
    const larger = Buffer.allocUnsafeSlow(length)
    this.#buffer.copy(larger, 0, 0, this.#used)
    this.#buffer = larger
  }
}
