import { randomBytes } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { OutboxDisk } from './outbox-disk.ts'
import type { IndexedSegment } from './outbox-index.ts'
import { encodeSegmentHeader, SEGMENT_HEADER_BYTES, type SegmentHeader } from './outbox-record.ts'

const NAME = /^segment-(\d{10,16})$/

/** One file of the log, known before it is there. */
export class OutboxSegment implements IndexedSegment {
  readonly path: string
  readonly number: number
  readonly salt: number
  unconfirmedCount = 0
  /** What it has or will have when all that was stored is written. */
  bytes = SEGMENT_HEADER_BYTES
  writtenBytes = 0
  readonly #header: SegmentHeader
  #file: FileHandle | undefined
  #isDirty = false

  private constructor(path: string, header: SegmentHeader) {
    this.path = path
    this.number = header.number
    this.salt = header.salt
    this.#header = header
  }

  static pathOf(directory: string, number: number): string {
    return join(directory, `segment-${String(number).padStart(10, '0')}`)
  }

  /** Undefined for a name that is none of a segment. */
  static numberOf(name: string): number | undefined {
    const digits = NAME.exec(name)?.[1]
    return digits === undefined ? undefined : Number(digits)
  }

  static found(path: string, header: SegmentHeader): OutboxSegment {
    return new OutboxSegment(path, header)
  }

  static next(directory: string, header: Omit<SegmentHeader, 'salt'>): OutboxSegment {
    const salt = randomBytes(4).readUInt32LE(0)
    return new OutboxSegment(OutboxSegment.pathOf(directory, header.number), { ...header, salt })
  }

  get directory(): string {
    return dirname(this.path)
  }

  get isWritten(): boolean {
    return this.writtenBytes === this.bytes
  }

  /** Under its name it is there with its whole head, or not at all. */
  async create(disk: OutboxDisk): Promise<void> {
    const { directory } = this
    const draft = join(directory, 'segment-draft')
    this.#file = await disk.open(draft, 'wx+')
    await disk.write(this.#file, encodeSegmentHeader(this.#header), 0)
    await disk.sync(this.#file)
    await disk.rename(draft, this.path)
    await disk.syncDirectory(directory)
    this.writtenBytes = SEGMENT_HEADER_BYTES
  }

  /** To be written on; what lies behind its readable part is cut off, and the rest is on disk. */
  async reopen(disk: OutboxDisk): Promise<void> {
    this.#file = await disk.open(this.path, 'r+')
    await this.#file.truncate(this.bytes)
    await disk.sync(this.#file)
  }

  async append(disk: OutboxDisk, bytes: Uint8Array): Promise<void> {
    this.#isDirty = true
    await disk.write(this.#file!, bytes, this.writtenBytes)
    this.writtenBytes += bytes.length
  }

  async sync(disk: OutboxDisk): Promise<void> {
    if (!this.#isDirty) return
    this.#isDirty = false
    await disk.sync(this.#file!)
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }
}
