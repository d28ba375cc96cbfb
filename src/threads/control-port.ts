import type { MessagePort, Worker } from 'node:worker_threads'
import * as Comlink from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import { UnreachableError } from '../base/errors.ts'

type Methods = Readonly<Record<string, (...args: never[]) => unknown>>

/** A control call as Comlink writes it down. */
interface ControlCall {
  readonly id?: string
  readonly type?: string
  readonly path?: readonly string[]
}

/**
 * Offers `api` to the other end of a port: its own methods by name, and nothing else. Comlink by itself would also follow
 * `constructor.constructor`, which is to run any code; what is not a plain call of a listed method is dropped here.
 */
export function exposeControl(api: Methods, port: MessagePort | Worker): void {
  const names = new Set(Object.keys(api))
  const endpoint = nodeEndpoint(port)
  const isAllowed = (call: ControlCall): boolean =>
    call?.type === 'APPLY' && call.path?.length === 1 && names.has(call.path[0] as string)
  Comlink.expose(api, {
    ...endpoint,
    postMessage: (message, transfer) => endpoint.postMessage(message, transfer),
    removeEventListener: (type, listener, options) => endpoint.removeEventListener(type, listener, options),
    addEventListener: (type, listener, options) => {
      const guarded = (event: MessageEvent): void => {
        if (isAllowed(event.data)) (listener as (event: MessageEvent) => void)(event)
      }
      endpoint.addEventListener(type, guarded as unknown as typeof listener, options)
    },
  })
}

/** Calls to the other end, each of which ends when its thread does: bare Comlink would wait for ever. */
export class ControlClient<T extends Methods> {
  readonly #remote: Comlink.Remote<T>
  readonly #open = new Set<(error: Error) => void>()
  #end: Error | undefined

  constructor(port: MessagePort | Worker) {
    this.#remote = Comlink.wrap<T>(nodeEndpoint(port))
  }

  call<K extends keyof T & string>(name: K, ...args: Parameters<T[K]>): Promise<Awaited<ReturnType<T[K]>>> {
    if (this.#end !== undefined) return Promise.reject(this.#end)
    return new Promise((resolve, reject) => {
      this.#open.add(reject)
      const method = this.#remote[name] as unknown as (...args: unknown[]) => Promise<Awaited<ReturnType<T[K]>>>
      method(...args)
        .then(resolve, reject)
        .finally(() => this.#open.delete(reject))
    })
  }

  /** The thread is gone: every open call rejects, and so does every later one. */
  end(why: string): void {
    this.#end = new UnreachableError('thread-lost', why)
    for (const reject of this.#open) reject(this.#end)
    this.#open.clear()
  }
}
