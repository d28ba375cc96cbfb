import { createServer, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { type ActorRef, implement, type Self, type SpawnOptions, UnreachableError, UsageError } from 'troupe'
import { type WebSocket, WebSocketServer as WsServer } from 'ws'
import type { Codec } from '../codec/codec.ts'
import { type CodecSpec, loadCodec } from '../codec/codec-spec.ts'
import { type EndpointOptions, formatEndpoint, resolveEndpoint } from '../connection/endpoint.ts'
import type { Spawner } from '../connection/listen.ts'
import { boundEndpoint } from '../connection/listening-socket.ts'
import { checkSendLength, MESSAGE_BYTES_MAX } from '../connection/message-limit.ts'
import { checkedOptions, type OptionRules } from '../connection/option-check.ts'
import { secureOptions } from '../connection/tls-server.ts'
import type { LinkKeeper } from './broadcast-link.actor.ts'
import { Intake, type Received } from './intake.ts'
import { type SendRefusal, sendRefusal } from './send-answer.ts'
import { giveMessages } from './websocket-intake.ts'

export interface WebSocketServerOptions {
  /** A client whose queue is full is removed, or loses the value. @default 'disconnect' */
  readonly overflow?: 'disconnect' | 'drop-newest'
  /** What may wait to be sent to each client; one message always may. Bytes, >= 0. @default 4_194_304 (4 MiB) */
  readonly queueBytesMax?: number
  /** Clients at the same time; one more is closed at once with code 1013. Count, >= 1. @default 1_000 */
  readonly connectionsMax?: number
  /** A client that has not answered a ping when the next is due is removed. Milliseconds, >= 10. @default 30_000 */
  readonly heartbeatMs?: number
  /** As of the other servers. */
  readonly inboxMessagesMax?: number
  readonly inboxBytesMax?: number
}

/** Counts. */
export interface WebSocketServerStatistics {
  readonly sentMessages: number
  readonly receivedMessages: number
  /** Messages that were text. */
  readonly ignoredMessages: number
  /** Messages that are no value of the codec. */
  readonly undecodableMessages: number
  /** Values that a client with a full queue lost. */
  readonly droppedMessages: number
  /** Clients that were removed since their queue was full. */
  readonly overflowedClients: number
}

export interface WebSocketServerProtocol<T, R = T> {
  /** To all clients, encoded once. */
  send(value: T): 'accepted' | SendRefusal
  /** @param client the `from` of what it sent */
  sendTo(client: string, value: T): 'accepted' | 'no-client' | SendRefusal
  recv(): Received<R>
  recvMany(countMax: number): readonly Received<R>[]
  clientCount(): number
  statistics(): WebSocketServerStatistics
  /** Where it listens, with the port that the operating system chose. */
  endpoint(): string
  /** Ends all connections with code 1001 behind what is queued, and stops. Answers how many were cut off after `graceMs` (5_000). */
  shutdown(graceMs?: number): Promise<number>
}

type Protocol = WebSocketServerProtocol<unknown> & LinkKeeper & { beat(): void }
type Options = Readonly<Required<WebSocketServerOptions>>

interface State {
  readonly options: Options
  readonly codec: Codec<unknown>
  readonly intake: Intake<unknown>
  readonly http: Server
  readonly ws: WsServer
  readonly url: string
  readonly clients: Map<string, WebSocket>
  /** Those who have given a sign of life since the last ping. */
  readonly alive: Set<WebSocket>
  readonly counts: { sent: number; ignored: number; undecodable: number; dropped: number; overflowed: number }
  lastId: number
}

const defaults: Options = Object.freeze({
  overflow: 'disconnect',
  queueBytesMax: 4_194_304,
  connectionsMax: 1_000,
  heartbeatMs: 30_000,
  inboxMessagesMax: 65_536,
  inboxBytesMax: 16_777_216,
})
const rules: OptionRules<WebSocketServerOptions> = {
  overflow: ['disconnect', 'drop-newest'],
  queueBytesMax: { min: 0, max: Number.MAX_SAFE_INTEGER, unit: 'bytes', isWhole: true },
  connectionsMax: { min: 1, max: 1_000_000, unit: 'connections', isWhole: true },
  heartbeatMs: { min: 10, max: 2_147_483_647, unit: 'ms' },
  inboxMessagesMax: { min: 1, max: 100_000_000, unit: 'messages', isWhole: true },
  inboxBytesMax: { min: 1, max: Number.MAX_SAFE_INTEGER, unit: 'bytes', isWhole: true },
}
const GRACE_MS = 5_000

/**
 * Serves values over WebSocket: `serveWebSocket<Sample>(system, 'tcp://0.0.0.0:7000', { kind: 'json' })`; `tls://` with `certFile` and
 * `keyFile` for wss. `ready()` rejects if the address cannot be listened on. Throws `UsageError` for options that are none.
 */
export function serveWebSocket<T, R = T>(
  spawner: Spawner,
  endpoint: string | EndpointOptions,
  codec: CodecSpec,
  options: WebSocketServerOptions & { readonly spawn?: SpawnOptions } = {},
): ActorRef<WebSocketServerProtocol<T, R>> {
  const { spawn, ...given } = options
  const own = checkedOptions('serveWebSocket', given, defaults, rules)
  const url = formatEndpoint(resolveEndpoint(endpoint))
  // Once shut down it stays so.
  const spawning = { restart: 'transient', ...spawn } as const
  return spawner.spawn(WebSocketServer as never, [url, codec, own] as never, spawning) as never
}

/** Owns all its sockets, on its thread. Spawned by `serveWebSocket`. */
export const WebSocketServer = implement<Protocol>()({
  name: 'WebSocketServer',
  module: import.meta.url,
  async start(self, url: string, spec: CodecSpec, options: Options): Promise<State> {
    const codec = await loadCodec(spec)
    const endpoint = resolveEndpoint(url)
    if (endpoint.protocol !== 'tcp' && endpoint.protocol !== 'tls') {
      throw new UsageError('invalid-endpoint', `${url}: WebSocket needs tcp:// or tls://`)
    }
    const http = endpoint.protocol === 'tls' ? createSecureServer(await secureOptions(endpoint)) : createServer()
    http.on('request', (_request, response) => response.writeHead(426, { Connection: 'close' }).end())
    http.maxConnections = options.connectionsMax + 16
    await listening(http, endpoint.host, endpoint.port, url)
    const ws = new WsServer({ server: http, maxPayload: MESSAGE_BYTES_MAX, perMessageDeflate: false })
    const state: State = {
      options,
      codec,
      http,
      ws,
      url: formatEndpoint(boundEndpoint(endpoint, http)),
      intake: new Intake(codec, options.inboxMessagesMax, options.inboxBytesMax),
      clients: new Map(),
      alive: new Set(),
      counts: { sent: 0, ignored: 0, undecodable: 0, dropped: 0, overflowed: 0 },
      lastId: 0,
    }
    const { log, ref } = self
    ws.on('error', (error) => log.warn(`${url}: ${error.message}`))
    ws.on('connection', (socket) => connected(state, socket, ref, log))
    self.timers.every('beat', options.heartbeatMs, 'beat')
    return state
  },
  on: {
    send(self, value) {
      const bytes = encoded(self, value)
      if (typeof bytes === 'string') return bytes
      for (const [id, client] of self.state.clients) give(self.state, id, client, bytes)
      return 'accepted'
    },
    sendTo(self, id, value) {
      const client = self.state.clients.get(id)
      if (client === undefined) return 'no-client'
      const bytes = encoded(self, value)
      if (typeof bytes === 'string') return bytes
      give(self.state, id, client, bytes)
      return 'accepted'
    },
    arrived: (self, from, memory, ends) => self.state.intake.arrived(self, from, memory, ends),
    recv: (self) => self.state.intake.take(self, 1)?.[0] as Received<unknown>,
    recvMany: (self, countMax) => self.state.intake.take(self, countMax) as Received<unknown>[],
    clientCount: (self) => self.state.clients.size,
    endpoint: (self) => self.state.url,
    statistics({ state: { counts, intake } }) {
      return {
        sentMessages: counts.sent,
        receivedMessages: intake.receivedMessages,
        ignoredMessages: counts.ignored,
        undecodableMessages: counts.undecodable,
        droppedMessages: counts.dropped,
        overflowedClients: counts.overflowed,
      }
    },
    beat({ state: { clients, alive } }) {
      for (const client of clients.values()) {
        if (alive.delete(client)) client.ping()
        else client.terminate()
      }
    },
    async shutdown(self, graceMs = GRACE_MS) {
      const { clients, http } = self.state
      http.close()
      const ends = [...clients.values()].map((client) => {
        client.close(1001)
        return new Promise((resolve) => client.once('close', resolve))
      })
      let timer: NodeJS.Timeout | undefined
      const grace = new Promise((resolve) => {
        timer = setTimeout(resolve, graceMs)
      })
      await Promise.race([Promise.all(ends), grace])
      clearTimeout(timer)
      const left = clients.size
      self.stop()
      return left
    },
  },
  stop({ state }) {
    for (const client of state.ws.clients) client.terminate()
    state.ws.close()
    state.http.close()
    state.http.closeAllConnections()
  },
})

function listening(http: Server, host: string, port: number, url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', (cause) =>
      reject(new UnreachableError('io', `cannot listen on ${url}: ${cause.message}`, { cause })),
    )
    http.listen({ host, port, exclusive: true }, resolve)
  })
}

