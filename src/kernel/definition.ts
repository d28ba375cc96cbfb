import { UsageError } from '../base/errors.ts'
import type { ActorRef } from './actor-ref.ts'
import { AskFacade, type FacadeClass, facadeClass, StreamFacade, TellFacade } from './facade.ts'
import { namedForProfiles } from './handler-names.ts'
import { HANDLER_BY_NAME } from './remote/named-facades.ts'
import type { Self } from './self.ts'
import type { ExitReason } from './supervision/exit-reason.ts'
import { resolveSuperviseOptions, type SuperviseOptions } from './supervision/supervise-options.ts'

type Rest<F> = F extends (self: never, ...args: infer A) => unknown ? A : never
type Answer<F> = F extends (...args: never[]) => infer R ? R : never
type HandlersOf<P, S> = {
  readonly [K in keyof P]: P[K] extends (...args: infer A) => infer R
    ? (self: Self<S, P>, ...args: A) => R | Promise<Awaited<R>>
    : never
}
// biome-ignore lint/suspicious/noExplicitAny: the parameters of a handler are contravariant, `unknown` would refuse all
export type AnyHandler<S> = (self: Self<Known<S>, any>, ...args: any[]) => unknown
/**
 * The state, once TypeScript has found it in what `start` answers. While it still looks, it tries out handlers that were
 * written apart, `(self: Self<State, P>, …)`, with `unknown`: that would refuse them all.
 */
// biome-ignore lint/suspicious/noExplicitAny: see above
type Known<S> = unknown extends S ? any : S

/** Notices, not messages: they need no room in the mailbox and are no part of the account. */
export interface Signals<S, P> {
  /** A watched actor has stopped for good. */
  down?(self: Self<S, P>, ref: ActorRef, reason: ExitReason): unknown
  /** A linked actor has ended. Without this handler an abnormal end fails this actor. */
  exit?(self: Self<S, P>, ref: ActorRef, reason: ExitReason): unknown
}

/** The parts of a definition that do not depend on how its protocol is found. */
interface Behavior<A extends unknown[], S, P> {
  /** Unique in its module. Letters, digits, `-_.`; shows in paths, logs and profiles. */
  readonly name: string
  /** `import.meta.url` of the module that defines it: another thread imports that module to find it. */
  readonly module: string
  /** Answers the state. Runs at every start and restart, with the same arguments. May be async. */
  readonly start: (self: Self<NoInfer<S>, P>, ...args: A) => S | Promise<S>
  readonly signals?: Signals<Known<S>, P>
  /** Awaited before the actor stops and before it starts again, within `shutdownMs`. Its children have stopped by then. */
  readonly stop?: (self: Self<Known<S>, P>, reason: ExitReason) => unknown
  /** How it supervises its children. */
  readonly supervise?: SuperviseOptions
  /** Messages handled at the same time while their handlers await. Count, 1 to 1_000_000. @default 1 */
  readonly concurrency?: number
  /** Streams it serves at the same time; one more is refused. Count, 0 to 1_000_000. @default 64 */
  readonly streamsMax?: number
  /** A handler that takes longer raises the event `actor-stuck`. Milliseconds, > 0. @default Infinity */
  readonly handlerMs?: number
  /** Errors thrown outside of any handler, by its timers or sockets, fail this actor. @default it has async handlers */
  readonly attributeErrors?: boolean
  /** Bytes that a message counts for in the mailbox. @default 64, plus strings and views among the arguments */
  readonly sizeOf?: (args: readonly unknown[]) => number
}

declare const protocol: unique symbol
declare const startArgs: unique symbol

/** What `spawn` takes. `A`: the arguments of `start`; `P`: the protocol. */
export interface ActorDefinition<A extends unknown[] = unknown[], P = unknown> {
  readonly name: string
  readonly module: string
  readonly [startArgs]?: (...args: A) => void
  readonly [protocol]?: P
}

/** The protocol of a definition: its handlers without `self`. */
export type ProtocolOf<D> = D extends ActorDefinition<never, infer P> ? P : never

type Inferred<On> = { [K in keyof On]: (...args: Rest<On[K]>) => Answer<On[K]> }

/** An actor whose protocol is read off its handlers. For one that needs `self.ref` or a peer that knows it: `implement`. */
export function defineActor<A extends unknown[], S, On extends Record<string, AnyHandler<S>>>(
  // biome-ignore lint/suspicious/noExplicitAny: its protocol is known only when all its handlers are
  behavior: Behavior<A, S, any> & { readonly on: On & Record<string, AnyHandler<S>> },
): ActorDefinition<A, Inferred<On>> {
  return register(behavior as unknown as UntypedBehavior) as ActorDefinition<A, Inferred<On>>
}

