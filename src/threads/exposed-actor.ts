import type { MessagePort } from 'node:worker_threads'
import * as Comlink from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import { UnreachableError, UsageError } from '../base/errors.ts'
import { checkRange, resolveOptions } from '../base/options.ts'
import type { ActorRef } from '../kernel/actor-ref.ts'
import { isRef } from '../kernel/ref.ts'

export interface ExposeOptions<P> {
  /** Handlers that the other end of the port may ask. Everything else is refused. At least one. */
  readonly allow: readonly (keyof P & string)[]
  /** A call that has no answer by then rejects with `ask-timeout`. Milliseconds, > 0. @default 5_000 */
  readonly deadlineMs?: number
}

/** What is offered over a port until it is closed. */
export interface Exposure {
  /** Open calls are cancelled, later ones refused. The port itself is its owner's to close. */
  close(): void
}

/** A message of a Comlink client, as far as it is looked at. */
interface ComlinkCall {
  readonly id?: unknown
  readonly type?: unknown
  readonly path?: unknown
  readonly argumentList?: unknown
}

type Listener = (event: MessageEvent) => void
type Methods = Record<string, (...args: unknown[]) => Promise<unknown>>

const OWNER = 'expose'

/**
 * Offers an actor to a Comlink client at the other end of a port: `await Comlink.wrap(port).total()` is `ref.ask.total()`.
 * Comlink by itself would let a client reach everything that can be reached from an object, `constructor.constructor`
 * included, which is to run any code; here a call of a listed name is all there is, and everything else is answered by an
 * error. Calls end with the actor, by their deadline, or with the port.
 */
export function expose<P>(ref: ActorRef<P>, port: MessagePort, options: ExposeOptions<P>): Exposure {
  if (!isRef(ref)) throw new UsageError('not-a-ref', `${OWNER}: expected an actor ref, got ${String(ref)}`)
  const { allow, deadlineMs } = resolveOptions(
    { ...options },
    { allow: [] as readonly string[], deadlineMs: 5_000 },
    OWNER,
  )
  checkRange(OWNER, 'deadlineMs', deadlineMs, {
    min: Number.MIN_VALUE,
    max: Number.POSITIVE_INFINITY,
    unit: 'ms',
    fraction: true,
  })
  const names = checkNames(allow, ref.target.facades.Ask.prototype as object, ref.path)
  const abort = new AbortController()
  const { ask } = ref.with({ deadlineMs, signal: abort.signal }) as unknown as { readonly ask: Methods }
  const methods = [...names].map((name) => [name, (...args: unknown[]) => ask[name]?.(...args)] as const)
  const endpoint = guarded(port, names)
  Comlink.expose(Object.assign(Object.create(null) as object, Object.fromEntries(methods)), endpoint)
  const close = (): void => {
    endpoint.close()
    if (!abort.signal.aborted)
      abort.abort(new UnreachableError('port-closed', `${ref.path} is not offered on this port any more`))
  }
  port.once('close', close)
  return { close }
}

/** `known`: an object with the actor's handlers, or one that has any name, where its definition is not loaded. */
function checkNames(allow: unknown, known: object, path: string): ReadonlySet<string> {
  if (!Array.isArray(allow) || allow.length === 0) {
    throw new UsageError(
      'invalid-option',
      `${OWNER}: allow must list the handlers that may be asked, got ${String(allow)}`,
    )
  }
  const handlers = Object.keys(known) // of a class's own prototype: without its constructor
  for (const name of allow as unknown[]) {
    const isKnown =
      typeof name === 'string' && (handlers.length > 0 ? handlers.includes(name) : !(name in Object.prototype))
    if (!isKnown) throw new UsageError('unknown-handler', `${OWNER}: ${path} has no handler '${String(name)}' to ask`)
  }
  return new Set(allow as string[])
}

/** The port as Comlink sees it: only what may be called comes through. */
function guarded(port: MessagePort, names: ReadonlySet<string>): Comlink.Endpoint & { close(): void } {
  const endpoint = nodeEndpoint(port)
  const listeners = new Map<unknown, Listener>()
  return {
    ...endpoint,
    postMessage: (message, transfer) => endpoint.postMessage(message, transfer),
    addEventListener: (type, listener, options) => {
      const guard: Listener = (event) => {
        const call = event.data as ComlinkCall | null
        if (isAllowed(call, names)) (listener as unknown as Listener)(event)
        // Nobody waits for an assignment: an error in answer to one would be an unhandled rejection there.
        else if (typeof call?.id === 'string' && call.type !== 'SET') endpoint.postMessage(refusal(call))
      }
      listeners.set(listener, guard)
      endpoint.addEventListener(type, guard as never, options)
    },
    removeEventListener: (type, listener, options) => {
      const guard = listeners.get(listener)
      listeners.delete(listener)
      if (guard !== undefined) endpoint.removeEventListener(type, guard as never, options)
    },
    close: () => {
      for (const guard of listeners.values()) endpoint.removeEventListener('message', guard as never)
      listeners.clear()
    },
  }
}

/** A call of a listed name with plain values, or the client's farewell. */
function isAllowed(call: ComlinkCall | null, names: ReadonlySet<string>): boolean {
  if (call?.type === 'RELEASE') return true
  if (call?.type !== 'APPLY' || !Array.isArray(call.path) || !Array.isArray(call.argumentList)) return false
  const [name, ...further] = call.path as unknown[]
  const isPlain = (argument: unknown): boolean => (argument as { readonly type?: unknown } | null)?.type === 'RAW'
  return further.length === 0 && typeof name === 'string' && names.has(name) && call.argumentList.every(isPlain)
}

/** As Comlink writes down an error. */
function refusal({ id, type, path }: ComlinkCall): object {
  const what = Array.isArray(path) && path.length > 0 ? path.map(String).join('.') : 'the object itself'
  const message = `refused: ${String(type)} of ${what}; only listed handlers may be called, with plain values`
  const error = { name: 'UsageError', message, stack: '' }
  return { id, type: 'HANDLER', name: 'throw', value: { isError: true, value: error } }
}
