import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { CapacityError, ProtocolError, TroupeError, UnreachableError } from 'troupe'
import type { Outbox, OutboxEntry } from './outbox.ts'
import { checkEntry, closedOutbox, fullOutbox } from './outbox-checks.ts'
import { type OutboxDisk, systemDisk } from './outbox-disk.ts'
import { OutboxGroup } from './outbox-group.ts'
import type { OutboxIndex } from './outbox-index.ts'
import { OutboxLock } from './outbox-lock.ts'
import { type FileOutboxOptions, type ResolvedFileOutboxOptions, resolveFileOutboxOptions } from './outbox-options.ts'
import { RecordReader } from './outbox-reader.ts'
import {
  CONFIRM_BYTES,
  CONFIRM_ONE,
  CONFIRM_UP_TO,
  flagsOf,
  MESSAGE_HEADER_BYTES,
  recordBytesAt,
  SEGMENT_HEADER_BYTES,
  sequenceOf,
} from './outbox-record.ts'
import { type OutboxRecovery, type Recovered, recover } from './outbox-recovery.ts'
import { OutboxSegment } from './outbox-segment.ts'

/**
 * An outbox that survives its process and its machine: a log in a directory of its own, which is created. `FileOutbox.open` rejects with
 * `outbox-locked` while another has it open, with `outbox-corrupt` where flushed bytes are not what they were, with `outbox-failed`
 * where the operating system refuses, and with `UsageError` for options out of range.
 *
 *     store --> filling group --(the one before is on disk)--> written --fdatasync--> flushed
 *
 * One group is under way at a time; what is stored meanwhile is the next one. So the disk is asked for one flush at a time, and each flush
 * serves all that came during the one before: under load a flush is shared by hundreds, and a single message waits for its own only.
 */
export class FileOutbox implements Outbox {
  readonly sessionId: Uint8Array
  /** What was found at opening. */
  readonly recovery: OutboxRecovery
  onFlushed: ((sequence: number) => void) | undefined
  onFailed: ((error: TroupeError) => void) | undefined
  readonly #directory: string
  readonly #options: ResolvedFileOutboxOptions
  readonly #disk: OutboxDisk
  readonly #lock: OutboxLock
  readonly #index: OutboxIndex<OutboxSegment>
  /** Ascending. The last is the one that is written on. */
  readonly #segments: OutboxSegment[]
  /** No longer needed, to be removed in order: a confirmation stands in a later file than its message. */
  readonly #doomed: OutboxSegment[] = []
  /** What was written to last. */
  #writing: OutboxSegment | undefined
  #filling = new OutboxGroup()
  #leaving = new OutboxGroup()
  /** Of the segments, those to come included and the doomed not. */
  #diskBytes: number
  #lastNumber: number
  #lastSequence: number
  #flushedSequence: number
  /** Confirmed up to this, and not yet in any group; 0 for nothing. */
  #confirmDue = 0
  #isRunning = false
  #isClosed = false
  #closing: Promise<void> | undefined
  #error: TroupeError | undefined

