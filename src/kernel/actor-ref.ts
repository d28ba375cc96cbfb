import type { CallOptions } from './call-options.ts'

/** What became of a tell. `accepted` for an actor on another thread means: it is in the ring to that thread. */
export type SendResult = 'accepted' | 'mailbox-full' | 'actor-stopped'

type Handler = (...args: never[]) => unknown
// A handler that always throws answers `never`, which is assignable to everything; `any` is so too. Neither is a stream.
type Streams<R> = 0 extends 1 & R ? false : [R] extends [never] ? false : R extends AsyncGenerator ? true : false
type IsStream<F> = F extends (...args: never[]) => infer R ? Streams<R> : false
type Called<P> = { [K in keyof P]: P[K] extends Handler ? (IsStream<P[K]> extends true ? never : K) : never }[keyof P]
type Streamed<P> = { [K in keyof P]: IsStream<P[K]> extends true ? K : never }[keyof P]

/** One method per handler that is not a stream: sends without an answer, never throws into the sender. */
export type Tell<P> = {
  readonly [K in Called<P>]: P[K] extends (...args: infer A) => unknown ? (...args: A) => SendResult : never
}

/** One method per handler that is not a stream: resolves with its answer, or rejects; it never hangs. */
export type Ask<P> = {
  readonly [K in Called<P>]: P[K] extends (...args: infer A) => infer R ? (...args: A) => Promise<Awaited<R>> : never
}

/** One method per stream handler. The producer is at most `window` items ahead; leaving the loop ends it. */
export type Stream<P> = {
  readonly [K in Streamed<P>]: P[K] extends (...args: infer A) => AsyncGenerator<infer Y, unknown, unknown>
    ? (...args: A) => AsyncIterableIterator<Y>
    : never
}

/** The three ways to send, under the call options that `with` was given. */
export interface Calls<P> {
  readonly tell: Tell<P>
  readonly ask: Ask<P>
  readonly stream: Stream<P>
}

/**
 * The address of an actor, typed by its protocol: an interface of plain signatures. A ref stays valid through restarts,
 * can be sent to other actors and threads, and outlives the actor (`tell` then answers `actor-stopped`).
 */
export interface ActorRef<P = unknown> extends Calls<P> {
  /** Names from the root, such as `/gateway/connection-7`. For reading; not an address. */
  readonly path: string
  with(options: CallOptions): Calls<P>
  /** Resolves when the actor has started and its mailbox has room; rejects when it cannot start, or has stopped. */
  ready(): Promise<void>
  /** True for two refs to the same actor, also if one of them came from another thread. */
  equals(other: unknown): boolean
  toJSON(): { readonly actor: string; readonly address: string }
}
