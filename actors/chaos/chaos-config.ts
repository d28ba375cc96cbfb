import { checkedOptions, type NumberRange, type OptionRules } from '../connection/option-check.ts'

/** Of a connection: `up` is from who has dialled to who has accepted, `down` is back. */
export type ChaosDirection = 'up' | 'down'

/**
 * What a bad network does to messages. Plain values: they travel between threads, and stand in JSON. All rates are chances for each single
 * message, 0 to 1, independent of each other, decided in this order: partition, kick, reset, loss, duplicate, reorder, corruption.
 */
export interface ChaosConfig {
  /** Every message is this much late. Milliseconds, 0 to 600_000. @default 0 */
  readonly latencyMs?: number
  /** More or less by up to this much, evenly, never early. The order stays. Milliseconds, 0 to 600_000. @default 0 */
  readonly latencyVarianceMs?: number
  /** Lost. @default 0 */
  readonly lossRate?: number
  /** Delivered twice, the copy up to `scatterMs` later. @default 0 */
  readonly duplicateRate?: number
  /** Held back for up to `scatterMs`, so that later ones overtake it. @default 0 */
  readonly reorderRate?: number
  /** Delivered with changed bytes: see `corrupt`. Empty messages are spared. @default 0 */
  readonly corruptionRate?: number
  /** How far copies and overtaken messages are away from their place. Milliseconds, 1 to 600_000. @default 50 */
  readonly scatterMs?: number
  /** Directions in which nothing gets through. @default 'none' */
  readonly partitioned?: 'none' | 'both' | ChaosDirection
  /** A reader that takes no more than this. Bytes a second, 1 to Infinity. @default Infinity */
  readonly slowReaderBytesPerSecond?: number
  /** Each byte arrives by itself. Decided by what connects: see the chaos actor. @default false */
  readonly oneByteReads?: boolean
  /** The connection is reset, and this message lost. @default 0 */
  readonly resetRate?: number
  /** The end of one side is not told to the other, which goes on talking to nobody. @default false */
  readonly halfOpen?: boolean
  /** The connection is ended in order, behind this message. @default 0 */
  readonly kickRate?: number
}

export type ResolvedChaosConfig = Readonly<Required<ChaosConfig>>

/** A network without faults. */
export const chaosDefaults: ResolvedChaosConfig = Object.freeze({
  latencyMs: 0,
  latencyVarianceMs: 0,
  lossRate: 0,
  duplicateRate: 0,
  reorderRate: 0,
  corruptionRate: 0,
  scatterMs: 50,
  partitioned: 'none',
  slowReaderBytesPerSecond: Number.POSITIVE_INFINITY,
  oneByteReads: false,
  resetRate: 0,
  halfOpen: false,
  kickRate: 0,
})

const LATENCY_MAX_MS = 600_000
const rate: NumberRange = { min: 0, max: 1, unit: '' }
const latency: NumberRange = { min: 0, max: LATENCY_MAX_MS, unit: 'ms' }

const rules: OptionRules<ChaosConfig> = {
  latencyMs: latency,
  latencyVarianceMs: latency,
  lossRate: rate,
  duplicateRate: rate,
  reorderRate: rate,
  corruptionRate: rate,
  scatterMs: { min: 1, max: LATENCY_MAX_MS, unit: 'ms' },
  partitioned: ['none', 'both', 'up', 'down'],
  slowReaderBytesPerSecond: { min: 1, max: Number.POSITIVE_INFINITY, unit: 'bytes/s' },
  oneByteReads: [true, false],
  resetRate: rate,
  halfOpen: [true, false],
  kickRate: rate,
}

/** Throws `UsageError` for what is unknown (`unknown-option`) or out of its range (`invalid-option`). */
export function resolveChaosConfig(config: ChaosConfig = {}): ResolvedChaosConfig {
  return checkedOptions('chaos', config, chaosDefaults, rules)
}
