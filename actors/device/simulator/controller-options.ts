import { UsageError } from 'troupe'
import { checkedOptions, type NumberRange, type OptionRules } from '../../connection/option-check.ts'
import { DeviceConduct } from './device-conduct.ts'
import { type DeviceChaos, resolveDeviceChaos } from './device-faults.ts'
import { VERSION_BYTES_MAX } from './device-packets.ts'
import { noDeviceTally } from './device-tally.ts'
import { type FirmwareKind, firmwareKinds, firmwares } from './firmware.ts'
import { type LatencyProfileName, latencyProfileNames } from './latency-profile.ts'
import { MESH_LAMPS_MAX, Mesh, type MeshGroups } from './mesh.ts'
import { newSequences, type SimulatedDevice } from './simulated-device.ts'

/** A simulated controller that stands for itself. Plain values: they travel between threads. */
export interface ControllerOptions {
  /** Home number times 256, plus its address in the mesh. u32, its low byte 1 to 255. */
  readonly deviceId: number
  /** Lamps of its home, at the addresses from 1 on; its own is among them. Count, 1 to 255. @default 4, or its address where that is more */
  readonly lampCount?: number
  /** Groups of its home: lamp n is in group 1 + (n - 1) % groupCount. Count, 1 to 255. @default 4 */
  readonly groupCount?: number
  /** A ping follows a third of this after the last packet. Seconds, 3 to 65,535. @default 60 */
  readonly keepAliveSeconds?: number
  /** @default 'quiet' */
  readonly profile?: LatencyProfileName
  /** @default 'bulb' */
  readonly firmware?: FirmwareKind
  /** As it announces it. 1 to 16 ASCII characters. @default '10052' */
  readonly firmwareVersion?: string
  /** @default none */
  readonly chaos?: DeviceChaos
  /** Of all that is left to chance. Whole, 0 to 2^32 - 1. @default 1 */
  readonly seed?: number
}

export type ResolvedControllerOptions = Readonly<Required<ControllerOptions>>

export const SEED_MAX = 2 ** 32 - 1
/** Of real ones nobody checks it. */
const AUTH_DIGITS = 16
const ADDRESS_MASK = 0xff
const LAMPS_DEFAULT = 4
/** For a keep-alive, as for fleets. */
export const keepAliveRange: NumberRange = { min: 3, max: 65_535, unit: 's', isWhole: true }
export const seedRange: NumberRange = { min: 0, max: SEED_MAX, unit: '', isWhole: true }
export const lampRange: NumberRange = { min: 1, max: MESH_LAMPS_MAX, unit: 'lamps', isWhole: true }
export const groupRange: NumberRange = { min: 1, max: MESH_LAMPS_MAX, unit: 'groups', isWhole: true }

const rules: OptionRules<ControllerOptions> = {
  deviceId: checkDeviceId,
  lampCount: lampRange,
  groupCount: groupRange,
  keepAliveSeconds: keepAliveRange,
  profile: latencyProfileNames,
  firmware: firmwareKinds,
  firmwareVersion: checkVersion,
  chaos: (value) => void resolveDeviceChaos(value as DeviceChaos),
  seed: seedRange,
}

/** Throws `UsageError` for what is unknown or out of its range. */
export function resolveControllerOptions(options: ControllerOptions): ResolvedControllerOptions {
  const address = (options?.deviceId ?? 0) & ADDRESS_MASK
  const defaults = {
    deviceId: Number.NaN,
    lampCount: Math.max(LAMPS_DEFAULT, address),
    groupCount: 4,
    keepAliveSeconds: 60,
    profile: 'quiet',
    firmware: 'bulb',
    firmwareVersion: '10052',
    chaos: {},
    seed: 1,
  } as const
  const resolved = checkedOptions('controller', options, defaults, rules)
  if (address > resolved.lampCount) {
    const text = `controller: lampCount must be its own address, ${address}, or more, got ${resolved.lampCount}`
    throw new UsageError('invalid-option', text)
  }
  return resolved
}

/** A device of its own, with a mesh of its own. */
export function deviceOf(options: ResolvedControllerOptions): SimulatedDevice {
  const { deviceId, lampCount, groupCount, keepAliveSeconds, profile, chaos } = options
  return {
    deviceId,
    auth: authOf(deviceId),
    keepAliveSeconds,
    meshAddress: deviceId & ADDRESS_MASK,
    mesh: new Mesh(lampCount, groupsOf(lampCount, groupCount)),
    sequences: newSequences(),
    conduct: new DeviceConduct(profile, chaos),
    tally: noDeviceTally(),
    firmware: firmwares[options.firmware],
    firmwareVersion: options.firmwareVersion,
  }
}

/** Its key, of which nobody asks whether it is right. */
export function authOf(deviceId: number): string {
  return deviceId.toString(16).padStart(AUTH_DIGITS, '0')
}

/** The group that a lamp is in, from 1 on. */
export function groupOf(address: number, groupCount: number): number {
  return 1 + ((address - 1) % groupCount)
}

/** All groups of a home. */
export function groupsOf(lampCount: number, groupCount: number): MeshGroups {
  const groups = new Map<number, number[]>()
  for (let address = 1; address <= lampCount; address++) {
    const group = groupOf(address, groupCount)
    groups.set(group, [...(groups.get(group) ?? []), address])
  }
  return groups
}

function checkDeviceId(value: unknown, name: string): void {
  const isId = Number.isInteger(value) && (value as number) > 0 && (value as number) <= SEED_MAX
  if (isId && ((value as number) & ADDRESS_MASK) !== 0) return
  const range = 'a whole number from 1 to 4294967295 whose low byte, its address, is not 0'
  throw new UsageError('invalid-option', `${name} must be ${range}, got ${String(value)}`)
}

/** Also of what a fleet is told to run. */
export function checkVersion(value: unknown, name: string): void {
  if (typeof value === 'string' && /^[\x20-\x7e]+$/.test(value) && value.length <= VERSION_BYTES_MAX) return
  const range = `1 to ${VERSION_BYTES_MAX} ASCII characters`
  throw new UsageError('invalid-option', `${name} must be ${range}, got ${String(value)}`)
}
