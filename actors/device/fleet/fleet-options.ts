import { availableParallelism } from 'node:os'
import { UsageError } from 'troupe'
import { formatEndpoint, resolveEndpoint } from '../../connection/endpoint.ts'
import { checkedOptions, type NumberRange, type OptionRules } from '../../connection/option-check.ts'
import { checkVersion, groupRange, keepAliveRange, lampRange, seedRange } from '../simulator/controller-options.ts'
import { type DeviceChaos, resolveDeviceChaos } from '../simulator/device-faults.ts'
import { type FirmwareKind, firmwareKinds } from '../simulator/firmware.ts'
import { type LatencyProfileName, latencyProfileNames } from '../simulator/latency-profile.ts'
import { MESH_LAMPS_MAX } from '../simulator/mesh.ts'

/** Plain values: they travel between threads. */
export interface FleetOptions {
  /** Whom the devices connect to: `tcp://…`, `tls://…` or `unix://…`. */
  readonly gateway: string
  /** Controllers, each with a connection of its own. Count, 1 to 100,000. @default 100 */
  readonly deviceCount?: number
  /** Controllers of one mesh; they live on one thread. Count, 1 to 255. @default 8 */
  readonly controllersPerHome?: number
  /** Lamps of one mesh; its controllers are the first of them. Count, `controllersPerHome` to 255. @default `controllersPerHome` */
  readonly lampsPerHome?: number
  /** Lamp n is in group 1 + (n - 1) % groupsPerHome, and a controller with it. Count, 1 to 255. @default 4 */
  readonly groupsPerHome?: number
  /** Number of the first home, so that several fleets can use one gateway. 1 to 16,000,000. @default 1 */
  readonly firstHome?: number
  /** Connections begun in a second at most, those of restarts included. > 0, or Infinity. @default 200 */
  readonly startPerSecond?: number
  /** Devices that connect or log in at the same time; more wait. A slow gateway is so not given more to do. Count, 1 to 100,000. @default 1,000 */
  readonly connectingMax?: number
  /** Supervisors, each with its part of the devices, spread over the threads. Count, 1 to 62. @default what the machine has in parallel less one, and 1 at least */
  readonly platoonCount?: number
  /** Wait before the first attempt after a failure; doubles with each. Milliseconds, 1 to 86,400,000. @default 250 */
  readonly backoffMinMs?: number
  /** No wait is longer. Milliseconds, `backoffMinMs` to 86,400,000. @default 30,000 */
  readonly backoffMaxMs?: number
  /** Failures within the window; one more and the device is parked. Count, >= 0, or Infinity: never. @default 20 */
  readonly failuresMax?: number
  /** Milliseconds, 1 to 86,400,000. @default 600,000 */
  readonly failureWindowMs?: number
  /** An attempt to connect that takes longer fails. Milliseconds, 1 to 600,000. @default 15,000 */
  readonly connectTimeoutMs?: number
  /** As of a controller. Seconds, 3 to 65,535. @default 60 */
  readonly keepAliveSeconds?: number
  /** @default 'quiet' */
  readonly profile?: LatencyProfileName
  /** Of all devices, or `mixed`: all kinds in turn. @default 'bulb' */
  readonly firmware?: FirmwareKind | 'mixed'
  /** 1 to 16 ASCII characters. @default '10052' */
  readonly firmwareVersion?: string
  /** @default none */
  readonly chaos?: DeviceChaos
  /** Of all that is left to chance. Whole, 0 to 2^32 - 1. @default 1 */
  readonly seed?: number
}

export type ResolvedFleetOptions = Readonly<Required<FleetOptions>>

const DAY_MS = 86_400_000
const PLATOONS_MAX = 62
/** A platoon tells of all its devices in one message. */
export const PLATOON_DEVICES_MAX = 25_000
const HOMES_MAX = 16_000_000
const BACKOFF_MIN_MS = 250
const BACKOFF_MAX_MS = 30_000
const backoff: NumberRange = { min: 1, max: DAY_MS, unit: 'ms' }

