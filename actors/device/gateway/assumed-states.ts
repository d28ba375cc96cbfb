import type { CommandOrder } from './command-order.ts'
import type { KnownDevice, MeshStates } from './mesh-states.ts'

const BROADCAST = 0xffff
const GROUP_BIT = 0x8000

/** What the states of devices have to do with the commands for them: one on its way outweighs reports, and one that was taken is assumed to be carried out. */
export class AssumedStates {
  readonly #states: MeshStates
  readonly #groups: Readonly<Record<number, readonly number[]>>

  /** @param groups members of groups by number, mesh addresses */
  constructor(states: MeshStates, groups: Readonly<Record<number, readonly number[]>>) {
    this.#states = states
    this.#groups = groups
  }

  /** A command goes out. */
  started(order: CommandOrder, nowMs: number): void {
    const { id, home, apply } = order
    if (apply !== undefined) this.#states.pend(home, this.#addressesOf(order), id, apply, nowMs)
  }

  /** A controller has it. Answers the devices that are something else by that. */
  taken(order: CommandOrder, nowMs: number): readonly KnownDevice[] {
    const { id, home, apply } = order
    return apply === undefined ? [] : this.#states.settle(home, this.#addressesOf(order), id, apply, nowMs)
  }

  finished(order: CommandOrder, nowMs: number): void {
    const { id, home, apply } = order
    if (apply !== undefined) this.#states.settle(home, this.#addressesOf(order), id, undefined, nowMs)
  }

  #addressesOf({ home, destination, address }: CommandOrder): readonly number[] {
    if (address !== undefined) return [address]
    if (destination === BROADCAST || destination === GROUP_BIT) return this.#states.addressesOf(home)
    return destination > GROUP_BIT ? (this.#groups[destination - GROUP_BIT] ?? []) : []
  }
}
