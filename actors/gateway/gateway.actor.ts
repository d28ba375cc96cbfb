import { type ActorRef, implement } from 'troupe'
import type { ConnectionInfo } from '../connection/connection-info.ts'
import { listen } from '../connection/listen.ts'
import { type ListenerObserver, spreadOf } from '../connection/listener-options.ts'
import type { LinkIdentity } from '../ledger/link-report.ts'
import { Connection, type ConnectionProtocol, type ConnectionSettings } from './connection.actor.ts'

/** Where devices can connect. */
export interface Door {
  /** Path of the listener. */
  readonly listener: string
  readonly host: string
  readonly port: number
}

/** What a device says of itself when it has connected. */
export interface Claim {
  /** Where it has connected to, and its own port: they tell its connection from all others that are open. */
  readonly door: Door
  readonly port: number
  readonly device: string
  readonly recordingId: number
  readonly deviceThread: string
}

/** A thread with connections, and one of these. */
export interface ConnectionThread {
  readonly threadName: string
  readonly connection: ActorRef<ConnectionProtocol>
}

export interface GatewayProtocol extends ListenerObserver {
  /** The next door in turn; undefined while nobody listens yet, and after `close`. It may be shut by the time it is used. */
  door(): Door | undefined
  /** Makes a link of a connection. Answers undefined while the connection has not been accepted yet: ask again. */
  claim(claim: Claim): Promise<LinkIdentity | undefined>
  /** Those that carry claimed connections. */
  threads(): readonly ConnectionThread[]
  /** Shows nobody a door any more. What is connected stays so. */
  close(): void
  /** Makes the connection actor of that link throw. */
  crash(link: string, reason: string): void
}

interface OpenConnection {
  readonly ref: ActorRef<ConnectionProtocol>
  readonly link: string
  readonly key: string
  threadName: string | undefined
}

interface GatewayState {
  readonly doors: Map<string, Door>
  /** By id. */
  readonly connections: Map<string, OpenConnection>
  /** By door and the peer's port: those that no device has claimed yet. */
  readonly unclaimed: Map<string, OpenConnection>
  turn: number
  isClosed: boolean
}

const ENDPOINT = 'tcp://127.0.0.1:0'
/** Until a connection has answered who it is. Milliseconds. */
const CLAIM_MS = 2_000

/**
 * Supervises the listeners, and knows their ports and connections. Lives where nothing is killed. Where sockets can move between threads
 * one listener beside it spreads them over all; elsewhere each thread has a listener of its own.
 */
export const Gateway = implement<GatewayProtocol>()({
  name: 'Gateway',
  module: import.meta.url,
  concurrency: 1_000,
  start: (self, threads: number, settings: ConnectionSettings): GatewayState => {
    const isOneThread = spreadOf('auto', 'tcp') === 'one-thread'
    const observer = self.ref as ActorRef<ListenerObserver>
    for (let n = 1; n <= (isOneThread ? threads : 1); n++) {
      const placement = isOneThread ? 'any' : 'here'
      const spawn = { name: `listener-${n}`, placement, backoff: { minMs: 20, maxMs: 1_000 } } as const
      listen(self, Connection, ENDPOINT, [settings], { threads, observer, spawn })
    }
    return { doors: new Map(), connections: new Map(), unclaimed: new Map(), turn: 0, isClosed: false }
  },
  on: {
    listening({ state }, listener, endpoint) {
      // One that was restarted has none of its old connections.
      for (const id of [...state.connections.keys()]) if (id.startsWith(`${listener}/`)) forget(state, id)
      const { hostname, port } = new URL(endpoint.replace('tcp:', 'http:'))
      state.doors.set(listener, { listener, host: hostname, port: Number(port) })
    },
    connectionOpened({ state }, info) {
      const ref = info.ref as unknown as ActorRef<ConnectionProtocol>
      const connection = { ref, link: `${info.id}@${info.openedMs}`, key: keyOf(info), threadName: undefined }
      state.connections.set(info.id, connection)
      state.unclaimed.set(connection.key, connection)
    },
    connectionClosed: ({ state }, info) => forget(state, info.id),
    door({ state }) {
      if (state.isClosed) return undefined
      const doors = [...state.doors.values()]
      state.turn++
      return doors[state.turn % doors.length]
    },
    async claim(self, { door, port, device, recordingId, deviceThread }) {
      const { unclaimed } = self.state
      const key = `${door.listener}:${door.host}:${port}`
      const connection = unclaimed.get(key)
      if (connection === undefined) return undefined
      unclaimed.delete(key)
      const { ref, link } = connection
      const asked = self.ask(ref, { deadlineMs: CLAIM_MS }).claimed({ link, device, recordingId, deviceThread })
      const identity = await asked.catch(() => undefined) // its thread has just died
      connection.threadName = identity?.connectionThread
      return identity
    },
    threads({ state }) {
      const threads = new Map<string, ConnectionThread>()
      for (const { threadName, ref } of state.connections.values()) {
        if (threadName !== undefined) threads.set(threadName, { threadName, connection: ref })
      }
      return [...threads.values()]
    },
    close({ state }) {
      state.isClosed = true
    },
    crash({ state }, link, reason) {
      for (const connection of state.connections.values()) {
        if (connection.link === link) connection.ref.tell.crash(reason)
      }
    },
  },
})

function keyOf({ id, remote }: ConnectionInfo): string {
  return `${id.slice(0, id.indexOf('/host-'))}:${remote}`
}

function forget({ connections, unclaimed }: GatewayState, id: string): void {
  const connection = connections.get(id)
  if (connection === undefined) return
  connections.delete(id)
  // The port may have been used again since.
  if (unclaimed.get(connection.key) === connection) unclaimed.delete(connection.key)
}
