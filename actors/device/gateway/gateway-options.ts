import type { ActorRef } from 'troupe'
import { UsageError } from 'troupe'
import { type LinkOptions, resolveLinkOptions } from '../../connection/link-options.ts'
import { checkedOptions, type OptionRules } from '../../connection/option-check.ts'
import { checkOutboxPlace } from '../../reliable/outbox-options.ts'
import type { OutboxPlace } from '../../reliable/reliable-hosts.ts'
import { type RetryOptions, RetryPolicy, retryDefaults } from '../../reliable/retry-policy.ts'
import type { CommandResult } from './command-result.ts'
import { checkHomes, type Homes } from './homes.ts'
import { checkTimeZone, type TimeZone } from './local-time.ts'
import type { KnownDevice } from './mesh-states.ts'
import { type CommandOptions, commandDefaults, commandRules } from './service-options.ts'
import type { SessionEnd, SessionOptions } from './session-ports.ts'

/** Who wants to know what happens at a gateway. All of it is told; an observer that has no room loses it. */
export interface CyncObserver {
  /** A device of a mesh does something else than before, or is there or gone. */
  stateChanged(device: KnownDevice): void
  controllerConnected(controller: ControllerInfo): void
  /** @param why `lost` where its connection broke, or its thread */
  controllerGone(controller: ControllerInfo, why: SessionEnd | 'lost'): void
  commandFinished(result: CommandResult): void
}

/** One connected controller. */
export interface ControllerInfo {
  readonly deviceId: number
  readonly home: string
  /** Own mesh address; undefined as long as it has not said. */
  readonly address: number | undefined
  /** Of its connection. */
  readonly path: string
  /** Thread of its connection. */
  readonly thread: string
  /** Milliseconds, on the clock of `systemClock`. */
  readonly sinceMs: number
}

/** Who may log in: everybody; or those with these device ids, where a text is the code that they must have. */
export type Authorize = 'everyone' | Readonly<Record<number, string | true>>

export interface GatewayOptions extends CommandOptions {
  /** Which controllers hear the same devices. @default `{ kind: 'one' }` */
  readonly homes?: Homes
  /** Others are refused with status 2. Devices send the same code for ever, so that this is no secret. @default 'everyone' */
  readonly authorize?: Authorize
  /** Whose time devices are told. @default 'local' */
  readonly timeZone?: TimeZone
  /** Between login and probe; some devices do nothing before they were probed. Milliseconds, 0 to 600,000, or `Infinity`: no probe. @default 500 */
  readonly probeAfterMs?: number
  /** Between the probe of a home's first controller and the question what its devices do. Milliseconds, 0 to 600,000, or `Infinity`: it is not asked. @default 1_500 */
  readonly queryAfterMs?: number
  /** Least time between two such questions in a home. Milliseconds, 0 to 3,600,000. @default 2_000 */
  readonly refreshMs?: number
  /** A controller from which nothing comes for so long is gone; with a shorter keep-alive, after one and a half of that. Milliseconds, 1,000 to 3,600,000. @default 90_000 */
  readonly silenceMs?: number
  /** A connection that does not log in within this is closed. Milliseconds, 10 to 600,000. @default 15_000 */
  readonly loginTimeoutMs?: number
  /** Frames whose checksum is wrong: those of the one firmware that is known for it are believed, all are, or none. @default 'known-firmware' */
  readonly wrongChecksums?: SessionOptions['wrongChecksums']
  /** Members of groups by number, mesh addresses, in all homes: their states follow a command for the group at once. @default none */
  readonly groups?: Readonly<Record<number, readonly number[]>>
  /** Delays between attempts. `retriesMax` is not used: see `attemptsMax`. */
  readonly retry?: RetryOptions
  /**
   * A directory in which commands are kept from before they are sent until they have a result: those of a gateway that has died are gone on with by
   * the next one. @default they are not kept
   */
  readonly outbox?: OutboxPlace | undefined
  /** @default nobody */
  readonly observer?: ActorRef<CyncObserver> | undefined
  /** Threads that connections live on. @default as of a listener */
  readonly threads?: number | undefined
  /** Connections of each endpoint. @default 20_000 */
  readonly connectionsMax?: number
  /** Of these, from one address: strangers that never log in must not take the places of all. Homes behind one address share it. @default Infinity */
  readonly addressConnectionsMax?: number
  /** Of every connection. */
  readonly link?: Omit<LinkOptions, 'framing' | 'overflow'>
  /** Device ids that metrics show apart, some 600 bytes each: the text is one answer, and has the limit of a message. Count, 1 to 100,000. @default 100 */
  readonly metricDevicesMax?: number
}

