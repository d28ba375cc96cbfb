import { UsageError } from 'troupe'
import { COLOR_MODE_RGB, type LampChange, type LampState } from './lamp.ts'

export const MESH_LAMPS_MAX = 255
/** Destinations of commands: a lamp, `GROUP | n`, everybody. */
const GROUP = 0x8000
const WHOLE_HOME = 0x8000
const BROADCAST = 0xffff
const ADDRESS_MASK = 0xff

/** Bytes of one lamp, in order: on, brightness, colour mode, red, green, blue, light show. */
const LAMP_BYTES = 7
const BRIGHTNESS = 1
const COLOR_MODE = 2
const RED = 3
const LIGHT_SHOW = 6

/** Members of a group of a home, by its number. */
export type MeshGroups = ReadonlyMap<number, readonly number[]>

/** Told which lamps have changed. */
export type MeshListener = (addresses: readonly number[]) => void

/**
 * The lamps of one home, at the addresses 1 to `lampCount`, as the mesh has them: whichever controller a command comes by, it is the same
 * lamps that change, and every controller hears of it.
 */
export class Mesh {
  readonly lampCount: number
  readonly #groups: MeshGroups
  readonly #bytes: Uint8Array
  readonly #listeners = new Set<MeshListener>()

  constructor(lampCount: number, groups: MeshGroups = new Map()) {
    if (!(Number.isInteger(lampCount) && lampCount >= 1 && lampCount <= MESH_LAMPS_MAX)) {
      const range = `a whole number from 1 to ${MESH_LAMPS_MAX} lamps`
      throw new UsageError('invalid-option', `mesh: lampCount must be ${range}, got ${lampCount}`)
    }
    this.lampCount = lampCount
    this.#groups = groups
    this.#bytes = new Uint8Array(lampCount * LAMP_BYTES)
    for (let address = 1; address <= lampCount; address++) this.#bytes[at(address) + BRIGHTNESS] = 100
  }

  has(address: number): boolean {
    return address >= 1 && address <= this.lampCount
  }

  state(address: number): LampState {
    const bytes = this.#bytes
    const start = at(address)
    const [red, green, blue] = [bytes[start + RED]!, bytes[start + RED + 1]!, bytes[start + RED + 2]!]
    return {
      isOn: bytes[start] === 1,
      brightness: bytes[start + BRIGHTNESS]!,
      colorMode: bytes[start + COLOR_MODE]!,
      rgb: [red, green, blue],
    }
  }

  /** Which light show runs on a lamp; 0: none. */
  lightShow(address: number): number {
    return this.#bytes[at(address) + LIGHT_SHOW]!
  }

  /** The lamps that a destination means; none for one that nobody has. An outlet of a lamp is that lamp. */
  addressesOf(destination: number): readonly number[] {
    if (destination === WHOLE_HOME || destination === BROADCAST) return this.#all()
    if ((destination & GROUP) !== 0) return this.#groups.get(destination & ~GROUP) ?? []
    const address = destination & ADDRESS_MASK
    return this.has(address) ? [address] : []
  }

  /**
   * Changes the lamps of a destination and tells every listener but `except`. Answers which they were, also where they were like that
   * already: real ones announce that too.
   */
  change(destination: number, change: LampChange, except?: MeshListener): readonly number[] {
    const addresses = this.changeSilently(destination, change)
    if (addresses.length === 0) return addresses
    for (const listener of this.#listeners) if (listener !== except) listener(addresses)
    return addresses
  }

  /** As `change`, and nobody is told. */
  changeSilently(destination: number, change: LampChange): readonly number[] {
    const addresses = this.addressesOf(destination)
    for (const address of addresses) this.#set(at(address), change)
    return addresses
  }

  listen(listener: MeshListener): void {
    this.#listeners.add(listener)
  }

  unlisten(listener: MeshListener): void {
    this.#listeners.delete(listener)
  }

  #set(start: number, { isOn, brightness, whiteTemperature, rgb, lightShow = 0 }: LampChange): void {
    const bytes = this.#bytes
    if (isOn !== undefined) bytes[start] = isOn ? 1 : 0
    if (brightness !== undefined) bytes[start + BRIGHTNESS] = brightness
    if (whiteTemperature !== undefined) bytes[start + COLOR_MODE] = whiteTemperature
    if (rgb !== undefined) {
      bytes[start + COLOR_MODE] = COLOR_MODE_RGB
      bytes.set(rgb, start + RED)
    }
    bytes[start + LIGHT_SHOW] = lightShow
  }

  #all(): number[] {
    return Array.from({ length: this.lampCount }, (_, index) => index + 1)
  }
}

function at(address: number): number {
  return (address - 1) * LAMP_BYTES
}
