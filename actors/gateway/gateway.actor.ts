import { type ActorRef, implement } from 'troupe'
import { Acceptor, type AcceptorProtocol } from './acceptor.actor.ts'
import type { ConnectionSettings } from './connection.actor.ts'

/** Where devices can connect. */
export interface Door {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly threadName: string
  readonly acceptor: ActorRef<AcceptorProtocol>
}

export interface GatewayProtocol {
  /** Told by an acceptor as soon as it listens, and again after each restart. */
  listening(door: Door): void
  /** The next door in turn; undefined while nobody listens yet, and after `close`. It may be shut by the time it is used. */
  door(): Door | undefined
  doors(): readonly Door[]
  /** Shows nobody a door any more. What is connected stays so. */
  close(): void
  /** Makes the connection actor of that link throw. */
  crash(link: string, reason: string): void
}

/** Supervises the acceptors and knows their ports. Lives where nothing is killed. */
export const Gateway = implement<GatewayProtocol>()({
  name: 'Gateway',
  module: import.meta.url,
  start: (self, acceptorCount: number, settings: ConnectionSettings) => {
    for (let n = 1; n <= acceptorCount; n++) {
      const name = `acceptor-${n}`
      const options = { name, placement: 'any', backoff: { minMs: 20, maxMs: 1_000 } } as const
      self.spawn(Acceptor, [name, self.ref, settings], options)
    }
    return { doors: new Map<string, Door>(), turn: 0, isClosed: false }
  },
  on: {
    listening: ({ state }, door) => void state.doors.set(door.name, door),
    door({ state }) {
      if (state.isClosed) return undefined
      const doors = [...state.doors.values()]
      state.turn++
      return doors[state.turn % doors.length]
    },
    doors: ({ state }) => [...state.doors.values()],
    close({ state }) {
      state.isClosed = true
    },
    crash({ state }, link, reason) {
      const door = state.doors.get(link.slice(0, link.indexOf(':')))
      door?.acceptor.tell.crash(link, reason)
    },
  },
})
