import { type ActorRef, implement, type Self, type TroupeError, UnreachableError, UsageError } from 'troupe'
import { Acceptor, type AcceptorObserver, type AcceptorProtocol, type OpenCounts } from './acceptor.actor.ts'
import type { Refusal } from './admission.ts'
import { ConnectionHost, type ConnectionHostProtocol, type HostObserver } from './connection-host.actor.ts'
import type { ConnectionInfo } from './connection-info.ts'
import { type Endpoint, formatEndpoint, resolveEndpoint } from './endpoint.ts'
import type { LinkStatistics } from './link.ts'
import {
  type ConnectionSpec,
  type ListenerOptions,
  loadDefinition,
  type ResolvedListenerOptions,
  resolveListenerOptions,
  type Spread,
  spreadOf,
} from './listener-options.ts'
import type { Berth } from './socket-port.ts'
import { secureOptions } from './tls-server.ts'

/** What a listener has done since it was started. Counts. */
export interface ListenerStatistics {
  /** Of connections that were accepted, and not refused for a limit. */
  readonly acceptedCount: number
  readonly openCount: number
  /** Ended in order, both sides. */
  readonly endedCount: number
  /** Closed for an error, by its code. */
  readonly failedCounts: Readonly<Record<string, number>>
  readonly refusedCounts: Readonly<Record<Refusal, number>>
  readonly handshakesFailedCount: number
  /** On their way to a thread when it was lost, or when its host was too busy. */
  readonly lostCount: number
  /** Of all connections that are closed. */
  readonly receivedMessages: number
  readonly sentMessages: number
  readonly droppedMessages: number
}

export interface ListenerProtocol extends AcceptorObserver, HostObserver {
  /** Where it listens, with the port that the operating system chose. */
  endpoint(): string
  connectionCount(): number
  connections(): readonly ConnectionInfo[]
  statistics(): ListenerStatistics
  /** What the links of all open connections have done so far, by the connection's id. */
  linkStatistics(): Promise<Readonly<Record<string, LinkStatistics>>>
  /** Who has the connections of each thread, to send to all of them at once. */
  hosts(): readonly ActorRef<ConnectionHostProtocol>[]
  /**
   * Moves the listening socket to the thread of another host; connections that come meanwhile wait in the operating system. Answers
   * that host's number, or the error: `not-supported` where Node cannot.
   */
  move(): Promise<number | TroupeError>
  /** Reads the certificates again, for connections from now on. Answers why it keeps the old ones, if it does. */
  reloadCertificates(): Promise<Error | undefined>
  /**
   * Accepts no more, and ends all connections, each when it has sent what it has. Answers how many were still open after
   * `graceMs`, and were cut off.
   */
  close(graceMs?: number): Promise<number>
  /** Binds again after the acceptor's thread was lost. */
  rebind(): Promise<void>
}

interface Host {
  readonly ref: ActorRef<ConnectionHostProtocol>
  berth: Berth | undefined
  /** Sockets on their way to it. */
  pendingCount: number
}

interface AcceptorEntry {
  readonly ref: ActorRef<AcceptorProtocol>
  /** Whose thread it is on; undefined for the listener's own. */
  readonly host: number | undefined
}

interface ListenerState {
  /** With its port, once it is bound. */
  endpoint: Endpoint
  readonly options: ResolvedListenerOptions
  readonly spread: Exclude<Spread, 'auto'>
  readonly hosts: Host[]
  acceptors: AcceptorEntry[]
  acceptorNumber: number
  /** The last `move`. */
  moving: Promise<unknown>
  readonly connections: Map<string, ConnectionInfo>
  readonly counts: {
    accepted: number
    ended: number
    handshakesFailed: number
    lost: number
    received: number
    sent: number
    dropped: number
    readonly failed: Record<string, number>
    readonly refused: Record<Refusal, number>
  }
  isClosing: boolean
  /** Resolved when the last connection is closed. */
  onEmpty: (() => void) | undefined
}

type ListenerSelf = Self<ListenerState, ListenerProtocol>

