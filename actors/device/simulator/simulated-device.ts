import type { DeviceConduct } from './device-conduct.ts'
import type { DeviceTally } from './device-tally.ts'
import type { Firmware } from './firmware.ts'
import type { Mesh } from './mesh.ts'

/** The sequences of a device, u16. They go on over reconnects, and wrap. */
export interface DeviceSequences {
  /** Of its next 0x83; the first is 1. */
  pipeSync: number
  /** Of its next own 0x73; the first is 0. */
  pipe: number
}

/**
 * A device without its connection: what is still there when it connects again, and when the actor that speaks for it is started again.
 */
export interface SimulatedDevice {
  /** u32. */
  readonly deviceId: number
  /** 16 ASCII characters. */
  readonly auth: string
  readonly keepAliveSeconds: number
  /** Its own place among the lamps of its mesh. */
  readonly meshAddress: number
  readonly mesh: Mesh
  readonly sequences: DeviceSequences
  readonly conduct: DeviceConduct
  readonly tally: DeviceTally
  firmware: Firmware
  /** As it announces it, at most 16 characters. */
  firmwareVersion: string
}

export function newSequences(): DeviceSequences {
  return { pipeSync: 1, pipe: 0 }
}
