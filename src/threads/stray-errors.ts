import { AsyncLocalStorage } from 'node:async_hooks'
import type { ActorCell } from '../kernel/actor-cell.ts'
import { crash } from '../kernel/actor-life.ts'
import type { ErrorScope } from '../kernel/error-scope.ts'

/** Whose timers, promises and sockets those are that are made now. */
interface Owner {
  readonly cell: ActorCell
  readonly incarnation: number
}

/**
 * Finds the actor behind an error that nobody caught, thrown by something that one of its handlers had started: a timer,
 * a promise, a stream. Exact on Node 22 and later; Node 20 loses track in `queueMicrotask`.
 */
export class StrayErrors implements ErrorScope {
  readonly #storage = new AsyncLocalStorage<Owner | undefined>()

  run(cell: ActorCell, task: () => void): void {
    watched.add(this)
    listen()
    const isStarting = cell.self === undefined
    this.#storage.run({ cell, incarnation: cell.incarnation + (isStarting ? 1 : 0) }, task)
  }

  outside(task: () => void): void {
    if (this.#storage.getStore() === undefined) task()
    else this.#storage.run(undefined, task)
  }

  /** Fails the actor that the error belongs to. Answers false if it belongs to none. */
  attribute(error: unknown): boolean {
    const owner = this.#storage.getStore()
    if (owner === undefined) return false
    const { cell, incarnation } = owner
    if (cell.incarnation === incarnation && cell.self !== undefined) crash(cell, { kind: 'failure', error })
    else
      cell.kernel.log.warn({ path: cell.path, err: error }, 'something that an earlier incarnation left running failed')
    return true
  }

  /** Errors are no business of this thread's actors any more. */
  close(): void {
    watched.delete(this)
    if (watched.size === 0) process.off('uncaughtException', onUncaught)
  }
}

/** Those of all systems on this thread that have actors with a claim on errors. */
const watched = new Set<StrayErrors>()

/** Listening changes what Node does with every uncaught error, so it begins when there is an actor to blame. */
function listen(): void {
  if (!process.listeners('uncaughtException').includes(onUncaught)) process.on('uncaughtException', onUncaught)
}

/** Unhandled rejections come here too, as uncaught errors, unless the program listens to them itself. */
function onUncaught(error: unknown): void {
  for (const errors of watched) {
    if (errors.attribute(error)) return
  }
  if (process.listenerCount('uncaughtException') > 1) return // the program's own listeners have it
  // As if nobody had listened: a worker thread ends, the main thread ends the process.
  process.off('uncaughtException', onUncaught)
  setImmediate(() => {
    throw error
  })
}