const GRACE_MS = 5_000
/** For an answer of a host or acceptor of ours. Milliseconds. */
const ANSWER_MS = 10_000
const REBIND_AFTER_MS = 100
/** 10,000 connections may come at once. */
const HOST_MAILBOX = { messagesMax: 1_000_000, bytesMax: 256_000_000 }
const BACKOFF = { minMs: 10, maxMs: 1_000 }

/**
 * Listens on an endpoint and supervises what comes of it: an acceptor with the listening socket, a host on each thread, and under these
 * an actor for each connection. Spawned by `listen`.
 */
export const Listener = implement<ListenerProtocol>()({
  name: 'Listener',
  module: import.meta.url,
  attributeErrors: false, // nothing of it runs on, and following what does would slow down every connection here
  concurrency: 1_000,
  start: (self, url: string, connection: ConnectionSpec, options: ListenerOptions): Promise<ListenerState> =>
    start(self, url, connection, options).catch((error: Error) => {
      // No restart cures an address that is in use or an option that is wrong: whoever spawned the listener is told at once.
      throw Object.assign(error, { retryable: false })
    }),
  on: {
    endpoint: ({ state }) => formatEndpoint(state.endpoint),
    connectionCount: ({ state }) => state.connections.size,
    connections: ({ state }) => [...state.connections.values()],
    statistics: ({ state }) => statisticsOf(state),
    hosts: ({ state }) => state.hosts.map(({ ref }) => ref),
    async linkStatistics(self) {
      const found = await Promise.all(
        self.state.hosts.map(({ ref }) =>
          self
            .ask(ref, { deadlineMs: ANSWER_MS })
            .statistics()
            .catch(() => ({})),
        ),
      )
      return Object.assign({}, ...found) as Record<string, LinkStatistics>
    },
    move,
    async reloadCertificates(self) {
      const asked = self.state.hosts.map(({ ref }) => {
        const answer: Promise<Error | undefined> = self.ask(ref, { deadlineMs: ANSWER_MS }).reloadCertificates()
        return answer.catch((error: Error) => error) // its thread was lost: it reads them when it is back
      })
      return (await Promise.all(asked)).find((error) => error !== undefined)
    },
    async close(self, graceMs = GRACE_MS) {
      const { state } = self
      state.isClosing = true
      for (const { ref } of state.acceptors) ref.tell.close()
      for (const { ref } of state.hosts) ref.tell.endAll()
      await emptied(self, graceMs)
      const left = state.connections.size
      self.stop()
      return left
    },
    async rebind(self) {
      const { state } = self
      if (state.isClosing) return
      for (const acceptor of state.acceptors) {
        await rebind(self, acceptor).catch((error: TroupeError) => {
          self.log.warn({ code: error.code }, error.message)
          self.timers.once('rebind', REBIND_AFTER_MS, 'rebind')
        })
      }
    },
    acceptorUp(self) {
      // The first time it is told by whoever spawned it to listen; after its thread was lost nobody else does it.
      self.timers.once('rebind', 0, 'rebind')
    },
    hostUp(self, index, berth) {
      const { state } = self
      const host = state.hosts[index] as Host
      if (host.berth?.key === berth.key) return // known since the start
      state.counts.lost += host.pendingCount
      host.pendingCount = 0
      host.berth = berth
      for (const connection of [...state.connections.values()]) {
        if (connection.host === index) remove(state, connection, 'thread-lost')
      }
      for (const acceptor of state.acceptors) {
        if (isHostOf(state, acceptor, index)) void acceptor.ref.tell.host(index, berth, {})
      }
    },
    accepted({ state }, host, count) {
      state.counts.accepted += count
      ;(state.hosts[host] as Host).pendingCount += count
    },
    refused(self, address, why) {
      if (self.state.counts.refused[why]++ === 0)
        self.log.warn({ address, limit: why }, 'a connection was refused, as are others from now on')
    },
    opened({ state }, connection) {
      const host = state.hosts[connection.host] as Host
      host.pendingCount--
      state.connections.set(connection.id, connection)
      state.options.observer?.tell.connectionOpened(connection)
    },
    notOpened({ state }, host, address, why) {
      ;(state.hosts[host] as Host).pendingCount--
      if (why === 'handshake-failed') state.counts.handshakesFailed++
      else state.counts.lost++
      for (const { ref } of state.acceptors) ref.tell.closed(host, address)
    },
    closed({ state }, id, statistics, errorCode) {
      const connection = state.connections.get(id)
      if (connection === undefined) return
      state.counts.received += statistics?.receivedMessages ?? 0
      state.counts.sent += statistics?.sentMessages ?? 0
      state.counts.dropped += statistics?.droppedMessages ?? 0
      remove(state, connection, errorCode)
      for (const { ref } of state.acceptors) ref.tell.closed(connection.host, connection.address)
    },
  },
})

