import { CapacityError, UsageError } from '../base/errors.ts'
import { type AnyRef, isRef } from '../kernel/ref.ts'
import type { Placement } from '../kernel/spawn-options.ts'
import { nameHash } from '../memory/name-hash.ts'
import type { SystemMemory } from '../memory/system-memory.ts'

/** The seat for a new actor. Every thread decides by itself from what all can see. */
export class Placer {
  readonly #memory: SystemMemory
  readonly #seat: number
  /** Seats of worker threads, which take actors of any kind. */
  readonly #workerSeats: readonly number[]
  /** The first of the seats behind those of the workers. */
  readonly pinnedSeat: number
  #next = 0

  constructor(memory: SystemMemory, seat: number, workerSeats: readonly number[]) {
    this.#memory = memory
    this.#seat = seat
    this.#workerSeats = workerSeats
    this.pinnedSeat = firstPinnedSeat(workerSeats)
    this.#next = seat
  }

  place(placement: Placement): number {
    if (placement === 'here') return this.#seat
    if (placement === 'any') return this.#leastLoaded()
    if (placement === 'pinned') return this.#ownThread()
    if (typeof placement === 'object' && placement !== null) {
      if ('key' in placement && typeof placement.key === 'string') return this.#byKey(placement.key)
      if ('with' in placement && isRef(placement.with)) return this.#beside(placement.with)
    }
    throw new UsageError(
      'invalid-option',
      `spawn: placement must be 'here', 'any', 'pinned', { key } or { with: ref }, got ${describe(placement)}`,
    )
  }

  /** A seat that nobody has; the guardian starts a thread when something is sent there. Without workers: this one. */
  #ownThread(): number {
    const { seats, options } = this.#memory
    if (this.#workerSeats.length === 0) return this.#seat
    for (let seat = this.pinnedSeat; seat < options.seatsMax; seat++) {
      if (seats.tryReserve(seat)) return seat
    }
    throw new CapacityError('too-many-threads', 'spawn: no seat is left for a pinned actor (see threadsMax)')
  }

  /** Beside an actor that has ended there is nothing to be near to. */
  #beside({ target: { slot, generation } }: AnyRef): number {
    const { directory } = this.#memory
    return directory.isCurrent(slot, generation) ? directory.hostSeat(slot) : this.#leastLoaded()
  }

  /** The worker with the fewest actors; among equals the next in turn. */
  #leastLoaded(): number {
    const seats = this.#workerSeats
    let best = this.#seat
    let fewest = Number.POSITIVE_INFINITY
    this.#next++
    for (let n = 0; n < seats.length; n++) {
      const seat = seats[(this.#next + n) % seats.length] as number
      if (this.#memory.seats.state(seat) === 'closed') continue
      const actors = this.#memory.counters(seat).gauge('actors')
      if (actors < fewest) {
        fewest = actors
        best = seat
      }
    }
    return best
  }

  /** Rendezvous hashing: the highest hash of key and seat wins, so that a key moves only if its own seat goes. */
  #byKey(key: string): number {
    let best = this.#seat
    let highest = -1
    for (const seat of this.#workerSeats) {
      if (this.#memory.seats.state(seat) === 'closed') continue
      const weight = nameHash(`${key}#${seat}`).high >>> 0
      if (weight > highest) {
        highest = weight
        best = seat
      }
    }
    return best
  }
}

/** Seats behind those of the workers are for threads of one actor each. */
export function firstPinnedSeat(workerSeats: readonly number[]): number {
  return workerSeats.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...workerSeats) + 1
}

function describe(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : JSON.stringify(value)
}
