import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { type ActorRef, implement, systemClock } from 'troupe'
import { socketShelf } from '../connection/socket-shelf.ts'
import { threadName } from '../connection/thread-name.ts'
import type { LinkIdentity } from '../ledger/link-report.ts'
import { Connection, type ConnectionProtocol, type ConnectionSettings } from './connection.actor.ts'
import type { GatewayProtocol } from './gateway.actor.ts'

const HOST = '127.0.0.1'
/** Connections that the operating system holds ready while the thread is busy. */
const BACKLOG = 4_096
/** Of a thread that an acceptor ends: shows up in the reason of what is restarted. */
const EXIT_CODE = 3

/** What a device says of itself when it has connected. */
export interface Claim {
  /** The device's own port: it tells its connection from all others that are open. */
  readonly port: number
  readonly device: string
  readonly recordingId: number
  readonly deviceThread: string
}

export interface AcceptorProtocol {
  accepted(socketNumber: number, port: number): void
  /** Makes a link of a connection. Answers undefined while the connection has not been accepted yet: ask again. */
  claim(claim: Claim): LinkIdentity | undefined
  /** Makes the connection actor of that link throw. */
  crash(link: string, reason: string): void
  /** Takes the whole thread down, as careless code in a handler could. */
  endThread(manner: 'exit' | 'loop'): void
}

interface AcceptedConnection {
  readonly ref: ActorRef<ConnectionProtocol>
  readonly link: string
  readonly port: number
}

interface AcceptorState {
  readonly settings: ConnectionSettings
  readonly server: Server
  /** Numbers of sockets on the shelf that no connection actor was spawned for yet. */
  readonly shelved: Set<number>
  /** By path: it is what a `down` notice has. */
  readonly connections: Map<string, AcceptedConnection>
  /** By the peer's port: those that no device has claimed yet. */
  readonly unclaimed: Map<number, AcceptedConnection>
  /** Distinguishes the links of this incarnation from those of the ones before. */
  readonly linkPrefix: string
  acceptedCount: number
}

/**
 * Listens on a port that the operating system chooses, tells the gateway which, and spawns a connection actor for each
 * connection on its own thread, since sockets cannot leave theirs. Restarted, it listens on another port.
 */
export const Acceptor = implement<AcceptorProtocol>()({
  name: 'Acceptor',
  module: import.meta.url,
  start: async (
    self,
    name: string,
    gateway: ActorRef<GatewayProtocol>,
    settings: ConnectionSettings,
  ): Promise<AcceptorState> => {
    const { ref } = self
    const shelved = new Set<number>()
    const server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => shelve(socket, shelved, ref))
    server.listen({ host: HOST, port: 0, backlog: BACKLOG })
    await once(server, 'listening')
    server.on('error', (error) => self.log.warn({ err: error }, 'a connection could not be accepted'))
    const { port } = server.address() as AddressInfo
    gateway.tell.listening({ name, host: HOST, port, threadName, acceptor: ref })
    const linkPrefix = `${name}:${Math.floor(systemClock.nowMs())}`
    return { settings, server, shelved, connections: new Map(), unclaimed: new Map(), linkPrefix, acceptedCount: 0 }
  },
  on: {
    accepted(self, socketNumber, port) {
      const { state } = self
      // A socket of the incarnation before: it was closed with that.
      if (!state.shelved.delete(socketNumber)) return
      state.acceptedCount++
      const name = `connection-${state.acceptedCount}`
      const ref = self.spawn(Connection, [socketNumber, state.settings], { name, restart: 'temporary' })
      self.watch(ref)
      const connection = { ref, port, link: `${state.linkPrefix}:${state.acceptedCount}` }
      state.connections.set(ref.path, connection)
      state.unclaimed.set(port, connection)
    },
    claim({ state }, { port, device, recordingId, deviceThread }) {
      const connection = state.unclaimed.get(port)
      if (connection === undefined) return undefined
      state.unclaimed.delete(port)
      const identity = { link: connection.link, device, recordingId, deviceThread, connectionThread: threadName }
      connection.ref.tell.claimed(identity)
      return identity
    },
    crash({ state }, link, reason) {
      for (const connection of state.connections.values()) {
        if (connection.link === link) connection.ref.tell.crash(reason)
      }
    },
    endThread(_, manner) {
      if (manner === 'exit') process.exit(EXIT_CODE)
      for (;;) {} // until the system's watchdog ends the thread
    },
  },
  signals: {
    down({ state }, ref) {
      const connection = state.connections.get(ref.path)
      if (connection === undefined) return
      state.connections.delete(ref.path)
      // The port may have been used again since.
      if (state.unclaimed.get(connection.port) === connection) state.unclaimed.delete(connection.port)
    },
  },
  stop({ state }) {
    state.server.close()
    for (const number of state.shelved) socketShelf.take(number)?.socket.destroy()
  },
})

function shelve(socket: Socket, shelved: Set<number>, ref: ActorRef<AcceptorProtocol>): void {
  const number = socketShelf.put({ socket, remote: '' })
  socket.on('error', () => {}) // 'close' follows; a reset before anybody listens must not end the thread
  shelved.add(number)
  if (ref.tell.accepted(number, socket.remotePort ?? 0) === 'accepted') return
  shelved.delete(number)
  socketShelf.take(number)?.socket.destroy()
}