async function start(
  self: ListenerSelf,
  url: string,
  connection: ConnectionSpec,
  given: ListenerOptions,
): Promise<ListenerState> {
  const endpoint = resolveEndpoint(url)
  const options = resolveListenerOptions(given)
  const spread = spreadOf(options.spread, endpoint.protocol)
  await loadDefinition(connection)
  if (endpoint.protocol === 'tls') await secureOptions(endpoint)
  const { link, handshakeTimeoutMs } = options
  const hosts: Host[] = []
  const hostCount = spread === 'one-thread' ? 1 : options.threads
  for (let index = 0; index < hostCount; index++) {
    const settings = {
      index,
      endpoint,
      connection,
      link,
      handshakeTimeoutMs,
      listener: self.ref as ActorRef<HostObserver>,
    }
    const placement = spread === 'one-thread' ? 'here' : 'any'
    const spawning = { name: `host-${index}`, placement, backoff: BACKOFF, mailbox: HOST_MAILBOX } as const
    hosts.push({ ref: self.spawn(ConnectionHost, [settings], spawning), berth: undefined, pendingCount: 0 })
  }
  const state: ListenerState = {
    endpoint,
    options,
    spread,
    hosts,
    acceptors: [],
    acceptorNumber: 0,
    moving: Promise.resolve(),
    connections: new Map(),
    counts: {
      accepted: 0,
      ended: 0,
      handshakesFailed: 0,
      lost: 0,
      received: 0,
      sent: 0,
      dropped: 0,
      failed: {},
      refused: { 'connections-max': 0, 'address-max': 0 },
    },
    isClosing: false,
    onEmpty: undefined,
  }
  for (const host of hosts) {
    await host.ref.ready()
    host.berth = await self.ask(host.ref, { deadlineMs: ANSWER_MS }).berth()
  }
  const acceptorHosts = spread === 'reuse-port' ? hosts.map((_, index) => index) : [undefined]
  for (const host of acceptorHosts) await bind(self, state, spawnAcceptor(self, state, host))
  options.observer?.tell.listening(self.path, formatEndpoint(state.endpoint))
  return state
}

function spawnAcceptor(self: ListenerSelf, state: ListenerState, host: number | undefined): AcceptorEntry {
  const { connectionsMax, addressConnectionsMax, backlog } = state.options
  const isShared = state.spread === 'reuse-port'
  const share = isShared ? state.hosts.length : 1
  const settings = {
    endpoint: state.endpoint,
    listening: { backlog, reusePort: isShared },
    limits: {
      connectionsMax: Math.ceil(connectionsMax / share),
      addressConnectionsMax: Math.ceil(addressConnectionsMax / share),
    },
    listener: self.ref as ActorRef<AcceptorObserver>,
  }
  const placement =
    host === undefined ? 'here' : { with: (state.hosts[host] as Host).ref as unknown as ActorRef<never> }
  const spawning = {
    name: `acceptor-${++state.acceptorNumber}`,
    placement,
    backoff: BACKOFF,
    mailbox: HOST_MAILBOX,
  } as const
  const acceptor = { ref: self.spawn(Acceptor, [settings], spawning), host }
  state.acceptors.push(acceptor)
  return acceptor
}

/** Listens, at first on the port that was given, afterwards on the one that was chosen. */
async function bind(self: ListenerSelf, state: ListenerState, acceptor: AcceptorEntry): Promise<void> {
  await tellHosts(self, state, acceptor)
  const port = 'port' in state.endpoint ? state.endpoint.port : 0
  const bound = await self.ask(acceptor.ref, { deadlineMs: ANSWER_MS }).listen(port)
  if (bound instanceof Error) throw bound
  state.endpoint = bound
}

