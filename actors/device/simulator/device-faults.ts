import { UsageError } from 'troupe'
import {
  type ChaosConfig,
  chaosDefaults,
  type ResolvedChaosConfig,
  resolveChaosConfig,
} from '../../chaos/chaos-config.ts'
import { formatChaos, parseChaosBeside } from '../../chaos/chaos-text.ts'
import { checkedOptions, type NumberRange, type OptionRules } from '../../connection/option-check.ts'

/**
 * What goes wrong with devices of this protocol, beside what `ChaosConfig` does to any message. Chances from 0 to 1, for each command
 * unless said otherwise; all are 0 by default.
 */
export interface DeviceFaults {
  /** No 7b. */
  readonly lostReplyRate?: number
  /** No f9. */
  readonly lostResultRate?: number
  /** No announcement of the new state, neither 83 nor 43. */
  readonly lostStateRate?: number
  /** The state comes in a 43 that says it is out of date (online 0). */
  readonly staleStateRate?: number
  /** The f9 comes before the 7b. */
  readonly earlyResultRate?: number
  /** The f9 says that the mesh has not taken it; nothing changes. */
  readonly failedResultRate?: number
  /** A 78 with status 5 in the place of the 7b; nothing changes. */
  readonly refusedRate?: number
  /** A 78 with status 0a comes 30 to 31 s after a command that was answered. */
  readonly lateRefusalRate?: number
  /** The checksum of a frame is wrong, what is in it right. For each frame. */
  readonly badChecksumRate?: number
  /** A 43 leaves before the login. For each connection. */
  readonly earlySyncRate?: number
  /** The device does not read. For each connection. */
  readonly deafRate?: number
}

export type ResolvedDeviceFaults = Readonly<Required<DeviceFaults>>

/** All that can go wrong with a simulated device. */
export interface DeviceChaos extends ChaosConfig, DeviceFaults {}

export const faultDefaults: ResolvedDeviceFaults = Object.freeze({
  lostReplyRate: 0,
  lostResultRate: 0,
  lostStateRate: 0,
  staleStateRate: 0,
  earlyResultRate: 0,
  failedResultRate: 0,
  refusedRate: 0,
  lateRefusalRate: 0,
  badChecksumRate: 0,
  earlySyncRate: 0,
  deafRate: 0,
})

type FaultName = keyof DeviceFaults

const faultNames = Object.freeze(Object.keys(faultDefaults)) as readonly FaultName[]
const rate: NumberRange = { min: 0, max: 1, unit: '' }
const rules = Object.fromEntries(faultNames.map((name) => [name, rate])) as OptionRules<DeviceFaults>

export interface ResolvedDeviceChaos {
  readonly network: ResolvedChaosConfig
  readonly faults: ResolvedDeviceFaults
  /** Whether the network does anything at all. */
  readonly hasNetworkChaos: boolean
}

/** Throws `UsageError` for what is unknown (`unknown-option`) or out of its range (`invalid-option`). */
export function resolveDeviceChaos(chaos: DeviceChaos = {}): ResolvedDeviceChaos {
  const entries = Object.entries(chaos)
  const isFault = ([name]: [string, unknown]): boolean => Object.hasOwn(faultDefaults, name)
  const network = resolveChaosConfig(Object.fromEntries(entries.filter((entry) => !isFault(entry))))
  const given: DeviceFaults = Object.fromEntries(entries.filter(isFault))
  const faults = checkedOptions('chaos', given, faultDefaults, rules)
  const fields = Object.keys(chaosDefaults) as (keyof ChaosConfig)[]
  return { network, faults, hasNetworkChaos: fields.some((field) => network[field] !== chaosDefaults[field]) }
}

/**
 * Chaos from a command line: what `parseChaos` takes, and the faults of devices by name, as in `loss=0.05,latency=20±5,lost-reply=0.1`.
 * Throws `UsageError` as `parseChaos` does.
 */
export function parseDeviceChaos(text: string): DeviceChaos {
  const parts = text.split(',').map((part) => part.trim())
  const faultParts = parts.filter((part) => faultOf(part) !== undefined)
  const network = parseChaosBeside(parts.filter((part) => faultOf(part) === undefined).join(','), [
    ...namesByText.keys(),
  ])
  const faults: Partial<Record<FaultName, number>> = {}
  for (const part of faultParts) {
    const name = faultOf(part) as FaultName
    if (Object.hasOwn(faults, name)) throw new UsageError('invalid-chaos', `chaos: '${part}' is said twice`)
    faults[name] = rateOf(part)
  }
  resolveDeviceChaos(faults)
  return { ...network, ...faults }
}

/** What `parseDeviceChaos` reads. */
export function formatDeviceChaos(chaos: DeviceChaos): string {
  const { network, faults, hasNetworkChaos } = resolveDeviceChaos(chaos)
  const parts = faultNames.filter((name) => faults[name] > 0).map((name) => `${textOf(name)}=${faults[name]}`)
  return [...(hasNetworkChaos || parts.length === 0 ? [formatChaos(network)] : []), ...parts].join(',')
}

/** `lost-reply` for `lostReplyRate`. */
function textOf(name: FaultName): string {
  return name.slice(0, -'Rate'.length).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

const namesByText: ReadonlyMap<string, FaultName> = new Map(faultNames.map((name) => [textOf(name), name]))

function faultOf(part: string): FaultName | undefined {
  return namesByText.get(part.split('=', 1)[0] as string)
}

function rateOf(part: string): number {
  const value = part.slice(part.indexOf('=') + 1)
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(part.includes('=') ? value : '')
  if (match === null) throw new UsageError('invalid-chaos', `chaos: '${part}' must have a number, as in lost-reply=0.1`)
  return Number(match[1]) / (match[2] === '%' ? 100 : 1)
}
