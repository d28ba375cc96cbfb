import type { CommandOrder } from './command-order.ts'
import { HomeLines } from './home-lines.ts'
import { TargetLane } from './target-lane.ts'

/** The homes that have controllers or commands, and their lanes; what has neither is forgotten. */
export class HomeRegistry {
  readonly #homes = new Map<string, HomeLines>()

  find(name: string): HomeLines | undefined {
    return this.#homes.get(name)
  }

  /** Made if it is not there. */
  home(name: string): HomeLines {
    let home = this.#homes.get(name)
    if (home === undefined) {
      home = new HomeLines()
      this.#homes.set(name, home)
    }
    return home
  }

  findLane(home: string, destination: number): TargetLane | undefined {
    return this.#homes.get(home)?.lanes.get(destination)
  }

  /** Made if it is not there. */
  lane({ home, destination }: CommandOrder): TargetLane {
    const { lanes } = this.home(home)
    let lane = lanes.get(destination)
    if (lane === undefined) {
      lane = new TargetLane(home, destination)
      lanes.set(destination, lane)
    }
    return lane
  }

  dropLane(lane: TargetLane): void {
    const home = this.#homes.get(lane.home)
    // Another lane for the same target may have taken its place.
    if (home?.lanes.get(lane.destination) === lane) home.lanes.delete(lane.destination)
    this.dropIfEmpty(lane.home)
  }

  dropIfEmpty(name: string): void {
    if (this.#homes.get(name)?.isEmpty === true) this.#homes.delete(name)
  }
}
