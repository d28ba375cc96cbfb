import type { SeatTable } from '../memory/seat-table.ts'

export interface WatchdogPorts {
  /** Makes a thread that sleeps look around, which is progress. */
  readonly poke: (seat: number) => void
  /** Once for each time that a thread is stuck. */
  readonly onStuck: (seat: number, forMs: number) => void
}

/** What was seen of one seat. */
interface Sighting {
  readonly incarnation: number
  readonly progress: number
  readonly sinceMs: number
  isReported: boolean
}

/** Looks in each stretch of the limit. */
const LOOKS = 4
/** A look that comes this many times later than planned says that the machine was busy, and nothing about the threads. */
const LATE = 2

/**
 * Tells threads that have stopped getting on from those that have nothing to do: each bumps a counter in shared memory
 * whenever it runs an actor or looks around, and one that sleeps is woken to do so. What keeps a thread from its event loop
 * for longer than the limit, be it a handler or a timer, stands in the way of all its actors. Knows no clock.
 */
export class Watchdog {
  /** Time between two looks. Milliseconds. */
  readonly tickMs: number
  readonly #seats: SeatTable
  readonly #limitMs: number
  readonly #ports: WatchdogPorts
  readonly #sightings = new Map<number, Sighting>()
  #lastMs = Number.POSITIVE_INFINITY

  constructor(seats: SeatTable, limitMs: number, ports: WatchdogPorts) {
    this.#seats = seats
    this.#limitMs = limitMs
    this.#ports = ports
    this.tickMs = limitMs / LOOKS
  }

  look(seats: Iterable<number>, nowMs: number): void {
    const isLate = nowMs - this.#lastMs > this.tickMs * LATE
    this.#lastMs = nowMs
    if (isLate) this.#sightings.clear()
    for (const seat of seats) this.#lookAt(seat, nowMs)
  }

  #lookAt(seat: number, nowMs: number): void {
    if (this.#seats.state(seat) !== 'running') {
      this.#sightings.delete(seat)
      return
    }
    const incarnation = this.#seats.incarnation(seat)
    const progress = this.#seats.progress(seat)
    const last = this.#sightings.get(seat)
    if (last === undefined || last.incarnation !== incarnation || last.progress !== progress) {
      this.#sightings.set(seat, { incarnation, progress, sinceMs: nowMs, isReported: false })
    } else if (nowMs - last.sinceMs >= this.#limitMs && !last.isReported) {
      last.isReported = true
      this.#ports.onStuck(seat, nowMs - last.sinceMs)
    }
    if (this.#seats.isParked(seat)) this.#ports.poke(seat)
  }
}
