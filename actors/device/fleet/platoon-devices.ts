import { authOf, groupsOf } from '../simulator/controller-options.ts'
import { DeviceConduct } from '../simulator/device-conduct.ts'
import { type DeviceTally, noDeviceTally } from '../simulator/device-tally.ts'
import { firmwareKinds, firmwares } from '../simulator/firmware.ts'
import { Mesh } from '../simulator/mesh.ts'
import { newSequences, type SimulatedDevice } from '../simulator/simulated-device.ts'
import type { ResolvedFleetOptions } from './fleet-options.ts'
import type { FleetPlan, PlatoonShare } from './fleet-plan.ts'

/** The devices of one platoon. All share conduct and tally, those of a home its mesh. */
export interface PlatoonDevices {
  readonly devices: readonly SimulatedDevice[]
  readonly conduct: DeviceConduct
  readonly tally: DeviceTally
}

export function makePlatoonDevices(
  options: ResolvedFleetOptions,
  plan: FleetPlan,
  { first, count }: PlatoonShare,
): PlatoonDevices {
  const { profile, chaos, lampsPerHome, groupsPerHome } = options
  const conduct = new DeviceConduct(profile, chaos)
  const tally = noDeviceTally()
  const groups = groupsOf(lampsPerHome, groupsPerHome)
  const devices: SimulatedDevice[] = []
  let mesh: Mesh | undefined
  for (let index = first; index < first + count; index++) {
    if (mesh === undefined || plan.addressOf(index) === 1) mesh = new Mesh(lampsPerHome, groups)
    devices.push(makeDevice(options, plan, index, { mesh, conduct, tally }))
  }
  return { devices, conduct, tally }
}

function makeDevice(
  options: ResolvedFleetOptions,
  plan: FleetPlan,
  index: number,
  shared: Pick<SimulatedDevice, 'mesh' | 'conduct' | 'tally'>,
): SimulatedDevice {
  const { firmware, firmwareVersion, keepAliveSeconds } = options
  const deviceId = plan.deviceIdOf(index)
  const kind = firmware === 'mixed' ? firmwareKinds[index % firmwareKinds.length]! : firmware
  return {
    deviceId,
    auth: authOf(deviceId),
    keepAliveSeconds,
    meshAddress: plan.addressOf(index),
    sequences: newSequences(),
    firmware: firmwares[kind],
    firmwareVersion,
    ...shared,
  }
}

const U16 = 0xffff
/** After the death of a thread: more numbers than a device can have used since the last report. */
const SEQUENCE_RESERVE = 1_024

/** Both sequences of each device, one behind the other. */
export function savedSequences(devices: readonly Pick<SimulatedDevice, 'sequences'>[]): Uint16Array {
  const saved = new Uint16Array(devices.length * 2)
  devices.forEach(({ sequences }, index) => {
    saved[2 * index] = sequences.pipeSync
    saved[2 * index + 1] = sequences.pipe
  })
  return saved
}

/** Goes on where `saved` ends, and a little further: no number is used twice. */
export function restoreSequences(devices: readonly Pick<SimulatedDevice, 'sequences'>[], saved: Uint16Array): void {
  devices.forEach(({ sequences }, index) => {
    sequences.pipeSync = (saved[2 * index]! + SEQUENCE_RESERVE) & U16
    sequences.pipe = (saved[2 * index + 1]! + SEQUENCE_RESERVE) & U16
  })
}