const rules: OptionRules<FleetOptions> = {
  gateway: checkGateway,
  deviceCount: { min: 1, max: 100_000, unit: 'devices', isWhole: true },
  controllersPerHome: { ...lampRange, unit: 'controllers' },
  lampsPerHome: lampRange,
  groupsPerHome: groupRange,
  firstHome: { min: 1, max: HOMES_MAX, unit: '', isWhole: true },
  startPerSecond: { min: Number.MIN_VALUE, max: Number.POSITIVE_INFINITY, unit: 'a second' },
  connectingMax: { min: 1, max: 100_000, unit: 'devices', isWhole: true },
  platoonCount: { min: 1, max: PLATOONS_MAX, unit: 'platoons', isWhole: true },
  backoffMinMs: backoff,
  backoffMaxMs: backoff,
  failuresMax: { min: 0, max: Number.POSITIVE_INFINITY, unit: 'failures', isWhole: true },
  failureWindowMs: { min: 1, max: DAY_MS, unit: 'ms' },
  connectTimeoutMs: { min: 1, max: 600_000, unit: 'ms' },
  keepAliveSeconds: keepAliveRange,
  profile: latencyProfileNames,
  firmware: [...firmwareKinds, 'mixed'],
  firmwareVersion: checkVersion,
  chaos: (value) => void resolveDeviceChaos(value as DeviceChaos),
  seed: seedRange,
}

/** Throws `UsageError` for what is unknown or out of its range. */
export function resolveFleetOptions(options: FleetOptions): ResolvedFleetOptions {
  const { controllersPerHome = 8, backoffMinMs = BACKOFF_MIN_MS } = Object(options) as FleetOptions
  const defaults: ResolvedFleetOptions = {
    gateway: '',
    deviceCount: 100,
    controllersPerHome: 8,
    lampsPerHome: controllersPerHome,
    groupsPerHome: 4,
    firstHome: 1,
    startPerSecond: 200,
    connectingMax: 1_000,
    platoonCount: Math.max(1, Math.min(PLATOONS_MAX, availableParallelism() - 1)),
    backoffMinMs: BACKOFF_MIN_MS,
    backoffMaxMs: Math.max(BACKOFF_MAX_MS, backoffMinMs),
    failuresMax: 20,
    failureWindowMs: 600_000,
    connectTimeoutMs: 15_000,
    keepAliveSeconds: 60,
    profile: 'quiet',
    firmware: 'bulb',
    firmwareVersion: '10052',
    chaos: {},
    seed: 1,
  }
  const resolved = checkedOptions('fleet', options, defaults, rules)
  atLeast(resolved, 'lampsPerHome', 'controllersPerHome', `${MESH_LAMPS_MAX} lamps`)
  checkShare(resolved)
  atLeast(resolved, 'backoffMaxMs', 'backoffMinMs', `${DAY_MS} ms`)
  return resolved
}

function atLeast(
  options: ResolvedFleetOptions,
  name: keyof FleetOptions,
  other: keyof FleetOptions,
  max: string,
): void {
  const [value, min] = [options[name] as number, options[other] as number]
  if (value >= min) return
  throw new UsageError('invalid-option', `fleet: ${name} must be from ${other}, ${min}, to ${max}, got ${value}`)
}

function checkShare({ deviceCount, platoonCount }: ResolvedFleetOptions): void {
  if (deviceCount / platoonCount <= PLATOON_DEVICES_MAX) return
  const text = `at least ${Math.ceil(deviceCount / PLATOON_DEVICES_MAX)} for ${deviceCount} devices`
  throw new UsageError('invalid-option', `fleet: platoonCount must be ${text}, got ${platoonCount}`)
}

function checkGateway(value: unknown): void {
  if (value === '') {
    throw new UsageError('invalid-option', 'fleet: gateway must be an endpoint, as tcp://127.0.0.1:23778, got none')
  }
  const endpoint = resolveEndpoint(value as string)
  if (endpoint.protocol !== 'udp') return
  throw new UsageError('invalid-endpoint', `${formatEndpoint(endpoint)}: devices take tcp, tls and unix`)
}
