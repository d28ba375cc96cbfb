import type { FramingSpec } from './framing-spec.ts'
import { checkedOptions, type NumberRange, type OptionRules } from './option-check.ts'

/**
 * What becomes of a message for which the queue has no room. `reject`: `send` answers `queue-full`. `drop-newest`: this message is
 * dropped. `drop-oldest`: those that wait longest are. `conflate`: all that wait are, only the newest stays. `disconnect`: the link
 * is closed with `buffer-overflow`. What is dropped is counted.
 */
export type LinkOverflow = 'reject' | 'drop-newest' | 'drop-oldest' | 'conflate' | 'disconnect'

/** How one connection behaves. Plain values: they travel between threads. */
export interface LinkOptions {
  /** How the byte stream is cut into messages, unless the connection's definition says so. @default length prefix, u32 little-endian */
  readonly framing?: FramingSpec
  /**
   * What may wait to be sent, beside the one write under way. A message always fits into an empty queue. Bytes, >= 0.
   * @default 4_194_304 (4 MiB)
   */
  readonly queueBytesMax?: number
  /** Count, >= 1. @default 65_536 */
  readonly queueMessagesMax?: number
  /** @default 'reject' */
  readonly overflow?: LinkOverflow
  /** A write that the peer does not take for so long closes the link. Milliseconds, > 0. @default 30_000 */
  readonly writeTimeoutMs?: number
  /** A message whose first bytes have come must be whole within this time. Milliseconds, > 0. @default 30_000 */
  readonly frameTimeoutMs?: number
  /** A link on which nothing comes and nothing goes for so long is closed. Milliseconds, > 0. @default Infinity */
  readonly idleTimeoutMs?: number
  /** After `end`, the time for the queue to be sent and for the peer to end its side. Milliseconds, > 0. @default 5_000 */
  readonly endTimeoutMs?: number
  /** After so long without traffic the operating system asks the peer for a sign of life; 0 for never. @default 60_000 */
  readonly keepAliveMs?: number
  /** Small writes go out at once (TCP_NODELAY). Troupe batches by itself. @default true */
  readonly noDelay?: boolean
}

export type ResolvedLinkOptions = Readonly<Required<LinkOptions>>

const DAY_MS = 86_400_000
const timeout: NumberRange = { min: 1, max: Number.POSITIVE_INFINITY, unit: 'ms' }

export const linkDefaults: ResolvedLinkOptions = Object.freeze({
  framing: { kind: 'length-prefix' } as const,
  queueBytesMax: 4_194_304,
  queueMessagesMax: 65_536,
  overflow: 'reject',
  writeTimeoutMs: 30_000,
  frameTimeoutMs: 30_000,
  idleTimeoutMs: Number.POSITIVE_INFINITY,
  endTimeoutMs: 5_000,
  keepAliveMs: 60_000,
  noDelay: true,
})

const rules: OptionRules<LinkOptions> = {
  framing: () => {}, // checked by whoever makes it
  queueBytesMax: { min: 0, max: Number.MAX_SAFE_INTEGER, unit: 'bytes', isWhole: true },
  queueMessagesMax: { min: 1, max: 100_000_000, unit: 'messages', isWhole: true },
  overflow: ['reject', 'drop-newest', 'drop-oldest', 'conflate', 'disconnect'],
  writeTimeoutMs: timeout,
  frameTimeoutMs: timeout,
  idleTimeoutMs: timeout,
  endTimeoutMs: timeout,
  keepAliveMs: { min: 0, max: DAY_MS, unit: 'ms' },
  noDelay: [true, false],
}

/** Throws `UsageError` for what is unknown or out of its range. */
export function resolveLinkOptions(options: LinkOptions = {}): ResolvedLinkOptions {
  return checkedOptions('link', options, linkDefaults, rules)
}
