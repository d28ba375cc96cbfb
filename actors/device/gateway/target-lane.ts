import type { CommandOrder } from './command-order.ts'
import type { LiveCommand } from './live-command.ts'

/** Nobody knows what it sets: it replaces nothing, and nothing replaces it. */
export const OPAQUE = 128

/**
 * The commands for one target, in order: the latest state wins. One that sets what an older one sets, and waits, ends it; one that sets a part of
 * that waits until the older one has ended, so that a late repetition of the older one cannot undo it.
 */
export class TargetLane {
  readonly home: string
  readonly destination: number
  readonly commands: LiveCommand[] = []
  /** The next begins no earlier: what comes meanwhile is one. */
  nextStartMs = 0
  isWaking = false

  constructor(home: string, destination: number) {
    this.home = home
    this.destination = destination
  }

  /** Those that `newer` makes needless. */
  replacedBy(newer: CommandOrder): LiveCommand[] {
    if (newer.isOnce || newer.aspects === 0 || (newer.aspects & OPAQUE) !== 0) return []
    return this.commands.filter(
      ({ order, supersededBy }) =>
        supersededBy === undefined &&
        !order.isOnce &&
        order.aspects !== 0 &&
        (order.aspects & ~newer.aspects) === 0 &&
        order.via === newer.via,
    )
  }

  /** The next that may begin now. */
  next(): LiveCommand | undefined {
    return this.commands.find((command, index) => command.phase === 'lane' && !this.#isBlocked(command, index))
  }

  remove(command: LiveCommand): void {
    const index = this.commands.indexOf(command)
    if (index >= 0) this.commands.splice(index, 1)
  }

  #isBlocked({ order }: LiveCommand, index: number): boolean {
    for (let earlier = 0; earlier < index; earlier++) {
      const other = this.commands[earlier]!
      if (other.supersededBy !== undefined || other.phase === 'confirming') continue
      if ((other.order.aspects & order.aspects) !== 0) return true
    }
    return false
  }
}
