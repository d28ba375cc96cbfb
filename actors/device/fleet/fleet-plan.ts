import { groupOf } from '../simulator/controller-options.ts'
import type { ResolvedFleetOptions } from './fleet-options.ts'

/** Devices of one platoon: whole homes. */
export interface PlatoonShare {
  readonly first: number
  readonly count: number
}

type PlanOptions = Pick<
  ResolvedFleetOptions,
  'deviceCount' | 'controllersPerHome' | 'groupsPerHome' | 'firstHome' | 'platoonCount'
>

const NAME = /^h([1-9]\d{0,8})-d([1-9]\d{0,2})$/

/** Which device is what: indexes from 0 on, homes, addresses, names, and the platoon that has it. Nothing of it changes. */
export class FleetPlan {
  readonly shares: readonly PlatoonShare[]
  readonly #options: PlanOptions

  constructor(options: PlanOptions) {
    this.#options = options
    this.shares = sharesOf(options)
  }

  homeOf(index: number): number {
    const { firstHome, controllersPerHome } = this.#options
    return firstHome + Math.floor(index / controllersPerHome)
  }

  /** Address in its mesh, from 1 on. */
  addressOf(index: number): number {
    return 1 + (index % this.#options.controllersPerHome)
  }

  groupOf(index: number): number {
    return groupOf(this.addressOf(index), this.#options.groupsPerHome)
  }

  /** Home and address in one number, as the devices of this project have it. */
  deviceIdOf(index: number): number {
    return this.homeOf(index) * 256 + this.addressOf(index)
  }

  /** `h3-d7`: device 7 of home 3. */
  nameOf(index: number): string {
    return `h${this.homeOf(index)}-d${this.addressOf(index)}`
  }

  /** Undefined for what is no name of a device here. */
  indexOf(name: string): number | undefined {
    const [, home, address] = NAME.exec(name) ?? []
    const { firstHome, controllersPerHome, deviceCount } = this.#options
    if (home === undefined || Number(address) > controllersPerHome) return undefined
    const index = (Number(home) - firstHome) * controllersPerHome + Number(address) - 1
    return index >= 0 && index < deviceCount ? index : undefined
  }

  platoonOf(index: number): number {
    return this.shares.findIndex(({ first, count }) => index < first + count)
  }
}

/** Homes are shared out evenly; a platoon without one is left out. */
function sharesOf({ deviceCount, controllersPerHome, platoonCount }: PlanOptions): PlatoonShare[] {
  const homeCount = Math.ceil(deviceCount / controllersPerHome)
  const shares: PlatoonShare[] = []
  for (let platoon = 0; platoon < platoonCount; platoon++) {
    const first = Math.floor((homeCount * platoon) / platoonCount) * controllersPerHome
    const end = Math.floor((homeCount * (platoon + 1)) / platoonCount) * controllersPerHome
    const count = Math.min(end, deviceCount) - first
    if (count > 0) shares.push({ first, count })
  }
  return shares
}
