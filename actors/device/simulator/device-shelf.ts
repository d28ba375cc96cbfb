import type { SimulatedDevice } from './simulated-device.ts'

/**
 * The devices that live on this thread, for the actors that speak for them: whoever keeps devices puts them here, and passes the number of
 * their shelf. An actor that is started again finds its device as it left it.
 */
export class DeviceShelf {
  readonly #shelves = new Map<number, readonly SimulatedDevice[]>()
  #lastNumber = 0

  add(devices: readonly SimulatedDevice[]): number {
    this.#shelves.set(++this.#lastNumber, devices)
    return this.#lastNumber
  }

  /** Undefined where there is none: its keeper has gone. */
  find(shelf: number, index: number): SimulatedDevice | undefined {
    return this.#shelves.get(shelf)?.[index]
  }

  remove(shelf: number): void {
    this.#shelves.delete(shelf)
  }
}

export const deviceShelf = new DeviceShelf()
