import { UsageError } from '../../base/errors.ts'
import type { ActorCell } from '../actor-cell.ts'
import type { ActorRef } from '../actor-ref.ts'
import type { ResolvedCallOptions } from '../call-options.ts'
import { type ActorDefinition, type CompiledDefinition, compiled, registerDefinition } from '../definition.ts'
import type { Envelope } from '../envelope.ts'
import { type CallScope, type CallTarget, StreamFacade } from '../facade.ts'
import { withoutFrame } from '../frame.ts'
import type { Kernel } from '../kernel.ts'
import type { AnyRef } from '../ref.ts'
import { namedFacades } from '../remote/named-facades.ts'

/** A ref whose handlers nobody has listed. */
export type UntypedRef = ActorRef<Record<string, (...args: unknown[]) => unknown>>

/** The number of the handler that gets every message of a forwarder, with the handler's name before the arguments. */
const FORWARD = 0

/** Streams have one producer for all their items, whose errors are its own: they are opened at a member. */
class NoStreams extends StreamFacade {
  constructor(target: CallTarget, options?: ResolvedCallOptions, scope?: CallScope) {
    super(target, options, scope)
    // biome-ignore lint/correctness/noConstructorReturn: a proxy is what stands for methods nobody has listed
    return new Proxy(this, {
      get: () => {
        throw new UsageError('no-streams', 'a router passes no streams on: open the stream at one of its members')
      },
    })
  }
}

/** A definition whose actors take any message: their first handler gets the name of the one that was meant. */
export function forwarder<A extends unknown[]>(definition: ActorDefinition<A, unknown>): ActorDefinition<A, unknown> {
  const { Tell, Ask } = namedFacades(FORWARD, FORWARD)
  const forwarding: CompiledDefinition = { ...compiled(definition as never, 'router'), Tell, Ask, Stream: NoStreams }
  return registerDefinition(forwarding) as ActorDefinition<A, unknown>
}

/** The cell of an actor of this thread. */
export function cellOf(ref: unknown): ActorCell {
  return (ref as AnyRef).target as unknown as ActorCell
}

/**
 * What a handler answers for work that somebody else does: an error of that is the asker's alone, and does not fail the
 * actor that only passes it on.
 */
export function relayed(envelope: Envelope | undefined, work: PromiseLike<unknown>): Promise<unknown> {
  const refuse = (error: unknown): void => {
    const reply = envelope?.reply
    if (envelope !== undefined) envelope.reply = undefined
    reply?.reject(error)
  }
  return Promise.resolve(work).catch(refuse)
}

/** Milliseconds that an asker still waits, as a call option. */
export function patienceOf(cell: ActorCell): { readonly deadlineMs: number } {
  const dueMs = cell.current?.deadlineMs ?? Number.POSITIVE_INFINITY
  return { deadlineMs: Math.max(dueMs - cell.kernel.clock.nowMs(), Number.MIN_VALUE) }
}

/** A message that was taken here, and that nobody it was passed on to would take. */
export function deadLetterOf(
  { kernel }: { readonly kernel: Kernel },
  path: string,
  result: string,
  handler: string,
  args: readonly unknown[],
  error?: unknown,
): void {
  const reason = result === 'mailbox-full' || result === 'unknown-handler' ? result : 'actor-stopped'
  kernel.deadLetter(reason, path, handler, args.map(withoutFrame), error)
}
