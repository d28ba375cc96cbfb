/** Offsets of an actor's three counts behind its `accountIndex`. Each is written by the actor's own thread alone. */
export const ARRIVED = 0
export const HANDLED = 1
export const DEAD_LETTERED = 2

/** What other threads see of an actor's life. `orphaned`: its thread died, and its parent may take the address over. */
export type ActorState = 'starting' | 'running' | 'restarting' | 'parked' | 'stopping' | 'orphaned' | 'stopped'

/** What a parent decided last about a child on another thread: nothing special, that it stays away, that it is let go. */
export type Verdict = 'none' | 'park' | 'forget'

/** An actor's place among all actors of the system: a slot, and which of its users in turn. */
export interface Address {
  readonly slot: number
  readonly generation: number
}

/** What can be said of a definition where it is not loaded. */
export interface DefinitionSketch {
  readonly module: string
  readonly name: string
  readonly handlerNames: readonly string[]
  readonly handlerMs: number
  /** Its `stop`, if it has one. */
  readonly stop: unknown
}

/** The parent slot of an entry that is no actor: it holds a seat's account of messages for actors that are no more. */
export const LIMBO = -2
/** The parent slot of the root. */
export const NO_PARENT = -1

/**
 * Port: the table of all actors of the system. A slot belongs to the seat of the actor's parent, which allocates and
 * frees it; state and counts are written by the seat the actor lives on.
 */
export interface Directory {
  /** Counts of all actors: `accounts[accountIndex(slot) + ARRIVED]`. */
  readonly accounts: Float64Array
  /** A slot is `seat << rangeBits`, plus its place in the range of the seat that owns it. */
  readonly rangeBits: number
  accountIndex(slot: number): number
  /** A slot in state `starting`, for an actor that will live on `hostSeat`; -1 when there is none left. */
  allocate(hostSeat: number, parentSlot: number, name: string | undefined, retains?: boolean): number
  /** Says what the actor is, for those who look at it from other threads. Only by the seat that hosts it. */
  describe(slot: number, definition: DefinitionSketch): void
  /** From now on the actor has something that ends with it: children, streams, watches. Only by the seat that hosts it. */
  setInvolved(slot: number): void
  /**
   * Whether nobody could tell which of two actors ended first: they are of one definition, which has no `stop`, are not
   * involved in anything, and have nothing to do. Any seat may ask; answers false where it is not sure.
   */
  areInterchangeable(slot: number, other: number): boolean
  /** Gives a slot back. Its generation moves on, so that old refs find nobody. Only by the seat that allocated it. */
  free(slot: number): void
  generation(slot: number): number
  hostSeat(slot: number): number
  /** Whether messages to the actor outlive its thread. */
  retains(slot: number): boolean
  /** The seat that allocated it. */
  ownerSeat(slot: number): number
  parentSlot(slot: number): number
  state(slot: number): ActorState | 'free'
  /** Whether the address still means an actor, in whatever state. */
  isCurrent(slot: number, generation: number): boolean
  /** Whether the address means an actor of this seat that takes messages: one without a cell is yet to come. */
  isAwaited(slot: number, generation: number): boolean
  setState(slot: number, state: ActorState): void
  /** Tells senders on other threads whether the mailbox has room. */
  setFull(slot: number, isFull: boolean): void
  /** For a host that dies before it acts on what it was told. Only by the seat of the actor's parent, before it tells. */
  setVerdict(slot: number, verdict: Verdict): void
  countRestart(slot: number): void
  /** Moves the counts of an ended actor into the totals of its host. */
  settle(slot: number): void
  /** Equal for equal names; see `nameKeyOf`. */
  nameKey(name: string): string
  /** The key of an entry's name. */
  nameKeyOf(slot: number): string
  forEachHostedOn(seat: number, visit: (slot: number) => void): void
}