/** An actor of a protocol that was declared first: `implement<CounterProtocol>()({ … })`. */
export function implement<P>(): <A extends unknown[], S>(
  behavior: Behavior<A, S, P> & { readonly on: HandlersOf<P, Known<S>> },
) => ActorDefinition<A, P> {
  return (behavior) => register(behavior as unknown as UntypedBehavior) as ActorDefinition<never, unknown> as never
}

type UntypedHandler = (self: unknown, ...args: unknown[]) => unknown

interface UntypedBehavior extends Omit<Behavior<unknown[], unknown, unknown>, 'start' | 'stop' | 'signals'> {
  readonly on: Readonly<Record<string, UntypedHandler>>
  readonly start: UntypedHandler
  readonly stop?: UntypedHandler
  readonly signals?: { readonly down?: UntypedHandler; readonly exit?: UntypedHandler }
}

/** A definition as the runtime uses it: handlers by index, one table for all instances. */
export interface CompiledDefinition extends ActorDefinition {
  readonly start: UntypedHandler
  readonly stop: UntypedHandler | undefined
  readonly onDown: UntypedHandler | undefined
  readonly onExit: UntypedHandler | undefined
  /** The index of a handler is its number in messages. */
  readonly handlerNames: readonly string[]
  readonly handlers: readonly UntypedHandler[]
  readonly isStream: readonly boolean[]
  readonly supervise: Required<SuperviseOptions>
  readonly concurrency: number
  readonly streamsMax: number
  readonly handlerMs: number
  readonly attributeErrors: boolean
  readonly sizeOf: ((args: readonly unknown[]) => number) | undefined
  readonly Tell: FacadeClass
  readonly Ask: FacadeClass
  readonly Stream: FacadeClass
}

/** JavaScript itself looks for these on any object: `await ref.ask` would call a handler named `then`. */
const RESERVED_NAMES = ['then', 'constructor', 'toJSON', 'toString', 'valueOf', '__proto__', 'prototype']
/** One less than 12 bits can number: the last number stands for a handler that is given by its name. */
const HANDLERS_MAX = HANDLER_BY_NAME

const definitions = new Map<string, CompiledDefinition>()

/** Definitions by module and name; a module that is evaluated again replaces its own. */
export function findDefinition(module: string, name: string): CompiledDefinition | undefined {
  return definitions.get(definitionKey(module, name))
}

export function definitionKey(module: string, name: string): string {
  return `${module}#${name}`
}

/** The runtime's view of what `defineActor` or `implement` answered. */
export function compiled(definition: ActorDefinition<never, unknown>, owner: string): CompiledDefinition {
  const found = definition as Partial<CompiledDefinition> | undefined
  if (found?.handlers === undefined) {
    throw new UsageError(
      'not-a-definition',
      `${owner}: expected what defineActor() answered, got ${String(definition)}`,
    )
  }
  return found as CompiledDefinition
}

function register(behavior: UntypedBehavior): CompiledDefinition {
  return registerDefinition(compile(behavior))
}

/** Threads find it by module and name from now on. */
export function registerDefinition(definition: CompiledDefinition): CompiledDefinition {
  definitions.set(definitionKey(definition.module, definition.name), definition)
  return definition
}

function compile(behavior: UntypedBehavior): CompiledDefinition {
  checkBehavior(behavior)
  const handlerNames = Object.keys(behavior.on)
  const written = handlerNames.map((name) => behavior.on[name] as UntypedHandler)
  const handlers = written.map((handler, index) => shown(behavior, handler, handlerNames[index] as string))
  const called = handlerNames.map((name, index) => (isStreamHandler(written[index]) ? undefined : name))
  // Whether a plain function answers a generator is seen only when it does.
  const streamed = handlerNames.map((name, index) => (written[index] instanceof AsyncFunction ? undefined : name))
  return Object.freeze({
    name: behavior.name,
    module: behavior.module,
    start: shown(behavior, behavior.start, 'start'),
    stop: shown(behavior, behavior.stop, 'stop'),
    onDown: behavior.signals?.down,
    onExit: behavior.signals?.exit,
    handlerNames,
    handlers,
    isStream: written.map(isStreamHandler),
    supervise: resolveSuperviseOptions(behavior.supervise),
    concurrency: behavior.concurrency ?? 1,
    streamsMax: behavior.streamsMax ?? 64,
    handlerMs: behavior.handlerMs ?? Number.POSITIVE_INFINITY,
    attributeErrors: behavior.attributeErrors ?? written.some(isAsyncHandler),
    sizeOf: behavior.sizeOf,
    Tell: facadeClass(TellFacade, called),
    Ask: facadeClass(AskFacade, called),
    Stream: facadeClass(StreamFacade, streamed),
  })
}