export type ResolvedGatewayOptions = Readonly<Required<GatewayOptions>>

const defaults: ResolvedGatewayOptions = Object.freeze({
  ...commandDefaults,
  homes: Object.freeze({ kind: 'one' } as const),
  authorize: 'everyone',
  timeZone: 'local',
  probeAfterMs: 500,
  queryAfterMs: 1_500,
  refreshMs: 2_000,
  silenceMs: 90_000,
  loginTimeoutMs: 15_000,
  wrongChecksums: 'known-firmware',
  groups: Object.freeze({}),
  retry: retryDefaults,
  outbox: undefined,
  observer: undefined,
  threads: undefined,
  connectionsMax: 20_000,
  addressConnectionsMax: Number.POSITIVE_INFINITY,
  link: Object.freeze({}),
  metricDevicesMax: 100,
})

const rules: OptionRules<GatewayOptions> = Object.freeze({
  ...commandRules,
  homes: checkHomes,
  authorize: checkAuthorize,
  timeZone: checkTimeZone,
  probeAfterMs: delay,
  queryAfterMs: delay,
  refreshMs: { min: 0, max: 3_600_000, unit: 'ms' },
  silenceMs: { min: 1_000, max: 3_600_000, unit: 'ms' },
  loginTimeoutMs: { min: 10, max: 600_000, unit: 'ms' },
  wrongChecksums: ['known-firmware', 'accept', 'refuse'],
  groups: checkGroups,
  retry: (value: unknown) => void new RetryPolicy(value as RetryOptions),
  outbox: checkOutbox,
  observer: () => {},
  threads: (value: unknown, name: string) => {
    if (value === undefined || (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 64)) return
    throw new UsageError('invalid-option', `${name} must be a whole number from 1 to 64, got ${String(value)}`)
  },
  connectionsMax: { min: 1, max: 1_000_000, unit: 'connections', isWhole: true },
  addressConnectionsMax: { min: 1, max: Number.POSITIVE_INFINITY, unit: 'connections', isWhole: true },
  link: (value) => void resolveLinkOptions(value as LinkOptions),
  metricDevicesMax: { min: 1, max: 100_000, unit: 'devices', isWhole: true },
})

/** Throws `UsageError` for an option that is unknown or out of range. */
export function resolveGatewayOptions(options: GatewayOptions): ResolvedGatewayOptions {
  return checkedOptions('Cync gateway', options, defaults, rules)
}

function checkOutbox(value: unknown, name: string): void {
  if (value !== undefined) checkOutboxPlace(name, value as OutboxPlace)
}

function delay(value: unknown, name: string): void {
  const isDelay = typeof value === 'number' && value >= 0 && (value <= 600_000 || value === Number.POSITIVE_INFINITY)
  if (isDelay) return
  throw new UsageError(
    'invalid-option',
    `${name} must be a number from 0 to 600000 ms or Infinity, got ${String(value)}`,
  )
}

function checkAuthorize(value: unknown, name: string): void {
  if (value === 'everyone') return
  const codes = typeof value === 'object' && value !== null ? Object.entries(value) : undefined
  const isGood = codes?.every(([id, code]) => /^\d+$/.test(id) && (code === true || typeof code === 'string'))
  if (isGood === true) return
  throw new UsageError(
    'invalid-option',
    `${name} must be 'everyone' or device ids with their codes, or true for any code, got ${String(value)}`,
  )
}

function checkGroups(value: unknown, name: string): void {
  const groups = typeof value === 'object' && value !== null ? Object.entries(value) : undefined
  const isAddress = (address: unknown): boolean =>
    Number.isInteger(address) && (address as number) >= 1 && (address as number) <= 255
  const isGood = groups?.every(
    ([group, members]) => /^\d{1,5}$/.test(group) && Array.isArray(members) && members.every(isAddress),
  )
  if (isGood === true) return
  throw new UsageError('invalid-option', `${name} must be group numbers with mesh addresses from 1 to 255`)
}
