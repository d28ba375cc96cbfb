import { checkedOptions, type OptionRules } from './option-check.ts'

/** What a `ConnectionPool` keeps. */
export interface PoolOptions {
  /** Connections at the same time, lent and waiting to be, those being made included. Count, >= 1. @default 100 */
  readonly connectionsMax?: number
  /** Of these, to one endpoint. Count, >= 1. @default 10 */
  readonly endpointConnectionsMax?: number
  /** A connection that nobody has borrowed for so long is closed. Milliseconds, > 0. @default 30_000 */
  readonly idleMs?: number
  /** So long `acquire` waits for a connection; then it answers `pool-exhausted`. Milliseconds, >= 0. @default 2_000 */
  readonly waitMs?: number
  /** Asks that may wait at the same time; one more is answered at once. Count, >= 0. @default 1_000 */
  readonly waitingMax?: number
  /** A connection that was unused must answer within this time before it is lent. Milliseconds, > 0. @default 500 */
  readonly checkMs?: number
  /** An attempt to connect that takes longer fails. Milliseconds, > 0. @default 2_000 */
  readonly connectTimeoutMs?: number
}

export type ResolvedPoolOptions = Readonly<Required<PoolOptions>>

/** What Node's timers can wait. */
const TIMER_MS_MAX = 2_147_483_647

export const poolDefaults: ResolvedPoolOptions = Object.freeze({
  connectionsMax: 100,
  endpointConnectionsMax: 10,
  idleMs: 30_000,
  // The three together stay below the usual deadline of an ask.
  waitMs: 2_000,
  waitingMax: 1_000,
  checkMs: 500,
  connectTimeoutMs: 2_000,
})

const rules: OptionRules<PoolOptions> = {
  connectionsMax: { min: 1, max: 100_000, unit: 'connections', isWhole: true },
  endpointConnectionsMax: { min: 1, max: 100_000, unit: 'connections', isWhole: true },
  idleMs: { min: 1, max: TIMER_MS_MAX, unit: 'ms' },
  waitMs: { min: 0, max: TIMER_MS_MAX, unit: 'ms' },
  waitingMax: { min: 0, max: 1_000_000, unit: 'asks', isWhole: true },
  checkMs: { min: 1, max: TIMER_MS_MAX, unit: 'ms' },
  connectTimeoutMs: { min: 1, max: TIMER_MS_MAX, unit: 'ms' },
}

/** Throws `UsageError` for what is unknown or out of its range. */
export function resolvePoolOptions(options: PoolOptions): ResolvedPoolOptions {
  return checkedOptions('connection pool', options, poolDefaults, rules)
}
