import { type BackoffOptions, UsageError } from 'troupe'
import { type Endpoint, type EndpointOptions, formatEndpoint, resolveEndpoint } from './endpoint.ts'
import { type LinkOptions, resolveLinkOptions } from './link-options.ts'
import type { Spawner } from './listen.ts'
import { checkedOptions, type OptionRules } from './option-check.ts'

/*
 * What an actor, or only its connections, would otherwise refuse later and out of sight: functions that spawn them check it where the mistake
 * was made.
 */

const DAY_MS = 86_400_000

/** An endpoint for streams. Throws `UsageError` `invalid-endpoint` for what is none, and for datagrams. */
export function streamEndpoint(owner: string, given: string | EndpointOptions): Endpoint {
  const endpoint = resolveEndpoint(given)
  if (endpoint.protocol !== 'udp') return endpoint
  throw new UsageError('invalid-endpoint', `${owner}: ${formatEndpoint(endpoint)} must be tcp, tls or unix`)
}

/** Throws `UsageError` for a system that is none, such as one that was not awaited. */
export function checkSpawner(owner: string, spawner: Spawner): void {
  if (typeof (spawner as Partial<Spawner> | undefined)?.spawn === 'function') return
  const got = spawner instanceof Promise ? 'a promise: is an await missing?' : String(spawner)
  throw new UsageError('invalid-option', `${owner}: spawner must be a system, or self of an actor, got ${got}`)
}

interface DialSettings {
  readonly link: LinkOptions | undefined
  readonly connectTimeoutMs: number | undefined
  readonly backoff: BackoffOptions | undefined
}

const rules: OptionRules<Partial<DialSettings>> = {
  link: (value) => void resolveLinkOptions(value as LinkOptions),
  connectTimeoutMs: { min: 1, max: DAY_MS, unit: 'ms' },
  backoff: checkBackoff,
}

/** Throws `UsageError` for options of a connection that are unknown or out of range. */
export function checkDialling(owner: string, dialling: Partial<DialSettings>): void {
  checkedOptions(owner, dialling, { link: {}, connectTimeoutMs: 1, backoff: {} }, rules)
}

const backoffRules: OptionRules<BackoffOptions> = {
  minMs: { min: 1, max: DAY_MS, unit: 'ms', isWhole: true },
  maxMs: { min: 1, max: DAY_MS, unit: 'ms', isWhole: true },
  factor: { min: 1, max: 100, unit: 'times' },
  jitter: (value, name) => {
    if (value === 'full' || (typeof value === 'number' && value >= 0 && value <= 1)) return
    throw new UsageError('invalid-option', `${name} must be a number from 0 to 1, or 'full', got ${String(value)}`)
  },
  resetAfterMs: { min: 0, max: Number.POSITIVE_INFINITY, unit: 'ms' },
  restartsMax: { min: 0, max: Number.POSITIVE_INFINITY, unit: 'restarts', isWhole: true },
}

const backoffDefaults = Object.freeze({
  minMs: 100,
  maxMs: 30_000,
  factor: 2,
  jitter: 0.2,
  resetAfterMs: 0,
  restartsMax: Number.POSITIVE_INFINITY,
})

function checkBackoff(value: unknown): void {
  const { minMs, maxMs } = checkedOptions('backoff', value as BackoffOptions, backoffDefaults, backoffRules)
  if (maxMs >= minMs) return
  throw new UsageError('invalid-option', `backoff: maxMs must be at least minMs (${minMs}), got ${maxMs}`)
}
