import { UsageError } from 'troupe'
import { checkedOptions, type NumberRange, type OptionRules } from '../connection/option-check.ts'
import { QUEUE_ITEMS_DEFAULT, type QueuePolicy, queuePolicies } from './bounded-queue.ts'
import { type DedupCacheOptions, dedupDefaults, resolveDedupOptions } from './dedup-cache.ts'
import { NAME_BYTES_MAX } from './reliable-frame-layout.ts'
import { type RetryOptions, RetryPolicy, retryDefaults } from './retry-policy.ts'

/** How a reliable session behaves. Plain values: they travel between threads. */
export interface ReliableOptions {
  /** Who this side is, for the peer: a server keeps one session for each name. UTF-8, at most 256 bytes; empty: the id of the session. @default '' */
  readonly name?: string
  /** Chunks under way, sent and not done with. Count, 1 to 16,384. @default 50 */
  readonly windowMax?: number
  /** Messages that wait for the window. Count, 1 to 1,000,000. @default 100 */
  readonly sendQueueMax?: number
  /** What becomes of a message when `sendQueueMax` wait. `block`: its sender waits. @default 'block' */
  readonly sendPolicy?: QueuePolicy
  /** Messages received that wait to be processed. With `block` it is what the peer may send ahead. Count, 1 to 16,384. @default 100 */
  readonly receiveQueueMax?: number
  /** `block`: the peer sends no more until there is room. Otherwise what has no room is rejected as `queue-full`. @default 'block' */
  readonly receivePolicy?: QueuePolicy
  /** Messages being processed at the same time. Count, 1 to 16,384. @default 50 */
  readonly processingMax?: number
  /** Larger messages are sent in chunks of this size. Bytes, a power of two, 64 to 1,048,576. @default 65_536 */
  readonly chunkBytes?: number
  /** Largest message, both ways. Bytes, 1 to `windowMax` * `chunkBytes`. @default 1_048_576, or what the window has room for */
  readonly messageBytesMax?: number
  /** An acknowledgement that takes longer counts as lost; measured round trips make it shorter, never longer. Milliseconds, >= 10. @default 5_000 */
  readonly timeoutMs?: number
  /** A message that takes longer in all is abandoned as `expired`, unless it says otherwise. Milliseconds, > 0, or `Infinity`. @default 60_000 */
  readonly ttlMs?: number
  /** What is received and not processed is acknowledged after so long at the latest. Milliseconds, 0 to 1,000. @default 25 */
  readonly receivedAckMs?: number
  /** What is processed is acknowledged after so long at the latest; 0: at the end of the turn. Milliseconds, 0 to 1,000. @default 0 */
  readonly ackDelayMs?: number
  /** With a delay: so many messages are acknowledged at once. Count, 1 to 16,384. @default 16 */
  readonly ackEvery?: number
  /** A peer that says nothing for so long is asked; after the same time again its connection is given up. Milliseconds, >= 50, or `Infinity`. @default 15_000 */
  readonly keepAliveMs?: number
  /** What becomes of what was sent, when the peer has lost what it had received: see the explanation. @default 'resend' */
  readonly afterPeerLoss?: 'resend' | 'abandon'
  /** See `RetryPolicy`. */
  readonly retry?: RetryOptions
  /** See `DedupCache`. */
  readonly dedup?: DedupCacheOptions
}

export type ResolvedReliableOptions = Readonly<Required<ReliableOptions>>

const WINDOW_MAX = 16_384
/** Largest chunk of any peer. Bytes. */
export const CHUNK_BYTES_MAX = 1_048_576
const MESSAGE_BYTES_DEFAULT = 1_048_576

export const reliableDefaults: ResolvedReliableOptions = Object.freeze({
  name: '',
  windowMax: 50,
  sendQueueMax: QUEUE_ITEMS_DEFAULT,
  sendPolicy: 'block',
  receiveQueueMax: QUEUE_ITEMS_DEFAULT,
  receivePolicy: 'block',
  processingMax: 50,
  chunkBytes: 65_536,
  messageBytesMax: MESSAGE_BYTES_DEFAULT,
  timeoutMs: 5_000,
  ttlMs: 60_000,
  receivedAckMs: 25,
  ackDelayMs: 0,
  ackEvery: 16,
  keepAliveMs: 15_000,
  afterPeerLoss: 'resend',
  retry: retryDefaults,
  dedup: dedupDefaults,
})

const window: NumberRange = { min: 1, max: WINDOW_MAX, unit: 'messages', isWhole: true }
const INFINITE = Number.POSITIVE_INFINITY

const rules: OptionRules<ReliableOptions> = Object.freeze({
  name: checkName,
  windowMax: window,
  sendQueueMax: { min: 1, max: 1_000_000, unit: 'messages', isWhole: true },
  sendPolicy: queuePolicies,
  receiveQueueMax: window,
  receivePolicy: queuePolicies,
  processingMax: window,
  chunkBytes: checkChunkBytes,
  messageBytesMax: { min: 1, max: 2 ** 32 - 1, unit: 'bytes', isWhole: true },
  timeoutMs: { min: 10, max: 86_400_000, unit: 'ms' },
  ttlMs: { min: 1, max: INFINITE, unit: 'ms' },
  receivedAckMs: { min: 0, max: 1_000, unit: 'ms' },
  ackDelayMs: { min: 0, max: 1_000, unit: 'ms' },
  ackEvery: window,
  keepAliveMs: { min: 50, max: INFINITE, unit: 'ms' },
  afterPeerLoss: ['resend', 'abandon'],
  retry: (value) => void new RetryPolicy(value as RetryOptions),
  dedup: (value) => void resolveDedupOptions(value as DedupCacheOptions),
})

/** Options with their defaults. Throws `UsageError` for what is unknown or out of its range. */
export function resolveReliableOptions(options: ReliableOptions = {}): ResolvedReliableOptions {
  const given = checkedOptions('reliable session', options, reliableDefaults, rules)
  const { windowMax, receiveQueueMax, chunkBytes } = given
  // All chunks of a message are held until it is whole.
  const limit = Math.min(windowMax, receiveQueueMax) * chunkBytes
  const messageBytesMax = options.messageBytesMax ?? Math.min(MESSAGE_BYTES_DEFAULT, limit)
  if (messageBytesMax > limit) {
    const text = `messageBytesMax must be at most ${limit}, the smaller of windowMax and receiveQueueMax times chunkBytes, got ${messageBytesMax}`
    throw new UsageError('invalid-option', `reliable session: ${text}`)
  }
  return Object.freeze({ ...given, messageBytesMax })
}

function checkName(value: unknown, name: string): void {
  if (typeof value === 'string' && Buffer.byteLength(value) <= NAME_BYTES_MAX) return
  throw new UsageError(
    'invalid-option',
    `${name} must be text of at most ${NAME_BYTES_MAX} bytes, got ${String(value)}`,
  )
}

function checkChunkBytes(value: unknown, name: string): void {
  const isPower = typeof value === 'number' && Number.isInteger(Math.log2(value))
  if (isPower && value >= 64 && value <= CHUNK_BYTES_MAX) return
  throw new UsageError(
    'invalid-option',
    `${name} must be a power of two from 64 to ${CHUNK_BYTES_MAX} bytes, got ${String(value)}`,
  )
}