  static async open(directory: string, options: FileOutboxOptions = {}, disk = systemDisk): Promise<FileOutbox> {
    const resolved = resolveFileOutboxOptions(options)
    let lock: OutboxLock | undefined
    let segments: readonly OutboxSegment[] = []
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 })
      lock = OutboxLock.take(directory)
      const recovered = await recover(disk, directory, resolved.onCorruption === 'skip')
      const outbox = new FileOutbox(directory, resolved, disk, lock, recovered)
      segments = outbox.#segments
      await outbox.#begin()
      return outbox
    } catch (error) {
      await Promise.all(segments.map((segment) => segment.close()))
      lock?.release()
      throw failure(directory, error)
    }
  }

  private constructor(
    directory: string,
    options: ResolvedFileOutboxOptions,
    disk: OutboxDisk,
    lock: OutboxLock,
    { index, segments, lastNumber, sessionId, lastSequence, recovery }: Recovered,
  ) {
    this.#directory = directory
    this.#options = options
    this.#disk = disk
    this.#lock = lock
    this.#index = index
    this.#segments = [...segments]
    this.#lastNumber = lastNumber
    this.#lastSequence = lastSequence
    this.#flushedSequence = lastSequence
    this.#diskBytes = segments.reduce((sum, { bytes }) => sum + bytes, 0)
    this.sessionId = sessionId ?? new Uint8Array(randomBytes(16))
    this.recovery = recovery
  }

  get lastSequence(): number {
    return this.#lastSequence
  }

  get flushedSequence(): number {
    return this.#flushedSequence
  }

  get unconfirmedCount(): number {
    return this.#index.count
  }

  get unconfirmedBytes(): number {
    return this.#index.bytes
  }

  /** What its files take, or will when all that was stored is written. */
  get diskBytes(): number {
    return this.#diskBytes
  }

  get error(): TroupeError | undefined {
    return this.#error
  }

  store(sequence: number, id: Uint8Array, flags: number, payload: Uint8Array): void {
    if (this.#error !== undefined) throw this.#error
    if (this.#isClosed) throw closedOutbox()
    checkEntry(sequence, this.#lastSequence, id, flags)
    const bytes = MESSAGE_HEADER_BYTES + payload.length
    const segment = this.#segmentFor(bytes)
    this.#index.add(sequence, segment, segment.bytes, bytes)
    this.#filling.addMessage(segment, bytes, sequence, id, flags, payload)
    this.#diskBytes += bytes
    this.#lastSequence = sequence
    this.#wake()
  }

  confirm(upToSequence: number): void {
    if (this.#error !== undefined || this.#isClosed) return
    const before = this.#index.count
    const upTo = Math.min(upToSequence, this.#lastSequence)
    this.#index.confirmUpTo(upTo)
    if (this.#index.count === before) return
    this.#confirmDue = Math.max(this.#confirmDue, upTo)
    this.#doom()
    this.#wake()
  }

  confirmOne(sequence: number): boolean {
    if (this.#error !== undefined || this.#isClosed || !this.#index.confirmOne(sequence)) return false
    this.#addConfirm(CONFIRM_ONE, sequence)
    this.#doom()
    this.#wake()
    return true
  }

  *unconfirmed(): IterableIterator<OutboxEntry> {
    const reader = new RecordReader()
    try {
      for (let entry = this.#index.after(0); entry !== undefined; entry = this.#index.after(entry.sequence)) {
        const { sequence, segment, offset, length } = entry
        const record =
          this.#filling.find(segment, offset, length) ??
          this.#leaving.find(segment, offset, length) ??
          reader.read(segment.path, offset, length)
        if (recordBytesAt(record, 0, segment.salt, offset) !== length || sequenceOf(record, 0) !== sequence) {
          throw new ProtocolError('outbox-corrupt', `${segment.path}: ${length} bytes from ${offset} on have changed`)
        }
        const id = record.subarray(24, MESSAGE_HEADER_BYTES)
        yield { sequence, id, flags: flagsOf(record, 0), payload: record.subarray(MESSAGE_HEADER_BYTES) }
      }
    } finally {
      reader.close()
    }
  }

  flushed(): Promise<void> {
    if (this.#error !== undefined) return Promise.reject(this.#error)
    if (this.#isClosed) return this.#closing ?? Promise.resolve()
    return this.#allWritten()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#isClosed = true
    try {
      if (this.#error !== undefined) throw this.#error
      await this.#allWritten()
    } finally {
      await Promise.all([...this.#doomed, ...this.#segments].map((segment) => segment.close()))
      this.#lock.release()
    }
  }

  #allWritten(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#filling.waiters.push({ resolve, reject })
      this.#wake()
    })
  }

  /** The last segment goes on; where there is none, or it cannot, another one begins. */
  async #begin(): Promise<void> {
    const last = this.#segments.at(-1)
    const canGoOn = last?.number === this.#lastNumber && last.bytes < this.#options.segmentBytes
    if (!canGoOn) this.#startSegment()
    this.#writing = last
    await last?.reopen(this.#disk)
    if (this.#last !== last) await this.#create(this.#last)
    this.#doom()
    this.#wake()
  }

  get #last(): OutboxSegment {
    return this.#segments.at(-1)!
  }

  #startSegment(): OutboxSegment {
    const number = ++this.#lastNumber
    const header = { sessionId: this.sessionId, number, lastSequence: this.#lastSequence }
    const segment = OutboxSegment.next(this.#directory, header)
    this.#segments.push(segment)
    this.#diskBytes += SEGMENT_HEADER_BYTES
    return segment
  }

  /** Where a message of so many bytes goes. Throws where it has no room. */
  #segmentFor(bytes: number): OutboxSegment {
    const { bytesMax, unflushedBytesMax, entriesMax } = this.#options
    const messageBytesMax = Math.min(bytesMax / 2, unflushedBytesMax)
    if (bytes > messageBytesMax) {
      throw new CapacityError('message-too-large', `${bytes} bytes with its head, the outbox takes ${messageBytesMax}`)
    }
    if (this.#index.count >= entriesMax) throw fullOutbox(`${entriesMax} entries`)
    if (this.#filling.bytes + bytes > unflushedBytesMax)
      throw fullOutbox(`${unflushedBytesMax} bytes wait for the disk`)
    const isFull = (): boolean => this.#diskBytes + bytes + SEGMENT_HEADER_BYTES > bytesMax
    // All that it holds is confirmed: another file makes room.
    const { unconfirmedCount, bytes: lastBytes } = this.#last
    if (isFull() && unconfirmedCount === 0 && lastBytes > SEGMENT_HEADER_BYTES) this.#follow()
    if (isFull()) throw fullOutbox(`${bytesMax} bytes`)
    return this.#last.bytes < this.#options.segmentBytes ? this.#last : this.#follow()
  }

  #follow(): OutboxSegment {
    const segment = this.#startSegment()
    this.#doom()
    return segment
  }

  /** Only the oldest goes: what a later one says of earlier ones must stay as long as they do. */
  #doom(): void {
    while (this.#segments.length > 1 && this.#segments[0]!.unconfirmedCount === 0) {
      const segment = this.#segments.shift()!
      this.#diskBytes -= segment.bytes
      this.#doomed.push(segment)
    }
  }

  #addConfirm(kind: typeof CONFIRM_UP_TO | typeof CONFIRM_ONE, sequence: number): void {
    const segment = this.#last.bytes < this.#options.segmentBytes ? this.#last : this.#follow()
    this.#filling.addConfirm(segment, CONFIRM_BYTES, kind, sequence)
    this.#diskBytes += CONFIRM_BYTES
  }

  get #hasWork(): boolean {
    const { bytes, waiters } = this.#filling
    return bytes > 0 || waiters.length > 0 || this.#confirmDue > 0 || this.#doomed[0]?.isWritten === true
  }

  /** At the end of the turn: what one turn stores is one group. */
  #wake(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    queueMicrotask(() => void this.#run())
  }

  async #run(): Promise<void> {
    try {
      while (this.#hasWork) {
        if (!this.#lock.isOurs) {
          throw new UnreachableError(
            'outbox-locked',
            `${this.#directory}: another has taken it, as if this one had died`,
          )
        }
        await this.#writeGroup()
        await this.#removeDoomed()
      }
      this.#isRunning = false
    } catch (error) {
      this.#fail(failure(this.#directory, error))
    }
  }

  async #writeGroup(): Promise<void> {
    if (this.#confirmDue > 0) this.#addConfirm(CONFIRM_UP_TO, this.#confirmDue)
    this.#confirmDue = 0
    const group = this.#filling
    this.#filling = this.#leaving
    this.#leaving = group
    for (const part of group.parts) {
      const { segment } = part
      if (segment.writtenBytes === 0) await this.#create(segment)
      await segment.append(this.#disk, group.bytesOf(part))
    }
    const { lastSequence, waiters } = group
    // Confirmations alone need not be on disk: forgotten with the machine, they are repeated.
    if (lastSequence > 0 || waiters.length > 0) await this.#writing?.sync(this.#disk)
    this.#onDisk(lastSequence)
    for (const { resolve } of waiters) resolve()
    group.clear()
  }

  /** The one before is on disk when the next appears: so only the last can be torn. */
  async #create(segment: OutboxSegment): Promise<void> {
    const before = this.#writing
    await before?.sync(this.#disk)
    await segment.create(this.#disk)
    this.#writing = segment
    await before?.close()
  }

  #onDisk(sequence: number): void {
    if (sequence <= this.#flushedSequence) return
    this.#flushedSequence = sequence
    // What it throws is its own, and not the disk's.
    queueMicrotask(() => this.onFlushed?.(sequence))
  }

  async #removeDoomed(): Promise<void> {
    for (;;) {
      const segment = this.#doomed[0]
      if (segment?.isWritten !== true) return
      const next = this.#doomed[1] ?? this.#segments[0]!
      // There is always one file: it remembers the session and its last sequence.
      if (next.writtenBytes === 0) await this.#create(next)
      this.#doomed.shift()
      await segment.close()
      await this.#disk.remove(segment.path)
      await this.#disk.syncDirectory(this.#directory)
    }
  }

  #fail(error: TroupeError): void {
    this.#error = error
    for (const group of [this.#leaving, this.#filling]) {
      for (const { reject } of group.waiters) reject(error)
      group.clear()
    }
    queueMicrotask(() => this.onFailed?.(error))
  }
}

/** A full disk is for the caller to mend; anything else is a disk that is gone. */
function failure(directory: string, error: unknown): TroupeError {
  if (error instanceof TroupeError) return error
  const { code, message } = error as NodeJS.ErrnoException
  const text = `${directory}: ${message}`
  if (code === 'ENOSPC' || code === 'EDQUOT') return new CapacityError('outbox-disk-full', text, { cause: error })
  return new UnreachableError('outbox-failed', text, { cause: error })
}
