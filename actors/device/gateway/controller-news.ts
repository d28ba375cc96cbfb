import type { DeviceReport } from './device-report.ts'
import type { AttemptEnd } from './session-ports.ts'

/** What a connection has to tell of one read, all of it in one message. What there is nothing of is left out. */
export interface ControllerNews {
  /** Attempts that the controller has got. */
  readonly acked?: readonly number[]
  readonly ended?: readonly (readonly [inner: number, end: AttemptEnd])[]
  readonly reports?: readonly DeviceReport[]
  /** Own mesh address of the controller. */
  readonly address?: number
  /** Packets that had come before. Count. */
  readonly duplicates?: number
}

/** Reports that wait while the gateway takes none: beyond it only the last of each device is kept, and it is at most one for each. */
const REPORTS_MAX = 64

/** News of a connection that are not told yet. Bounded: answers by the attempts that a session remembers, reports by the devices of a home. */
export class NewsBuffer {
  #acked: number[] | undefined
  #ended: (readonly [number, AttemptEnd])[] | undefined
  #reports: DeviceReport[] | undefined
  #address: number | undefined
  #duplicates = 0

  get isEmpty(): boolean {
    return (
      this.#acked === undefined &&
      this.#ended === undefined &&
      this.#reports === undefined &&
      this.#address === undefined &&
      this.#duplicates === 0
    )
  }

  acked(inner: number): void {
    this.#acked ??= []
    this.#acked.push(inner)
  }

  ended(inner: number, end: AttemptEnd): void {
    this.#ended ??= []
    this.#ended.push([inner, end])
  }

  report(report: DeviceReport): void {
    this.#reports ??= []
    this.#reports.push(report)
    if (this.#reports.length <= REPORTS_MAX) return
    const latest = new Map(this.#reports.map((one) => [one.address, one]))
    // As long as each is of another device there is nothing to leave out; addresses are bytes.
    if (latest.size < this.#reports.length) this.#reports = [...latest.values()]
  }

  addressed(address: number): void {
    this.#address = address
  }

  duplicate(): void {
    this.#duplicates++
  }

  /** All of it, as a value; it stays until `clear`. */
  get news(): ControllerNews {
    return {
      ...(this.#acked !== undefined && { acked: this.#acked }),
      ...(this.#ended !== undefined && { ended: this.#ended }),
      ...(this.#reports !== undefined && { reports: this.#reports }),
      ...(this.#address !== undefined && { address: this.#address }),
      ...(this.#duplicates > 0 && { duplicates: this.#duplicates }),
    }
  }

  clear(): void {
    this.#acked = undefined
    this.#ended = undefined
    this.#reports = undefined
    this.#address = undefined
    this.#duplicates = 0
  }
}
