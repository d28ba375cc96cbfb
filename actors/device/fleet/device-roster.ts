import { SeededRandom } from 'troupe'
import { DueQueue } from '../../clock/due-queue.ts'
import { ReconnectDelay } from '../../connection/reconnect-delay.ts'
import { type FleetDeviceState, noStateCounts, type StateCounts } from './device-state.ts'
import { StartPace } from './start-pace.ts'

export interface RosterOptions {
  readonly deviceCount: number
  readonly startPerSecond: number
  /** At the same time `connecting`. Count, >= 1. */
  readonly connectingMax: number
  readonly backoffMinMs: number
  readonly backoffMaxMs: number
  readonly failuresMax: number
  readonly failureWindowMs: number
  readonly seed: number
}

/**
 * How a connection ended, and so what follows: `lost`, a failure, another attempt after the backoff; `refused-slowly`, a failure whose time
 * has passed already, tried again at once; `over`, no failure: the gateway ended it in order, or somebody asked for it.
 */
export type RosterEnding = 'lost' | 'refused-slowly' | 'over'

/** After an orderly end real ones are back in that time. Milliseconds. */
export const RECONNECT_MS = 250

const OFFLINE = 0
const CONNECTING = 1
const ONLINE = 2
const QUIET = 3
const PARKED = 4
type Code = typeof OFFLINE | typeof CONNECTING | typeof ONLINE | typeof QUIET | typeof PARKED

/** What is remembered of a device that has failed lately. */
interface Trouble {
  /** When, the oldest first; no more than get it parked. */
  readonly failuresMs: number[]
  readonly delay: ReconnectDelay
  reason: string
}

/**
 * When each of many devices is to be started, and how it is: at a rate, again after a backoff, and no more when it failed too often within a
 * window. A pure state machine: it is told what happened and when, and answers whom to start.
 *
 *     offline --its turn--> connecting --accepted--> online <--ping unanswered, answered--> quiet
 *        ^                      |                       |                                      |
 *        +------ ended ---------+-----------------------+--------------------------------------+
 *        |  `-- once too often within the window --> parked
 *        +----------------- unpark ------------------'
 */
export class DeviceRoster {
  /** Connections begun beyond the first of each device. */
  restartCount = 0
  readonly #options: RosterOptions
  readonly #codes: Uint8Array
  /** Connections begun, by device. */
  readonly #starts: Uint32Array
  readonly #queue = new DueQueue<number>()
  readonly #pace: StartPace
  readonly #random: SeededRandom
  readonly #troubles = new Map<number, Trouble>()
  #connectingCount = 0
  #isEnding = false

  constructor(options: RosterOptions, nowMs: number) {
    this.#options = options
    this.#codes = new Uint8Array(options.deviceCount)
    this.#starts = new Uint32Array(options.deviceCount)
    this.#pace = new StartPace(options.startPerSecond)
    this.#random = new SeededRandom(options.seed)
    for (let index = 0; index < options.deviceCount; index++) this.#queue.add(nowMs, index)
  }

  /** When `next` has somebody to start; Infinity while nobody waits, or too many are connecting. */
  get nextDueMs(): number {
    return this.#isHeld ? Number.POSITIVE_INFINITY : Math.max(this.#queue.nextMs, this.#pace.nextMs)
  }