async function rebind(self: ListenerSelf, acceptor: AcceptorEntry): Promise<void> {
  const isListening = await self.ask(acceptor.ref, { deadlineMs: ANSWER_MS }).isListening()
  if (!isListening) await bind(self, self.state, acceptor)
}

/** One after the other. An error is answered, not thrown: that would take the listener down with all its connections. */
function move(self: ListenerSelf): Promise<number | TroupeError> {
  const { state } = self
  const moved = state.moving
    .then(() => moveNow(self))
    .catch((error: TroupeError) => {
      self.timers.once('rebind', 0, 'rebind') // a thread was lost on the way
      return error
    })
  state.moving = moved
  return moved
}

async function moveNow(self: ListenerSelf): Promise<number | TroupeError> {
  const { state } = self
  const [old] = state.acceptors
  if (state.isClosing || old === undefined) return new UnreachableError('connection-closed', 'the listener is closing')
  if (state.spread !== 'move')
    return new UsageError(
      'not-supported',
      `the connections of this listener are spread by '${state.spread}': nothing moves`,
    )
  const to = ((old.host ?? -1) + 1) % state.hosts.length
  const acceptor = spawnAcceptor(self, state, to)
  const berth = await self.ask(acceptor.ref, { deadlineMs: ANSWER_MS }).berth()
  const isGone = await self.ask(old.ref, { deadlineMs: ANSWER_MS }).handOver(berth)
  const left = isGone ? old : acceptor
  state.acceptors = state.acceptors.filter((other) => other !== left)
  if (isGone) await tellHosts(self, state, acceptor)
  await self.stopChild(left.ref as ActorRef<never>)
  if (!isGone) self.timers.once('rebind', 0, 'rebind')
  return isGone
    ? to
    : new UnreachableError(
        'thread-lost',
        'the thread that the listening socket was to move to is gone; it is bound again where it was',
      )
}

/** All hosts get sockets from the one acceptor, or each from its own. */
function isHostOf({ spread }: ListenerState, { host }: AcceptorEntry, index: number): boolean {
  return spread !== 'reuse-port' || host === index
}

async function tellHosts(self: ListenerSelf, state: ListenerState, acceptor: AcceptorEntry): Promise<void> {
  for (const [index, { berth }] of state.hosts.entries()) {
    if (berth === undefined || !isHostOf(state, acceptor, index)) continue
    await self.ask(acceptor.ref, { deadlineMs: ANSWER_MS }).host(index, berth, countsOf(state, index))
  }
}

function remove(state: ListenerState, connection: ConnectionInfo, errorCode: string | undefined): void {
  const { counts, connections } = state
  connections.delete(connection.id)
  if (errorCode === undefined) counts.ended++
  else counts.failed[errorCode] = (counts.failed[errorCode] ?? 0) + 1
  state.options.observer?.tell.connectionClosed(connection, errorCode)
  if (connections.size === 0) state.onEmpty?.()
}

function emptied({ state }: ListenerSelf, graceMs: number): Promise<void> {
  if (state.connections.size === 0) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, graceMs)
    state.onEmpty = () => {
      clearTimeout(timer)
      resolve()
    }
  })
}

function countsOf({ connections }: ListenerState, index: number): OpenCounts {
  const counts: Record<string, number> = {}
  for (const { host, address } of connections.values()) {
    if (host === index) counts[address] = (counts[address] ?? 0) + 1
  }
  return counts
}

function statisticsOf({ counts, connections }: ListenerState): ListenerStatistics {
  return {
    acceptedCount: counts.accepted,
    openCount: connections.size,
    endedCount: counts.ended,
    failedCounts: { ...counts.failed },
    refusedCounts: { ...counts.refused },
    handshakesFailedCount: counts.handshakesFailed,
    lostCount: counts.lost,
    receivedMessages: counts.received,
    sentMessages: counts.sent,
    droppedMessages: counts.dropped,
  }
}
