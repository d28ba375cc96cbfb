/** Offsets of an actor's three counts behind its `accountIndex`. Each is written by the actor's own thread alone. */
export const ARRIVED = 0
export const HANDLED = 1
export const DEAD_LETTERED = 2

/** What other threads see of an actor's life. `orphaned`: its thread died, and its parent may take the address over. */
export type ActorState = 'starting' | 'running' | 'restarting' | 'parked' | 'stopping' | 'orphaned' | 'stopped'

/** An actor's place among all actors of the system: a slot, and which of its users in turn. */
export interface Address {
  readonly slot: number
  readonly generation: number
}

/**
 * Port: the table of all actors of the system. A slot belongs to the seat of the actor's parent, which allocates and
 * frees it; the counts are written by the seat the actor lives on.
 */
export interface Directory {
  /** Counts of all actors: `accounts[accountIndex(slot) + ARRIVED]`. */
  readonly accounts: Float64Array
  accountIndex(slot: number): number
  /** A slot in state `starting`, for an actor that will live on `hostSeat`; -1 when there is none left. */
  allocate(hostSeat: number, parentSlot: number, name: string | undefined): number
  /** Gives a slot back. Its generation moves on, so that old refs find nobody. Only by the seat that allocated it. */
  free(slot: number): void
  generation(slot: number): number
  hostSeat(slot: number): number
  setState(slot: number, state: ActorState): void
  /** Tells senders on other threads whether the mailbox has room. */
  setFull(slot: number, isFull: boolean): void
  /** Moves the counts of an ended actor into the totals of its host. */
  settle(slot: number): void
}
