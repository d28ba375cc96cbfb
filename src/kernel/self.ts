import type { ActorRef, Ask } from './actor-ref.ts'
import type { ActorDefinition } from './definition.ts'
import type { Frame } from './frame.ts'
import type { Log } from './log.ts'
import type { MessageContext } from './message-context.ts'
import type { SpawnOptions } from './spawn-options.ts'

type Parameters_<F> = F extends (...args: infer A) => unknown ? A : never

/** Keyed timers. A timer sends the actor a message; all are cancelled when the incarnation ends. */
export interface Timers<P> {
  /** Sends `handler(...args)` once after `ms`. A timer under the same key is replaced. */
  once<K extends keyof P & string>(key: string, ms: number, handler: K, ...args: Parameters_<P[K]>): void
  /**
   * Sends `handler(...args)` every `ms`, counted from now without drift. While the last one is still queued, the next is
   * skipped, so a busy actor finds one and not a pile. A timer under the same key is replaced.
   */
  every<K extends keyof P & string>(key: string, ms: number, handler: K, ...args: Parameters_<P[K]>): void
  /** After this its handler is not called, also if its message was queued already. */
  cancel(key: string): void
  has(key: string): boolean
}

/** What a handler may do. It belongs to one incarnation: after a restart or stop every member throws `actor-gone`. */
export interface Self<S, P> {
  /** Plain data: what `start` answered, and what the handlers made of it. */
  state: S
  readonly ref: ActorRef<P>
  readonly path: string
  /** What belongs to the message being handled. Read it before the first `await`, and keep it. */
  readonly context: MessageContext
  readonly timers: Timers<P>
  readonly log: Log
  /** Starts a child on this thread, or where `options.placement` says. Answers at once; `ref.ready()` says more. */
  spawn<A extends unknown[], Q>(
    definition: ActorDefinition<A, Q>,
    args: NoInfer<A>,
    options?: SpawnOptions,
  ): ActorRef<Q>
  /**
   * Stops a child for good, whatever its restart policy: its current message is finished, what waits in its mailbox goes to
   * dead letters. Resolves when it has stopped.
   */
  stopChild(ref: ActorRef<never>): Promise<void>
  /** The `down` signal comes once when that actor has stopped for good, after everything it had sent to this one. */
  watch(ref: ActorRef<never>): void
  /** After this no `down` of it comes, also if it was queued already. */
  unwatch(ref: ActorRef<never>): void
  /** Like `watch`, in both directions; without an `exit` signal handler the death of one fails the other. */
  link(ref: ActorRef<never>): void
  unlink(ref: ActorRef<never>): void
  /** Puts the current message aside until `unstash`. It still counts as queued. */
  stash(): void
  /** Puts what was stashed before all that is queued, in order. */
  unstash(): void
  /** Handles messages by another table of the same protocol from the next message on, until the incarnation ends. */
  become(handlers: { readonly [K in keyof P]: (self: Self<S, P>, ...args: Parameters_<P[K]>) => unknown }): void
  /** An ask that is part of the current chain: a cycle fails at once, and the incarnation's end aborts it. */
  ask<Q>(ref: ActorRef<Q>, options?: { readonly deadlineMs?: number; readonly signal?: AbortSignal }): Ask<Q>
  /** Makes this actor a member of a group until it leaves or stops for good; it stays one through restarts. */
  join(group: string): void
  leave(group: string): void
  /** The actor of that name or path, or undefined. */
  whereis(path: string): Promise<ActorRef | undefined>
  /**
   * A frame to fill and send, valid during this handler. Throws a `CapacityError` (`frames-exhausted`) while there is no
   * room for it.
   */
  frame(bytes: number): Frame
  /** Runs `exportName` of `module` on the pool for CPU work. Ends with the incarnation. */
  compute<R>(module: string | URL, exportName: string, ...args: unknown[]): Promise<R>
  /** Stops after the current message, as `normal`. */
  stop(): void
}
