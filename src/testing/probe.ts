import { AssertionError } from 'node:assert'
import { inspect, isDeepStrictEqual } from 'node:util'
import type { ActorRef } from '../kernel/actor-ref.ts'
import { type ActorDefinition, compiled, defineActor } from '../kernel/definition.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { namedFacades } from '../kernel/remote/named-facades.ts'

type Arguments<F> = F extends (...args: infer A) => unknown ? A : never
type Answer<F> = F extends (...args: never[]) => AsyncGenerator<infer Y, unknown, unknown>
  ? Iterable<Y> | AsyncIterable<Y>
  : F extends (...args: never[]) => infer R
    ? Awaited<R> | Promise<Awaited<R>>
    : never

/** One message that a probe got. */
export type ProbeMessage<P> = {
  readonly [K in keyof P & string]: { readonly handler: K; readonly args: Readonly<Arguments<P[K]>> }
}[keyof P & string]

/** The arguments that are expected, compared in depth, or a function that says whether they will do. */
export type Matcher<F> = Readonly<Arguments<F>> | ((...args: Arguments<F>) => boolean)

/** Stands for an actor of any protocol: takes every message, remembers it, and answers as it was told to. */
export interface Probe<P> {
  readonly ref: ActorRef<P>
  /** All that came so far, oldest first. */
  readonly messages: readonly ProbeMessage<P>[]
  /**
   * Waits until all actors are idle, and answers the arguments of the oldest message that was not expected before. Throws
   * an `AssertionError` unless it is for that handler and matches.
   */
  expect<K extends keyof P & string>(handler: K, matcher?: Matcher<P[K]>): Promise<Arguments<P[K]>>
  /** Waits until all actors are idle, and throws an `AssertionError` if a message came that was not expected before. */
  expectNothing(): Promise<void>
  /**
   * What asks to that handler get from now on; one that throws rejects the ask. For a stream: its items. Without it an ask
   * is answered with undefined, and a stream has no items.
   */
  reply<K extends keyof P & string>(handler: K, answer: (...args: Arguments<P[K]>) => Answer<P[K]>): void
}

type AnyAnswer = (...args: unknown[]) => unknown

/** Numbers of the probe's two handlers. */
const RECEIVE = 0
const STREAM = 1

/** The recording half of a probe: its actor, and what it got. */
export class ProbeRecorder {
  readonly messages: { readonly handler: string; readonly args: readonly unknown[] }[] = []
  readonly answers = new Map<string, AnyAnswer>()
  readonly definition: ActorDefinition<[], unknown>

  constructor(kernel: Kernel) {
    const take = (name: string, args: readonly unknown[]): AnyAnswer | undefined => {
      this.messages.push({ handler: name, args })
      return this.answers.get(name)
    }
    const actor = defineActor({
      name: 'Probe',
      module: import.meta.url,
      concurrency: 1_000,
      start: () => ({}),
      on: {
        receive: (_self, name: string, ...args: unknown[]) => answerOf(kernel, take(name, args), args),
        async *stream(_self, name: string, ...args: unknown[]) {
          yield* (take(name, args)?.(...args) ?? []) as AsyncIterable<unknown>
        },
      },
    })
    this.definition = { ...compiled(actor, 'probe'), ...namedFacades(RECEIVE, STREAM) }
  }
}

/** An answer that fails is the asker's business: the probe lives on. */
function answerOf(kernel: Kernel, answer: AnyAnswer | undefined, args: readonly unknown[]): unknown {
  const envelope = kernel.running?.current
  const refuse = (error: unknown): void => {
    const reply = envelope?.reply
    if (envelope !== undefined) envelope.reply = undefined
    reply?.reject(error)
  }
  try {
    const result = answer?.(...args)
    return result instanceof Promise ? result.catch(refuse) : result
  } catch (error) {
    refuse(error)
    return undefined
  }
}

/** The probe that a test gets: a recorder, its ref, and a way to wait until nothing more comes. */
export class RecordingProbe<P> implements Probe<P> {
  readonly ref: ActorRef<P>
  readonly #recorder: ProbeRecorder
  readonly #settle: () => Promise<void>
  #expected = 0

  constructor(ref: ActorRef<P>, recorder: ProbeRecorder, settle: () => Promise<void>) {
    this.ref = ref
    this.#recorder = recorder
    this.#settle = settle
  }

  get messages(): readonly ProbeMessage<P>[] {
    return this.#recorder.messages as unknown as readonly ProbeMessage<P>[]
  }

  async expect<K extends keyof P & string>(handler: K, matcher?: Matcher<P[K]>): Promise<Arguments<P[K]>> {
    await this.#settle()
    const message = this.#recorder.messages[this.#expected]
    const expected = Array.isArray(matcher) ? { handler, args: matcher } : { handler }
    if (message === undefined) throw this.#failure(`${this.ref.path} got no '${handler}'`, undefined, expected)
    const { args } = message
    if (message.handler !== handler || !matches(args, matcher as Matcher<AnyAnswer> | undefined)) {
      throw this.#failure(`${this.ref.path} expected '${handler}', got ${inspect(message)}`, message, expected)
    }
    this.#expected++
    return args as Arguments<P[K]>
  }

  async expectNothing(): Promise<void> {
    await this.#settle()
    const rest = this.#recorder.messages.slice(this.#expected)
    if (rest.length > 0) throw this.#failure(`${this.ref.path} expected nothing, got ${inspect(rest)}`, rest, [])
  }

  reply<K extends keyof P & string>(handler: K, answer: (...args: Arguments<P[K]>) => Answer<P[K]>): void {
    this.#recorder.answers.set(handler, answer as AnyAnswer)
  }

  #failure(message: string, actual: unknown, expected: unknown): AssertionError {
    return new AssertionError({ message, actual, expected, operator: 'expect' })
  }
}

function matches(args: readonly unknown[], matcher: Matcher<AnyAnswer> | undefined): boolean {
  if (matcher === undefined) return true
  return typeof matcher === 'function' ? matcher(...args) : isDeepStrictEqual(args, [...matcher])
}
