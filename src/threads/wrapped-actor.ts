import type { MessagePort } from 'node:worker_threads'
import * as Comlink from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import { UnreachableError } from '../base/errors.ts'
import type { Ask } from '../kernel/actor-ref.ts'

type Method = (...args: unknown[]) => Promise<unknown>

/**
 * The other end of `expose`, for threads that are no part of the system: one method per handler. It speaks to any Comlink
 * peer; unlike bare Comlink its calls reject (`port-closed`) when the port is closed, or the thread behind it has ended.
 */
export function wrap<P>(port: MessagePort): Ask<P> {
  const remote = Comlink.wrap(nodeEndpoint(port)) as unknown as Record<string, Method>
  const open = new Set<(error: Error) => void>()
  let end: Error | undefined
  port.once('close', () => {
    end = new UnreachableError('port-closed', 'the port to this actor was closed, or its thread has ended')
    for (const reject of open) reject(end)
    open.clear()
  })
  const call = (name: string, args: unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (end !== undefined) return reject(end)
      open.add(reject)
      const method = remote[name] as Method
      method(...args)
        .then(resolve, reject)
        .finally(() => open.delete(reject))
    })
  return new Proxy(Object.create(null) as Ask<P>, {
    get: (_target, name) => {
      if (typeof name !== 'string' || name === 'then' || name === 'toJSON') return undefined
      return (...args: unknown[]) => call(name, args)
    },
  })
}
