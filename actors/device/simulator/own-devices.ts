import { deviceOf, type ResolvedControllerOptions } from './controller-options.ts'
import type { SimulatedDevice } from './simulated-device.ts'

/** A device that stands for itself, and how many connections it has had. */
export interface OwnDevice {
  readonly device: SimulatedDevice
  connectionCount: number
}

/** More are not remembered: who comes after so many others begins anew. */
const REMEMBERED_MAX = 10_000

/**
 * The devices of this thread that stand for themselves, by the key of whoever speaks for them: an actor that is started again, and the next
 * connection of a device that listens, find theirs as it was left. They do not outlive their thread.
 */
export class OwnDevices {
  readonly #devices = new Map<string, OwnDevice>()
  readonly #rememberedMax: number

  constructor(rememberedMax = REMEMBERED_MAX) {
    this.#rememberedMax = rememberedMax
  }

  take(key: string, options: ResolvedControllerOptions): OwnDevice {
    const own = this.#devices.get(key) ?? { device: deviceOf(options), connectionCount: 0 }
    // The one used last is the last to be forgotten.
    this.#devices.delete(key)
    this.#devices.set(key, own)
    const [oldest] = this.#devices.keys()
    if (this.#devices.size > this.#rememberedMax) this.#devices.delete(oldest as string)
    return own
  }

  forget(key: string): void {
    this.#devices.delete(key)
  }
}

export const ownDevices = new OwnDevices()
