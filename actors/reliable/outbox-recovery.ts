import { dirname, join } from 'node:path'
import { ProtocolError } from 'troupe'
import type { OutboxDisk } from './outbox-disk.ts'
import { OutboxIndex } from './outbox-index.ts'
import {
  CONFIRM_UP_TO,
  decodeSegmentHeader,
  groupOffsetOf,
  kindOf,
  MESSAGE,
  MESSAGE_HEADER_BYTES,
  recordBytesAt,
  SEGMENT_HEADER_BYTES,
  type SegmentHeader,
  sequenceOf,
} from './outbox-record.ts'
import { OutboxSegment } from './outbox-segment.ts'

/** Bytes that had been flushed and are not what they were. */
export interface DamagedPlace {
  readonly file: string
  /** Bytes from the start of the file. */
  readonly offset: number
  readonly bytes: number
}

/** What an outbox found when it was opened. */
export interface OutboxRecovery {
  /** Messages that were read, confirmed or not. Count. */
  readonly storedMessages: number
  /** Cut off at the end: written when the process or the machine died, never flushed. Bytes. */
  readonly tornBytes: number
  /** None, unless `onCorruption` is `skip`. */
  readonly damaged: readonly DamagedPlace[]
}

export interface Recovered {
  readonly index: OutboxIndex<OutboxSegment>
  /** Ascending; none in an empty directory. */
  readonly segments: readonly OutboxSegment[]
  /** Of the last file, readable or not; 0 for none. */
  readonly lastNumber: number
  readonly sessionId: Uint8Array | undefined
  readonly lastSequence: number
  readonly recovery: OutboxRecovery
}

/** Reads all segments of a directory, and removes drafts of what never came to be. Throws `outbox-corrupt` unless `isSkipping`. */
export async function recover(disk: OutboxDisk, directory: string, isSkipping: boolean): Promise<Recovered> {
  const reading = new Reading(isSkipping)
  const names = await disk.names(directory)
  for (const draft of names.filter((name) => /^(segment-draft$|lock\.)/.test(name))) {
    await disk.remove(join(directory, draft)).catch(() => {}) // a newcomer's, gone by now
  }
  const numbers = names.flatMap((name) => OutboxSegment.numberOf(name) ?? []).sort((one, other) => one - other)
  for (const number of numbers) {
    const path = OutboxSegment.pathOf(directory, number)
    reading.read(path, number, await disk.read(path), number === numbers.at(-1))
  }
  return reading.result
}

class Reading {
  readonly #isSkipping: boolean
  readonly #index = new OutboxIndex<OutboxSegment>()
  readonly #segments: OutboxSegment[] = []
  readonly #damaged: DamagedPlace[] = []
  #sessionId: Uint8Array | undefined
  #lastNumber = 0
  #lastSequence = 0
  /** So many may have stood in damaged places: none of their numbers must be given again. */
  #lostMessagesMax = 0
  #storedMessages = 0
  #tornBytes = 0

  constructor(isSkipping: boolean) {
    this.#isSkipping = isSkipping
  }

  get result(): Recovered {
    return {
      index: this.#index,
      segments: this.#segments,
      lastNumber: this.#lastNumber,
      sessionId: this.#sessionId,
      lastSequence: this.#lastSequence + this.#lostMessagesMax,
      recovery: { storedMessages: this.#storedMessages, tornBytes: this.#tornBytes, damaged: this.#damaged },
    }
  }

  read(path: string, number: number, bytes: Buffer, isLast: boolean): void {
    const expected = this.#lastNumber + 1
    if (this.#lastNumber > 0 && number !== expected) {
      this.#damage(OutboxSegment.pathOf(dirname(path), expected), 0, 0)
    }
    this.#lastNumber = number
    const header = decodeSegmentHeader(bytes)
    // A segment appears under its name when its head is on disk.
    if (header === undefined || header.number !== number) return this.#damage(path, 0, bytes.length)
    this.#sessionId ??= header.sessionId
    this.#lastSequence = Math.max(this.#lastSequence, header.lastSequence)
    const segment = OutboxSegment.found(path, header)
    this.#segments.push(segment)
    segment.bytes = segment.writtenBytes = this.#readRecords(segment, header, bytes, isLast)
  }

  /** Answers where the readable part ends. */
  #readRecords(segment: OutboxSegment, { salt }: SegmentHeader, bytes: Buffer, isLast: boolean): number {
    let at = SEGMENT_HEADER_BYTES
    while (at < bytes.length) {
      const length = recordBytesAt(bytes, at, salt)
      if (length > 0) {
        this.#apply(segment, bytes, at, length)
        at += length
        continue
      }
      if (isLast && !wasFlushed(bytes, at, salt)) {
        this.#tornBytes += bytes.length - at
        return at
      }
      const next = nextRecord(bytes, at + 1, salt)
      this.#damage(segment.path, at, next - at)
      at = next
    }
    return at
  }

  #apply(segment: OutboxSegment, bytes: Buffer, at: number, length: number): void {
    const sequence = sequenceOf(bytes, at)
    const kind = kindOf(bytes, at)
    if (kind !== MESSAGE) {
      if (kind === CONFIRM_UP_TO) this.#index.confirmUpTo(sequence)
      else this.#index.confirmOne(sequence)
      return
    }
    if (sequence <= this.#lastSequence) return this.#damage(segment.path, at, length)
    this.#storedMessages++
    this.#lastSequence = sequence
    this.#index.add(sequence, segment, at, length)
  }

  #damage(file: string, offset: number, bytes: number): void {
    if (!this.#isSkipping) {
      const what = bytes === 0 ? 'is missing' : `${bytes} bytes from ${offset} on are not what was written`
      throw new ProtocolError('outbox-corrupt', `${file}: ${what}; open it with onCorruption: 'skip' to go on without`)
    }
    this.#damaged.push({ file, offset, bytes })
    this.#lostMessagesMax += Math.ceil(bytes / MESSAGE_HEADER_BYTES)
  }
}

/** Whether a later group can be read: it was written when the one at `at` was on disk. */
function wasFlushed(bytes: Buffer, at: number, salt: number): boolean {
  let next = nextRecord(bytes, at + 1, salt)
  while (next < bytes.length) {
    if (groupOffsetOf(bytes, next) > at) return true
    next = nextRecord(bytes, next + recordBytesAt(bytes, next, salt), salt)
  }
  return false
}

/** Where the next readable record begins, byte by byte; the end where there is none. */
function nextRecord(bytes: Buffer, from: number, salt: number): number {
  let at = from
  while (at < bytes.length && recordBytesAt(bytes, at, salt) === 0) at++
  return at
}
