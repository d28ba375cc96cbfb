import { type DeviceChaos, type ResolvedDeviceChaos, resolveDeviceChaos } from './device-faults.ts'
import type { LatencyProfileName } from './latency-profile.ts'

/** How devices behave at the moment. Many share one, so that it can be changed for all of them at once. */
export class DeviceConduct {
  readonly latency: LatencyProfileName
  #chaos: ResolvedDeviceChaos

  constructor(latency: LatencyProfileName, chaos?: DeviceChaos) {
    this.latency = latency
    this.#chaos = resolveDeviceChaos(chaos)
  }

  get chaos(): ResolvedDeviceChaos {
    return this.#chaos
  }

  /** From now on. Throws `UsageError` as `resolveDeviceChaos` does. */
  setChaos(chaos: DeviceChaos): void {
    this.#chaos = resolveDeviceChaos(chaos)
  }
}
