import type { Socket } from 'node:net'
import {
  type ActorDefinition,
  type ActorRef,
  implement,
  type Self,
  type SendResult,
  systemClock,
  UsageError,
} from 'troupe'
import type { ConnectionInfo } from './connection-info.ts'
import type { Endpoint } from './endpoint.ts'
import type { LinkProtocol } from './implement-connection.ts'
import type { LinkStatistics } from './link.ts'
import type { LinkOptions } from './link-options.ts'
import { type ConnectionSpec, loadDefinition } from './listener-options.ts'
import { peerOf } from './listening-socket.ts'
import { type Berth, closeBerth, openBerth } from './socket-port.ts'
import { type LinkObserver, socketShelf } from './socket-shelf.ts'
import { TlsServer } from './tls-server.ts'

/** Until the listener is told again what its mailbox had no room for. Milliseconds. */
const TELL_AGAIN_MS = 20

/** What a host tells its listener. */
export interface HostObserver {
  /** It is there, or there again after its thread was lost: it has no connections. */
  hostUp(host: number, berth: Berth): void
  opened(connection: ConnectionInfo): void
  closed(id: string, statistics: LinkStatistics | undefined, errorCode: string | undefined): void
  /** A socket that never became a connection. */
  notOpened(host: number, address: string, why: 'handshake-failed' | 'host-busy'): void
}

export interface HostSettings {
  readonly index: number
  readonly endpoint: Endpoint
  readonly connection: ConnectionSpec
  readonly link: LinkOptions
  readonly handshakeTimeoutMs: number
  readonly listener: ActorRef<HostObserver>
}

export interface ConnectionHostProtocol extends LinkObserver {
  /** A socket lies on the shelf. `isSecure`: its handshake is over. */
  accepted(socketNumber: number, address: string, isSecure: boolean): void
  handshakeFailed(address: string, text: string): void
  /** Tells the listener again what it had no room for. */
  tellListener(): void
  /** Where sockets for it can be sent to. */
  berth(): Berth
  /** Each with what its link has done so far. */
  statistics(): Promise<Readonly<Record<string, LinkStatistics>>>
  /** Tells all connections on this thread: the message crosses to it once, with its frames. */
  toAll(handler: string, ...args: unknown[]): void
  /** Tells one of them. Answers whether it is there, and took it. */
  toOne(id: string, handler: string, ...args: unknown[]): boolean
  /**
   * Asks all of them; answers when each has answered or is gone. Meanwhile the host goes on with other messages.
   * @param round a name of its own, not in use
   */
  askAll(round: string, handler: string, ...args: unknown[]): void
  /** Ends all connections, each when it has sent what it has. */
  endAll(): void
  /** Answers why it keeps the old ones, if it does. */
  reloadCertificates(): Promise<Error | undefined>
}

interface HostState {
  readonly settings: HostSettings
  readonly definition: ActorDefinition
  readonly berth: Berth
  readonly tls: TlsServer | undefined
  readonly connections: Map<string, ActorRef<LinkProtocol>>
  /** How links of this host ended that have, by path: the notice of the end comes behind. */
  readonly endings: Map<string, { readonly statistics: LinkStatistics; readonly errorCode: string | undefined }>
  /** Of `askAll`: how many answers are missing. */
  readonly rounds: Map<string, number>
  lastNumber: number
  /** What the listener has had no room for, in order. */
  readonly untold: (() => SendResult)[]
}

/** Any message of a connection's own: whoever sends to all knows what they understand. */
type AnyCalls = Readonly<Record<string, ((...args: unknown[]) => unknown) | undefined>>

type HostSelf = Self<HostState, ConnectionHostProtocol>