function connected(
  state: State,
  socket: WebSocket,
  keeper: ActorRef<LinkKeeper>,
  log: Self<State, Protocol>['log'],
): void {
  const { clients, alive, counts } = state
  socket.on('error', (error) => log.warn(`a WebSocket client is removed: ${error.message}`))
  if (clients.size >= state.options.connectionsMax) return socket.close(1013)
  const id = `client-${++state.lastId}`
  clients.set(id, socket)
  alive.add(socket)
  socket.on('pong', () => alive.add(socket))
  socket.on('close', () => {
    clients.delete(id)
    alive.delete(socket)
  })
  giveMessages(socket, id, keeper, {
    ignored: () => counts.ignored++,
    undecodable(text) {
      counts.undecodable++
      log.warn(`a message of ${id} is skipped: ${text}`)
    },
  })
}

function encoded(self: Self<State, Protocol>, value: unknown): Uint8Array | SendRefusal {
  try {
    const bytes = self.state.codec.encode(value)
    checkSendLength(bytes.length, MESSAGE_BYTES_MAX)
    self.state.counts.sent++
    return bytes
  } catch (error) {
    return sendRefusal(self.log, error)
  }
}

/** A stalled client delays nobody: what it does not take waits in its socket, up to the limit. */
function give({ options, counts, clients }: State, id: string, client: WebSocket, bytes: Uint8Array): void {
  const waiting = client.bufferedAmount
  if (waiting === 0 || waiting + bytes.length <= options.queueBytesMax) {
    return client.send(bytes, { binary: true }, () => {}) // an error closes the socket, which is told
  }
  if (options.overflow === 'drop-newest') {
    counts.dropped++
    return
  }
  counts.overflowed++
  clients.delete(id) // it counts no more, and once: its socket is closed a moment later
  client.terminate()
}
