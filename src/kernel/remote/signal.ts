import type { ResolvedSpawnOptions } from '../spawn-options.ts'
import type { ExitReason } from '../supervision/exit-reason.ts'

/** An actor as others name it. */
export interface Address {
  readonly slot: number
  readonly generation: number
}

/**
 * An address, and which start of the actor is meant, counted by its parent: what was said about an earlier one, and was
 * overtaken by the death of a thread, has no effect on a later one.
 */
export interface Attempt extends Address {
  readonly attempt: number
}

/** What a thread needs to make an actor that is supervised from another thread. */
export interface SpawnOrder extends Attempt {
  readonly parentSeat: number
  readonly parentSlot: number
  readonly parentPath: string
  readonly name: string | undefined
  /** Where the definition is found. */
  readonly module: string
  readonly definition: string
  readonly args: readonly unknown[]
  /** Undefined: the defaults, which every thread has already. */
  readonly options: ResolvedSpawnOptions | undefined
}

/** `names`: the rest of the path, from the actor at the address on. `seat`: who is to be answered. */
export interface PathRequest extends Address {
  readonly names: readonly string[]
  readonly seat: number
  readonly correlation: number
}

/**
 * What kernels tell each other besides messages. Signals travel in the same rings, in order with the messages; they are
 * never refused, and are no part of the account.
 */
export type Signal =
  /** Parent to host: start an incarnation, the first one or the next. */
  | ({ readonly kind: 'begin' } & SpawnOrder)
  /** Parent to host. */
  | ({ readonly kind: 'stop' | 'park'; readonly reason: ExitReason } & Attempt)
  | ({ readonly kind: 'kill' } & Attempt)
  | ({ readonly kind: 'forget'; readonly reason: ExitReason } & Address)
  /** Owner to host: the parent died with its thread. What it had not begun yet, or had ended, is to be let go. */
  | ({ readonly kind: 'disown' } & Address)
  /** Host to parent. */
  | ({ readonly kind: 'started' } & Attempt)
  | ({ readonly kind: 'exited'; readonly reason: ExitReason } & Attempt)
  /** Host to the owner of the slot: the host is done with the actor, its address may be used again. */
  | ({ readonly kind: 'forgotten' } & Address)
  /** Anybody to the root's thread: a top-level actor, at an address of the sender's range. */
  | ({ readonly kind: 'adopt'; readonly seat: number } & Omit<
      SpawnOrder,
      'attempt' | 'parentSeat' | 'parentSlot' | 'parentPath'
    >)
  /** A seat waits for the end of an actor, once for all of its watchers. */
  | ({ readonly kind: 'watch' | 'unwatch' } & Address)
  | ({ readonly kind: 'down'; readonly reason: ExitReason } & Address)
  /** The actor `from` is linked to this one from now on, or no more. */
  | ({ readonly kind: 'link' | 'unlink'; readonly from: unknown } & Address)
  /** Answered when the actor runs and has room. */
  | ({ readonly kind: 'ready'; readonly correlation: number } & Address)
  /** Answered with a ref, or undefined. `names`: the rest of the path, from the actor at the address on. */
  | ({ readonly kind: 'find' } & PathRequest)
  /** Answered with its ref if the actor at the end of the path was parked, and is started again; or undefined. */
  | ({ readonly kind: 'unpark' } & PathRequest)
  /** To the thread of its parent: stop it for good. Answered when it has stopped. */
  | ({ readonly kind: 'dismiss'; readonly seat: number; readonly correlation: number } & Address)
  /** The end of a call that was made by the receiver. */
  | { readonly kind: 'answer'; readonly correlation: number; readonly value: unknown }
  | { readonly kind: 'refusal'; readonly correlation: number; readonly error: unknown }
  /** The caller waits no longer. */
  | { readonly kind: 'cancel'; readonly correlation: number }
  | { readonly kind: 'credit'; readonly correlation: number; readonly items: number }
  | { readonly kind: 'item'; readonly correlation: number; readonly value: unknown }
  | { readonly kind: 'end'; readonly correlation: number }

export type SignalKind = Signal['kind']
