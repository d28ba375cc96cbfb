import type { ControllerLine } from './controller-line.ts'
import type { ControllerInfo } from './gateway-options.ts'

/** A connection that has logged in, as it says. `C`: how to reach it. */
export interface ControllerLogin<C> {
  readonly handle: C
  readonly deviceId: number
  /** Of this connection alone. */
  readonly session: number
  readonly path: string
  readonly thread: string
}

/** A controller that is logged in. */
export interface Controller<C> extends ControllerLogin<C> {
  readonly line: ControllerLine
  readonly sinceMs: number
  /** Own mesh address; undefined as long as it has not said. */
  address: number | undefined
}

/** The controllers that are logged in, by whatever they are asked for, and how many each home has. */
export class ControllerDirectory<C> {
  readonly #byId = new Map<number, Controller<C>>()
  readonly #byKey = new Map<number, Controller<C>>()
  readonly #byPath = new Map<string, Controller<C>>()
  readonly #homeSizes = new Map<string, number>()

  get size(): number {
    return this.#byId.size
  }

  /** Homes that have a controller. */
  get homeCount(): number {
    return this.#homeSizes.size
  }

  hasHome(home: string): boolean {
    return this.#homeSizes.has(home)
  }

  withId(deviceId: number): Controller<C> | undefined {
    return this.#byId.get(deviceId)
  }

  /** @param key of its line */
  withKey(key: number): Controller<C> | undefined {
    return this.#byKey.get(key)
  }

  /** @param path of its connection */
  withPath(path: string): Controller<C> | undefined {
    return this.#byPath.get(path)
  }

  /** In the order of their logins. */
  all(): Controller<C>[] {
    return [...this.#byId.values()]
  }

  /** Answers whether it is the first of its home. */
  add(controller: Controller<C>): boolean {
    const { deviceId, path, line } = controller
    this.#byId.set(deviceId, controller)
    this.#byKey.set(line.key, controller)
    this.#byPath.set(path, controller)
    const size = this.#homeSizes.get(line.home) ?? 0
    this.#homeSizes.set(line.home, size + 1)
    return size === 0
  }

  /** Answers whether it was the last of its home. */
  remove({ deviceId, path, line }: Controller<C>): boolean {
    this.#byId.delete(deviceId)
    this.#byKey.delete(line.key)
    this.#byPath.delete(path)
    const size = (this.#homeSizes.get(line.home) ?? 1) - 1
    if (size > 0) this.#homeSizes.set(line.home, size)
    else this.#homeSizes.delete(line.home)
    return size <= 0
  }

  /** One connection of each thread. */
  handleOfThreads(): Map<string, C> {
    const handles = new Map<string, C>()
    for (const { thread, handle } of this.#byId.values()) if (!handles.has(thread)) handles.set(thread, handle)
    return handles
  }

  /** Connections of each thread, counted. */
  countThreads(): Record<string, number> {
    const counts: Record<string, number> = {}
    for (const { thread } of this.#byId.values()) counts[thread] = (counts[thread] ?? 0) + 1
    return counts
  }
}

export function infoOf<C>({ deviceId, line, address, path, thread, sinceMs }: Controller<C>): ControllerInfo {
  return { deviceId, home: line.home, address, path, thread, sinceMs }
}