/** The function as profiles name it. */
function shown<F>({ name }: UntypedBehavior, handler: F, handlerName: string): F {
  return namedForProfiles(handler, name, handlerName)
}

const BEHAVIOR_KEYS = new Set([
  'name',
  'module',
  'start',
  'on',
  'signals',
  'stop',
  'supervise',
  'concurrency',
  'streamsMax',
  'handlerMs',
  'attributeErrors',
  'sizeOf',
]) // prettier-ignore

function checkBehavior(behavior: UntypedBehavior): void {
  const name = String(behavior?.name)
  const refuse = (code: string, message: string): never => {
    throw new UsageError(code, `actor '${name}': ${message}`)
  }
  if (typeof behavior !== 'object' || behavior === null) refuse('invalid-definition', 'expected an object')
  if (typeof behavior.name !== 'string' || !/^[\w.-]{1,100}$/.test(name))
    refuse('invalid-definition', 'name must be 1 to 100 letters, digits, or -_.')
  for (const key of Object.keys(behavior)) {
    if (!BEHAVIOR_KEYS.has(key))
      refuse('unknown-option', `unknown key '${key}'; known: ${[...BEHAVIOR_KEYS].join(', ')}`)
  }
  if (typeof behavior.module !== 'string' || !URL.canParse(behavior.module)) {
    refuse('invalid-definition', `module must be import.meta.url, got ${String(behavior.module)}`)
  }
  if (typeof behavior.start !== 'function')
    refuse('invalid-definition', 'start must be a function that answers the state')
  if (typeof behavior.on !== 'object' || behavior.on === null)
    refuse('invalid-definition', 'on must be a table of handlers')
  checkHandlers(behavior.on, refuse)
  checkFunctions(behavior, refuse)
  if (behavior.attributeErrors !== undefined && typeof behavior.attributeErrors !== 'boolean') {
    refuse('invalid-option', `attributeErrors must be true or false, got ${String(behavior.attributeErrors)}`)
  }
  checkCount(behavior.concurrency, 'concurrency', 1, refuse)
  checkCount(behavior.streamsMax, 'streamsMax', 0, refuse)
  const handlerMs = behavior.handlerMs ?? 1
  if (!(typeof handlerMs === 'number' && handlerMs > 0))
    refuse('invalid-option', `handlerMs must be > 0 ms, got ${String(handlerMs)}`)
}

function checkHandlers(on: UntypedBehavior['on'], refuse: (code: string, message: string) => never): void {
  const names = Object.keys(on)
  if (names.length > HANDLERS_MAX) refuse('invalid-definition', `at most ${HANDLERS_MAX} handlers, got ${names.length}`)
  for (const name of names) {
    if (RESERVED_NAMES.includes(name))
      refuse('reserved-handler-name', `JavaScript looks for '${name}' itself; rename it`)
    if (typeof on[name] !== 'function') refuse('invalid-definition', `handler '${name}' must be a function`)
  }
}

function checkFunctions(behavior: UntypedBehavior, refuse: (code: string, message: string) => never): void {
  const { stop, sizeOf, signals } = behavior
  for (const [name, value] of Object.entries({ stop, sizeOf, ...signals })) {
    if (value !== undefined && typeof value !== 'function') refuse('invalid-definition', `${name} must be a function`)
  }
  for (const name of Object.keys(signals ?? {})) {
    if (name !== 'down' && name !== 'exit') refuse('unknown-option', `unknown signal '${name}'; known: down, exit`)
  }
}

function checkCount(
  value: number | undefined,
  option: string,
  min: number,
  refuse: (code: string, message: string) => never,
): void {
  if (value === undefined || (Number.isInteger(value) && value >= min && value <= 1_000_000)) return
  refuse('invalid-option', `${option} must be a whole number from ${min} to 1000000, got ${String(value)}`)
}

const AsyncGeneratorFunction = async function* () {}.constructor
const AsyncFunction = (async () => {}).constructor

export function isStreamHandler(handler: unknown): boolean {
  return handler instanceof AsyncGeneratorFunction
}

function isAsyncHandler(handler: unknown): boolean {
  return handler instanceof AsyncFunction || isStreamHandler(handler)
}
