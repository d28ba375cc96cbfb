import { UsageError } from '../base/errors.ts'
import type { Placement } from '../kernel/spawn-options.ts'
import { isRef } from '../kernel/ref.ts'
import { nameHash } from '../memory/name-hash.ts'
import type { SystemMemory } from '../memory/system-memory.ts'

/** The seat for a new actor. Every thread decides by itself from what all can see. */
export class Placer {
  readonly #memory: SystemMemory
  readonly #seat: number
  /** Seats of worker threads, which take actors of any kind. */
  readonly #workerSeats: readonly number[]
  #next = 0

  constructor(memory: SystemMemory, seat: number, workerSeats: readonly number[]) {
    this.#memory = memory
    this.#seat = seat
    this.#workerSeats = workerSeats
    this.#next = seat
  }

  place(placement: Placement): number {
    if (placement === 'here') return this.#seat
    if (placement === 'any') return this.#leastLoaded()
    if (placement === 'pinned') return this.#leastLoaded()
    if (typeof placement === 'object' && placement !== null) {
      if ('key' in placement && typeof placement.key === 'string') return this.#byKey(placement.key)
      if ('with' in placement && isRef(placement.with)) return this.#memory.directory.hostSeat(placement.with.target.slot)
    }
    throw new UsageError(
      'invalid-option',
      `spawn: placement must be 'here', 'any', 'pinned', { key } or { with: ref }, got ${describe(placement)}`,
    )
  }

  /** The worker with the fewest actors; among equals the next in turn. */
  #leastLoaded(): number {
    const seats = this.#workerSeats
    let best = this.#seat
    let fewest = Number.POSITIVE_INFINITY
    this.#next++
    for (let n = 0; n < seats.length; n++) {
      const seat = seats[(this.#next + n) % seats.length] as number
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
      const weight = nameHash(`${key}#${seat}`).high >>> 0
      if (weight > highest) {
        highest = weight
        best = seat
      }
    }
    return best
  }
}

function describe(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : JSON.stringify(value)
}
