import { AckTimeout } from './ack-timeout.ts'
import type { LiveCommand } from './live-command.ts'

const FIRST_ACK_MS = 3_000
const FIRST_RESULT_MS = 5_000

/** One connected controller as the command service sees it. What it needs only for commands is made for the first one. */
export class ControllerLine {
  /** Of one login of the controller: another one has another. */
  readonly key: number
  readonly deviceId: number
  readonly home: string
  isOnline = true
  /** Own address on the mesh, once it is known. */
  address: number | undefined
  /** No command goes out before. */
  nextSendMs = 0
  /** A wake is due for it. */
  isWaking = false
  #ack: AckTimeout | undefined
  #result: AckTimeout | undefined
  #queue: Set<LiveCommand> | undefined
  #open: Set<LiveCommand> | undefined

  constructor(key: number, deviceId: number, home: string) {
    this.key = key
    this.deviceId = deviceId
    this.home = home
  }

  get ack(): AckTimeout {
    this.#ack ??= new AckTimeout(FIRST_ACK_MS)
    return this.#ack
  }

  get result(): AckTimeout {
    this.#result ??= new AckTimeout(FIRST_RESULT_MS)
    return this.#result
  }

  /** Commands that wait for its turn, the next first. Bounded by the commands that there may be at all. */
  get queue(): Set<LiveCommand> {
    this.#queue ??= new Set()
    return this.#queue
  }

  get queuedCount(): number {
    return this.#queue?.size ?? 0
  }

  /** Commands that are queued here, or on their way. */
  get open(): Set<LiveCommand> {
    this.#open ??= new Set()
    return this.#open
  }

  get openCommands(): Iterable<LiveCommand> {
    return this.#open ?? []
  }

  /** It is no longer the business of this controller. */
  leave(command: LiveCommand): void {
    this.#queue?.delete(command)
    this.#open?.delete(command)
  }
}
