import type { WorkerThread } from './worker-thread.ts'

/** Modules that a spare loads before it is needed. What comes beyond is loaded when its actors are. */
const MODULES_MAX = 256

/**
 * The thread that stands by for the next seat which loses its own. It has loaded the modules of the actors that live on
 * worker threads, so that these come back without waiting for files to be read and compiled.
 */
export class WarmSpare {
  readonly #makeThread: () => WorkerThread
  readonly #isKept: boolean
  readonly #modules = new Set<string>()
  #thread: WorkerThread | undefined
  #isClosed = false

  /** `isKept`: false where threads are made when they are needed. */
  constructor(makeThread: () => WorkerThread, isKept: boolean) {
    this.#makeThread = makeThread
    this.#isKept = isKept
  }

  /** Some thread has loaded a module for an actor. */
  learn(module: string): void {
    if (!this.#isKept || this.#modules.size >= MODULES_MAX || this.#modules.has(module)) return
    this.#modules.add(module)
    this.#load([module])
  }

  /** Makes one, unless one is there. */
  need(): void {
    if (!this.#isKept || this.#isClosed || this.#thread !== undefined) return
    const thread = this.#makeThread()
    this.#thread = thread
    this.#load([...this.#modules])
    void thread.exited.then(() => {
      if (this.#thread !== thread) return
      this.#thread = undefined
      this.#modules.clear() // one of them may be why, and would end the next one too
      this.need()
    })
  }

  /** The one that stands by, or else a new one. The seat it gets is the caller's business. */
  take(): WorkerThread {
    const thread = this.#thread ?? this.#makeThread()
    this.#thread = undefined
    return thread
  }

  /** Keeps none any more. Answers the one that is left. */
  close(): WorkerThread | undefined {
    this.#isClosed = true
    return this.#thread
  }

  async kill(killMs: number): Promise<void> {
    await this.#thread?.kill(killMs)
  }

  /** A module that cannot be loaded is the business of the actor that needs it. */
  #load(modules: readonly string[]): void {
    if (modules.length > 0) this.#thread?.control.call('load', modules).catch(() => {})
  }
}
