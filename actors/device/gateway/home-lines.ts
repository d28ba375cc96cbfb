import type { ControllerLine } from './controller-line.ts'
import type { LiveCommand } from './live-command.ts'
import type { TargetLane } from './target-lane.ts'

/** The connected controllers of one home: they hear the same devices. */
export class HomeLines {
  readonly lines: ControllerLine[] = []
  readonly lanes = new Map<number, TargetLane>()
  #byAddress: Map<number, ControllerLine> | undefined
  #waiting: Set<LiveCommand> | undefined
  #turn = 0

  /** The one that is asked for the states of the mesh: the first that came, until it goes. */
  get primary(): ControllerLine | undefined {
    return this.lines[0]
  }

  /** Commands that nobody is there for. */
  get waiting(): Set<LiveCommand> {
    this.#waiting ??= new Set()
    return this.#waiting
  }

  get isEmpty(): boolean {
    return this.lines.length === 0 && this.lanes.size === 0 && (this.#waiting?.size ?? 0) === 0
  }

  remove(line: ControllerLine): void {
    const index = this.lines.indexOf(line)
    if (index >= 0) this.lines.splice(index, 1)
    this.#loseAddress(line)
  }

  /** This controller is the device with that address, and no other any more. */
  setAddress(line: ControllerLine, address: number): void {
    this.#loseAddress(line)
    line.address = address
    this.#byAddress ??= new Map()
    this.#byAddress.set(address, line)
  }

  /**
   * The controller for the next attempt: the same one for the first attempts, then another, and the one tried least when all were tried. Of those not
   * tried: the one that is the device itself, else one after the other.
   * @param attemptsPerController in a row
   */
  choose(command: LiveCommand, attemptsPerController: number): ControllerLine | undefined {
    const { line, order } = command
    if (order.via !== undefined) return this.#via(order.via)
    if (line?.isOnline === true && !command.wasRefusedBy(line)) {
      if (command.attemptsOn(line) < attemptsPerController) return line
    }
    return this.#untried(command) ?? this.#leastTried(command)
  }

  /** Whether a controller is there that has not refused it. */
  hasOther(command: LiveCommand): boolean {
    const { via } = command.order
    const found = via === undefined ? this.lines.find((line) => !command.wasRefusedBy(line)) : this.#via(via)
    return found !== undefined && !command.wasRefusedBy(found)
  }

  #loseAddress(line: ControllerLine): void {
    const { address } = line
    if (address === undefined || this.#byAddress?.get(address) !== line) return
    // Another one may have said the same before.
    const other = this.lines.find((one) => one !== line && one.address === address)
    if (other === undefined) this.#byAddress.delete(address)
    else this.#byAddress.set(address, other)
  }

  #via(deviceId: number): ControllerLine | undefined {
    return this.lines.find((line) => line.deviceId === deviceId)
  }

  /** Looks at few: each that does not do has an attempt. */
  #untried(command: LiveCommand): ControllerLine | undefined {
    const { address, byPrimary } = command.order
    const own = address === undefined ? undefined : this.#byAddress?.get(address)
    if (own !== undefined && command.attemptsOn(own) === 0) return own
    const { lines } = this
    const turn = byPrimary ? 0 : this.#turn++
    for (let index = 0; index < lines.length; index++) {
      const line = lines[(turn + index) % lines.length]!
      if (command.attemptsOn(line) === 0) return line
    }
    return undefined
  }

  /** All have been tried, so that these are few. One that said no comes last. */
  #leastTried(command: LiveCommand): ControllerLine | undefined {
    let best: ControllerLine | undefined
    let bestCost = Number.POSITIVE_INFINITY
    for (const line of this.lines) {
      const cost = command.attemptsOn(line) + (command.wasRefusedBy(line) ? 1_000 : 0)
      if (cost < bestCost) [best, bestCost] = [line, cost]
    }
    return best
  }
}
