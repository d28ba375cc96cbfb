import type { SystemEvent } from '../kernel/system-event.ts'

type EventType = SystemEvent['type']
type EventOf<T extends EventType> = Extract<SystemEvent, { readonly type: T }>

/** What happens to actors and threads, for those who want to know: `system.events.on('restarted', …)`. */
export class SystemEvents {
  readonly #listeners = new Map<EventType | 'all', Set<(event: never) => void>>()

  /** Calls `listener` for every event of that type, or of `all`. Answers a function that ends it. */
  on<T extends EventType>(type: T, listener: (event: EventOf<T>) => void): () => void
  on(type: 'all', listener: (event: SystemEvent) => void): () => void
  on(type: EventType | 'all', listener: (event: never) => void): () => void {
    const listeners = this.#listeners.get(type) ?? new Set()
    this.#listeners.set(type, listeners)
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }

  /** A listener that throws is its program's problem: the error surfaces as uncaught, the other listeners are called. */
  emit(event: SystemEvent): void {
    for (const type of [event.type, 'all'] as const) {
      for (const listener of this.#listeners.get(type) ?? []) {
        try {
          ;(listener as (event: SystemEvent) => void)(event)
        } catch (error) {
          queueMicrotask(() => {
            throw error
          })
        }
      }
    }
  }
}
