import { UsageError } from 'troupe'
import { checkedOptions, type OptionRules } from '../connection/option-check.ts'

export interface OutboxLimits {
  /** What it may hold. Bytes, 4_096 to 2^40. @default 268_435_456 (256 MiB) */
  readonly bytesMax?: number
  /** Entries stored and not confirmed. Count, 1 to 10_000_000. @default 1_000_000 */
  readonly entriesMax?: number
}

export interface FileOutboxOptions extends OutboxLimits {
  /** Stored and not yet on disk, in memory. Bytes, 4_096 to 2^30. @default 16_777_216 (16 MiB) */
  readonly unflushedBytesMax?: number
  /**
   * A file that has reached this is followed by the next; it is deleted when it is the oldest and all in it is confirmed. Bytes, 1_024 to
   * 2^30, at most a quarter of `bytesMax`. @default 4_194_304 (4 MiB), or an eighth of `bytesMax`
   */
  readonly segmentBytes?: number
  /**
   * What to do at opening about bytes that had been flushed and are no longer what they were. `refuse`: reject with `outbox-corrupt`.
   * `skip`: go on with what can be read; `recovery` says what was lost. @default 'refuse'
   */
  readonly onCorruption?: 'refuse' | 'skip'
}

export type ResolvedFileOutboxOptions = Readonly<Required<FileOutboxOptions>>

const BYTES_MAX = 268_435_456
const ENTRIES_MAX = 1_000_000
const SEGMENT_BYTES = 4_194_304

/** Throws `UsageError` for what is no place of an outbox, or has options out of range. */
export function checkOutboxPlace(owner: string, place: FileOutboxOptions & { readonly directory?: unknown }): void {
  const { directory, ...options } = Object(place) as typeof place
  if (typeof place !== 'object' || typeof directory !== 'string' || directory === '') {
    const got = typeof place === 'object' ? String(directory) : `'${String(place)}' in its place`
    throw new UsageError('invalid-option', `${owner}: directory must be a path, got ${got}`)
  }
  resolveFileOutboxOptions(options)
}

const limitRules: OptionRules<OutboxLimits> = {
  bytesMax: { min: 4_096, max: 2 ** 40, unit: 'bytes', isWhole: true },
  entriesMax: { min: 1, max: 10_000_000, unit: 'entries', isWhole: true },
}

export function resolveOutboxLimits(limits: OutboxLimits): Readonly<Required<OutboxLimits>> {
  return checkedOptions('outbox', limits, { bytesMax: BYTES_MAX, entriesMax: ENTRIES_MAX }, limitRules)
}

export function resolveFileOutboxOptions(options: FileOutboxOptions): ResolvedFileOutboxOptions {
  const bytesMax = options.bytesMax ?? BYTES_MAX
  return checkedOptions(
    'outbox',
    options,
    {
      bytesMax: BYTES_MAX,
      entriesMax: ENTRIES_MAX,
      unflushedBytesMax: 16_777_216,
      segmentBytes: Math.min(SEGMENT_BYTES, Math.max(1_024, Math.floor(bytesMax / 8))),
      onCorruption: 'refuse',
    },
    {
      ...limitRules,
      unflushedBytesMax: { min: 4_096, max: 2 ** 30, unit: 'bytes', isWhole: true },
      // Two files are there while one follows the other, and there must be room for more than that.
      segmentBytes: { min: 1_024, max: Math.min(2 ** 30, bytesMax / 4), unit: 'bytes', isWhole: true },
      onCorruption: ['refuse', 'skip'],
    },
  )
}
