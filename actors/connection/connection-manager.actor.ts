import { type ActorRef, implement, type Self, type TroupeError, UsageError } from 'troupe'
import type { ConnectionInfo } from './connection-info.ts'
import { formatEndpoint, resolveEndpoint } from './endpoint.ts'
import type { LinkStatistics } from './link.ts'
import { Listener, type ListenerProtocol, type ListenerStatistics } from './listener.actor.ts'
import {
  type ConnectionSpec,
  type ListenerObserver,
  type ListenerOptions,
  resolveListenerOptions,
} from './listener-options.ts'

export interface ConnectionManagerProtocol extends ListenerObserver {
  /** Listens on one more endpoint. Answers it with its port, or why it cannot. */
  bind(endpoint: string): Promise<string | TroupeError>
  /**
   * Listens there no more, and ends what was accepted there. Answers how many connections were cut off after `graceMs`, or an error
   * `not-bound`.
   */
  unbind(endpoint: string, graceMs?: number): Promise<number | TroupeError>
  endpoints(): readonly string[]
  connections(): readonly ConnectionInfo[]
  connection(id: string): ConnectionInfo | undefined
  /** What each listener has done, by endpoint. */
  statistics(): Promise<Readonly<Record<string, ListenerStatistics>>>
  /** What the link of that connection has done, or undefined where there is none. */
  linkStatistics(id: string): Promise<LinkStatistics | undefined>
  /** Ends a connection when it has sent what it has. Answers whether there is one. */
  end(id: string): boolean
  /** Connections whose actor does not answer within the time: it is stuck, or behind. Milliseconds. */
  unanswering(withinMs: number): Promise<readonly ConnectionInfo[]>
}

interface Bound {
  readonly ref: ActorRef<ListenerProtocol>
}

interface ManagerState {
  readonly spec: ConnectionSpec
  readonly options: ListenerOptions
  readonly connectionsMax: number
  /** By endpoint, with its port. */
  readonly bound: Map<string, Bound>
  readonly connections: Map<string, ConnectionInfo>
}

type ManagerSelf = Self<ManagerState, ConnectionManagerProtocol>

const ANSWER_MS = 10_000

/**
 * Several endpoints as one: the connections of all of them in one table, under one limit. Each endpoint has a listener of its own, so
 * that one that fails takes no other down. Spawned by `manageConnections`.
 */
export const ConnectionManager = implement<ConnectionManagerProtocol>()({
  name: 'ConnectionManager',
  module: import.meta.url,
  concurrency: 1_000,
  start(_self, spec: ConnectionSpec, options: ListenerOptions): ManagerState {
    const { connectionsMax } = resolveListenerOptions(options)
    return { spec, options, connectionsMax, bound: new Map(), connections: new Map() }
  },
  on: {
    bind,
    // What is wrong is answered: thrown, it would take the manager down with all connections.
    unbind: (self, endpoint, graceMs) => unbind(self, endpoint, graceMs).catch((error: TroupeError) => error),
    endpoints: ({ state }) => [...state.bound.keys()],
    connections: ({ state }) => [...state.connections.values()],
    connection: ({ state }, id) => state.connections.get(id),
    async statistics(self) {
      const found: Record<string, ListenerStatistics> = {}
      for (const [endpoint, { ref }] of self.state.bound) {
        const answer: Promise<ListenerStatistics> = self.ask(ref, { deadlineMs: ANSWER_MS }).statistics()
        const statistics = await answer.catch(() => undefined) // it is being started again
        if (statistics !== undefined) found[endpoint] = statistics
      }
      return found
    },
    async linkStatistics(self, id) {
      const connection = self.state.connections.get(id)
      return (
        connection &&
        self
          .ask(connection.ref)
          .linkStatistics()
          .catch(() => undefined)
      )
    },
    end({ state }, id) {
      const connection = state.connections.get(id)
      connection?.ref.tell.endLink()
      return connection !== undefined
    },
    async unanswering(self, withinMs) {
      const asked = [...self.state.connections.values()].map((connection) =>
        self
          .ask(connection.ref, { deadlineMs: withinMs })
          .linkStatistics()
          .then(
            () => [],
            () => [connection],
          ),
      )
      // Those that were closed meanwhile answer nothing either.
      return (await Promise.all(asked)).flat().filter(({ id }) => self.state.connections.has(id))
    },
    listening({ state }, listener, endpoint) {
      for (const { id } of [...state.connections.values()])
        if (id.startsWith(`${listener}/`)) state.connections.delete(id)
      const known = [...state.bound].find(([, { ref }]) => ref.path === listener)
      if (known === undefined || known[0] === endpoint) return
      state.bound.delete(known[0]) // bound again on another port, after its thread was lost
      state.bound.set(endpoint, known[1])
    },
    connectionOpened(self, connection) {
      const { connections, connectionsMax } = self.state
      connections.set(connection.id, connection)
      if (connections.size <= connectionsMax) return
      self.log.warn({ remote: connection.remote, connectionsMax }, 'one connection too many: it is ended')
      connection.ref.tell.endLink()
    },
    connectionClosed: ({ state }, { id }) => void state.connections.delete(id),
  },
})

async function bind(self: ManagerSelf, endpoint: string): Promise<string | TroupeError> {
  const { spec, options, bound } = self.state
  const ref = self.spawn(Listener, [endpoint, spec, { ...options, observer: self.ref as ActorRef<ListenerObserver> }], {
    restart: 'transient',
    backoff: { minMs: 20, maxMs: 1_000 },
  })
  try {
    const url = await self.ask(ref, { deadlineMs: ANSWER_MS }).endpoint()
    bound.set(url, { ref })
    return url
  } catch (error) {
    await self.stopChild(ref as ActorRef<never>)
    return error as TroupeError
  }
}

async function unbind(self: ManagerSelf, endpoint: string, graceMs?: number): Promise<number | TroupeError> {
  const { bound } = self.state
  const url = formatEndpoint(resolveEndpoint(endpoint))
  const listener = bound.get(url)
  if (listener === undefined) {
    const known = [...bound.keys()].join(', ') || 'none'
    return new UsageError('not-bound', `nothing listens on ${url}; bound endpoints: ${known}`)
  }
  bound.delete(url)
  return self.ask(listener.ref, { deadlineMs: ANSWER_MS + (graceMs ?? 0) }).close(graceMs)
}