/** The connections of one listener on one thread: gets their sockets, has them secured, and an actor started for each. */
export const ConnectionHost = implement<ConnectionHostProtocol>()({
  name: 'ConnectionHost',
  module: import.meta.url,
  attributeErrors: false, // nothing of it runs on, and following what does would slow down every connection here
  async start(self, settings: HostSettings): Promise<HostState> {
    const { ref, path } = self
    const { index, endpoint, handshakeTimeoutMs } = settings
    const definition = await loadDefinition(settings.connection)
    const receive = (socket: Socket, raw = socket): void => arrived(ref, settings, socket, raw)
    const tls =
      endpoint.protocol !== 'tls'
        ? undefined
        : await TlsServer.open(endpoint, handshakeTimeoutMs, {
            secured: (raw, socket) => receive(socket, raw),
            failed: (raw, error) => ref.tell.handshakeFailed(peerOf(raw, endpoint).address, error.message),
          })
    const berth = openBerth(`${path}:${systemClock.nowMs()}`, (moved) => {
      if ('socket' in moved) receive(moved.socket)
      else moved.server.close()
    })
    settings.listener.tell.hostUp(index, berth)
    return {
      settings,
      definition,
      berth,
      tls,
      connections: new Map(),
      endings: new Map(),
      rounds: new Map(),
      lastNumber: 0,
      untold: [],
    }
  },
  on: {
    accepted(self, socketNumber, address, isSecure) {
      const { tls } = self.state
      if (tls === undefined || isSecure) return open(self, socketNumber, address)
      const shelved = socketShelf.take(socketNumber)
      if (shelved !== undefined) tls.secure(shelved.socket)
    },
    handshakeFailed(self, address, text) {
      self.log.info({ address }, `a handshake failed: ${text}`)
      const { listener, index } = self.state.settings
      tellListener(self, () => listener.tell.notOpened(index, address, 'handshake-failed'))
    },
    linkClosed(self, path, statistics, errorCode) {
      if (self.state.connections.has(path)) self.state.endings.set(path, { statistics, errorCode })
    },
    tellListener: (self) => tellUntold(self),
    berth: ({ state }) => state.berth,
    async statistics(self) {
      const found: Record<string, LinkStatistics> = {}
      const asked = [...self.state.connections].map(async ([path, ref]) => {
        const statistics = await self
          .ask(ref)
          .linkStatistics()
          .catch(() => undefined)
        if (statistics !== undefined) found[path] = statistics
      })
      await Promise.all(asked)
      return found
    },
    toAll({ state }, handler, ...args) {
      for (const ref of state.connections.values()) called(ref.tell, handler)(...args)
    },
    toOne({ state }, id, handler, ...args) {
      const ref = state.connections.get(id)
      return ref !== undefined && called(ref.tell, handler)(...args) === 'accepted'
    },
    askAll,
    endAll(self) {
      for (const ref of self.state.connections.values()) ref.tell.endLink()
    },
    async reloadCertificates(self) {
      return self.state.tls?.reload().then(
        () => undefined,
        (error: Error) => error,
      )
    },
  },
  signals: {
    down(self, ref) {
      const { settings, connections, endings } = self.state
      const ending = endings.get(ref.path)
      endings.delete(ref.path)
      if (!connections.delete(ref.path)) return
      const errorCode = ending === undefined ? 'actor-failed' : ending.errorCode
      tellListener(self, () => settings.listener.tell.closed(ref.path, ending?.statistics, errorCode))
    },
  },
  stop: (self) => closeBerth(self.state.berth.key),
})

/** Its message is put aside until all have answered: a handler that waits would hold up new connections, and the end of this host. */
function askAll(self: HostSelf, round: string, handler: string, ...args: unknown[]): void {
  const { rounds, connections } = self.state
  const missing = rounds.get(round) ?? connections.size
  if (missing === 0) return void rounds.delete(round)
  self.stash()
  if (rounds.has(round)) return
  rounds.set(round, missing)
  const answered = (): void => {
    const left = rounds.get(round)! - 1
    rounds.set(round, left)
    if (left === 0) self.unstash()
  }
  for (const ref of connections.values()) {
    const asked = called(self.ask(ref, { deadlineMs: Number.POSITIVE_INFINITY }), handler)(...args) as Promise<unknown>
    asked.then(answered, answered).catch(() => {}) // by then this incarnation may have ended
  }
}

/** Bound to what it was found on; throws `unknown-handler` for a message that the connections do not know. */
function called<C extends object>(calls: C, handler: string): (...args: unknown[]) => unknown {
  const found = (calls as AnyCalls)[handler]
  if (typeof found === 'function') return (...args) => found.apply(calls, args)
  throw new UsageError('unknown-handler', `the connections have no handler '${handler}'`)
}

/** Outside of any turn: a socket has come, from another thread or out of its handshake. */
function arrived(
  host: ActorRef<ConnectionHostProtocol>,
  { endpoint, listener, index }: HostSettings,
  socket: Socket,
  raw: Socket,
): void {
  const { address, remote } = peerOf(raw, endpoint)
  socket.on('error', () => {}) // 'close' follows; a reset before anybody listens must not end the thread
  const number = socketShelf.put({ socket, remote, observer: host as ActorRef<LinkObserver> })
  if (host.tell.accepted(number, address, socket !== raw) === 'accepted') return
  socketShelf.take(number)?.socket.destroy()
  listener.tell.notOpened(index, address, 'host-busy')
}

function open(self: HostSelf, socketNumber: number, address: string): void {
  const { state } = self
  const { settings, definition, connections } = state
  const { index, link, connection, listener } = settings
  const remote = socketShelf.look(socketNumber)?.remote
  if (remote === undefined) return // of an earlier life of this host: it was closed with that
  const options = { name: `connection-${++state.lastNumber}`, restart: 'temporary', stopping: 'together' } as const
  const args = [socketNumber, link, ...connection.args] as never
  const ref = self.spawn(definition as ActorDefinition<never, LinkProtocol>, args, options)
  self.watch(ref as ActorRef<never>)
  connections.set(ref.path, ref)
  const opened = { id: ref.path, ref, remote, address, host: index, openedMs: systemClock.nowMs() }
  tellListener(self, () => listener.tell.opened(opened))
}

/** The listener keeps account: what it has no room for now it is told a little later, in order. */
function tellListener(self: HostSelf, tell: () => SendResult): void {
  const { untold } = self.state
  if (untold.length === 0 && tell() !== 'mailbox-full') return
  untold.push(tell)
  if (untold.length === 1) self.timers.once('tell', TELL_AGAIN_MS, 'tellListener')
}

function tellUntold({ state, timers }: HostSelf): void {
  let told = 0
  for (const tell of state.untold) {
    if (tell() === 'mailbox-full') break
    told++
  }
  state.untold.splice(0, told)
  if (state.untold.length > 0) timers.once('tell', TELL_AGAIN_MS, 'tellListener')
}