  /** Whom to start now; it counts as begun. Undefined when nobody is due, or the rate does not allow it. */
  next(nowMs: number): number | undefined {
    if (this.#isHeld || this.#queue.nextMs > nowMs || !this.#pace.take(nowMs)) return undefined
    const index = this.#queue.removeFirst() as number
    this.#codes[index] = CONNECTING
    this.#connectingCount++
    if (this.#starts[index]!++ > 0) this.restartCount++
    return index
  }

  /** The gateway has accepted its login. */
  online(index: number): void {
    if (!this.#is(index, CONNECTING)) return
    this.#codes[index] = ONLINE
    this.#connectingCount--
  }

  quiet(index: number, isQuiet: boolean): void {
    if (this.#is(index, ONLINE) || this.#is(index, QUIET)) this.#codes[index] = isQuiet ? QUIET : ONLINE
  }

  /** Its connection is gone, or could not be made. */
  ended(index: number, ending: RosterEnding, reason: string, nowMs: number): void {
    if (this.#is(index, OFFLINE) || this.#is(index, PARKED)) return
    const wasOnline = !this.#is(index, CONNECTING)
    if (!wasOnline) this.#connectingCount--
    this.#codes[index] = OFFLINE
    if (ending === 'over' && wasOnline) return this.#queue.add(nowMs + RECONNECT_MS, index)
    const trouble = this.#troubleOf(index)
    trouble.reason = reason
    if (wasOnline) trouble.delay.reset()
    if (this.#fail(trouble, nowMs)) this.#codes[index] = PARKED
    else this.#queue.add(nowMs + (ending === 'refused-slowly' ? RECONNECT_MS : trouble.delay.next()), index)
  }

  /** Starts a parked device again, with a clean record. False: it was not parked. */
  unpark(index: number, nowMs: number): boolean {
    if (!this.#is(index, PARKED)) return false
    this.#troubles.delete(index)
    this.#codes[index] = OFFLINE
    this.#queue.add(nowMs, index)
    return true
  }

  /** Nobody is started any more. */
  finish(): void {
    this.#isEnding = true
  }

  state(index: number, nowMs: number): FleetDeviceState {
    switch (this.#codes[index] as Code) {
      case CONNECTING:
        return 'connecting'
      case ONLINE:
        return this.#isFlapping(index, nowMs) ? 'degraded' : 'online'
      case QUIET:
        return 'degraded'
      case PARKED:
        return 'parked'
      default:
        return 'offline'
    }
  }

  /** Why it failed last, as far as that is remembered. */
  reason(index: number): string | undefined {
    return this.#troubles.get(index)?.reason
  }

  /** Connections begun beyond its first. */
  restarts(index: number): number {
    return Math.max(0, this.#starts[index]! - 1)
  }

  counts(nowMs: number): StateCounts {
    const counts = noStateCounts()
    for (let index = 0; index < this.#codes.length; index++) counts[this.state(index, nowMs)]++
    return counts
  }

  /** A slow gateway is not given more to do: whoever waits for it too long would come again, and again. */
  get #isHeld(): boolean {
    return this.#isEnding || this.#connectingCount >= this.#options.connectingMax
  }

  #is(index: number, code: Code): boolean {
    return this.#codes[index] === code
  }

  #troubleOf(index: number): Trouble {
    const known = this.#troubles.get(index)
    if (known !== undefined) return known
    const { backoffMinMs: minMs, backoffMaxMs: maxMs } = this.#options
    const delay = new ReconnectDelay({ minMs, maxMs, random: this.#random })
    const trouble: Trouble = { failuresMs: [], delay, reason: '' }
    this.#troubles.set(index, trouble)
    return trouble
  }

  /** Counts a failure; answers whether it was one too many. */
  #fail({ failuresMs }: Trouble, nowMs: number): boolean {
    const { failuresMax, failureWindowMs } = this.#options
    while (failuresMs.length > 0 && failuresMs[0]! <= nowMs - failureWindowMs) failuresMs.shift()
    failuresMs.push(nowMs)
    return failuresMs.length > failuresMax
  }

  #isFlapping(index: number, nowMs: number): boolean {
    const trouble = this.#troubles.get(index)
    if (trouble === undefined) return false
    const { failuresMax, failureWindowMs } = this.#options
    const recent = trouble.failuresMs.filter((failedMs) => failedMs > nowMs - failureWindowMs).length
    if (recent === 0) this.#troubles.delete(index)
    return recent > 0 && recent * 2 >= failuresMax
  }
}
