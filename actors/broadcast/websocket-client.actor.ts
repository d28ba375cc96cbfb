import { type ActorRef, implement, type Self, type SpawnOptions, UnreachableError, UsageError } from 'troupe'
import { WebSocket } from 'ws'
import type { Codec } from '../codec/codec.ts'
import { type CodecSpec, loadCodec } from '../codec/codec-spec.ts'
import { readPem } from '../connection/connect.ts'
import { type EndpointOptions, formatEndpoint, resolveEndpoint, type TlsEndpoint } from '../connection/endpoint.ts'
import { io } from '../connection/link.ts'
import { dialBackoff, type Spawner } from '../connection/listen.ts'
import { checkSendLength, MESSAGE_BYTES_MAX } from '../connection/message-limit.ts'
import type { LinkKeeper } from './broadcast-link.actor.ts'
import { Intake } from './intake.ts'
import { type SendRefusal, sendRefusal } from './send-answer.ts'
import { giveMessages } from './websocket-intake.ts'

export interface WebSocketClientProtocol<T, R = T> {
  /** `dropped`: more than 4 MiB wait to be sent. */
  send(value: T): 'accepted' | 'dropped' | SendRefusal
  recv(): R
  recvMany(countMax: number): readonly R[]
  /** Ends the connection and the client. */
  close(): void
}

type Protocol = WebSocketClientProtocol<unknown> & LinkKeeper & { gone(): void }

interface State {
  readonly codec: Codec<unknown>
  readonly socket: WebSocket
  readonly intake: Intake<unknown>
}

const CONNECT_TIMEOUT_MS = 5_000
const QUEUE_BYTES_MAX = 4_194_304

/**
 * Connects to a WebSocket server. `ready()` rejects if it cannot. The actor fails with its connection (`connection-closed`) and, with
 * `reconnect`, is started again after 100 ms to 30 s; what it had received and nobody had asked for is lost then.
 */
export function dialWebSocket<T, R = T>(
  spawner: Spawner,
  endpoint: string | EndpointOptions,
  codec: CodecSpec,
  { reconnect = false, spawn }: { readonly reconnect?: boolean; readonly spawn?: SpawnOptions } = {},
): ActorRef<WebSocketClientProtocol<T, R>> {
  const url = formatEndpoint(resolveEndpoint(endpoint))
  const spawning = reconnect
    ? ({ restart: 'transient', backoff: dialBackoff, ...spawn } as const)
    : ({ restart: 'temporary', ...spawn } as const)
  return spawner.spawn(WebSocketClient as never, [url, codec] as never, spawning) as never
}

/** Spawned by `dialWebSocket`. */
export const WebSocketClient = implement<Protocol>()({
  name: 'WebSocketClient',
  module: import.meta.url,
  async start(self, url: string, spec: CodecSpec): Promise<State> {
    const codec = await loadCodec(spec)
    const { log, ref } = self
    const socket = await opened(url, (open) => {
      giveMessages(open, url, ref, {
        ignored() {},
        undecodable: (text) => log.warn(`a message of ${url} is skipped: ${text}`),
      })
      open.on('close', () => ref.tell.gone())
    })
    return { codec, socket, intake: new Intake(codec, 65_536, 16_777_216) }
  },
  on: {
    send(self, value) {
      try {
        const bytes = self.state.codec.encode(value)
        checkSendLength(bytes.length, MESSAGE_BYTES_MAX)
        const waiting = self.state.socket.bufferedAmount
        if (waiting > 0 && waiting + bytes.length > QUEUE_BYTES_MAX) return 'dropped'
        self.state.socket.send(bytes, { binary: true }, () => {})
        return 'accepted'
      } catch (error) {
        return sendRefusal(self.log, error)
      }
    },
    arrived: (self, from, memory, ends) => self.state.intake.arrived(self, from, memory, ends),
    recv: (self) => received(self, 1)?.[0],
    recvMany: (self, countMax) => received(self, countMax) as unknown[],
    gone() {
      throw new UnreachableError('connection-closed', 'the WebSocket connection has ended')
    },
    close: (self) => self.stop(),
  },
  stop({ state }) {
    state.socket.close(1000)
    state.socket.terminate()
  },
})

function received(self: Self<State, Protocol>, countMax: number): unknown[] | undefined {
  return self.state.intake.take(self, countMax)?.map(({ value }) => value)
}

/** @param onOpen listens: what comes together with the server's consent is there before anybody who waits for it goes on */
async function opened(url: string, onOpen: (socket: WebSocket) => void): Promise<WebSocket> {
  const endpoint = resolveEndpoint(url)
  if (endpoint.protocol !== 'tcp' && endpoint.protocol !== 'tls') {
    throw new UsageError('invalid-endpoint', `${url}: WebSocket needs tcp:// or tls://`)
  }
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host
  const tls = endpoint.protocol === 'tls' ? await tlsOptions(endpoint) : {}
  const scheme = endpoint.protocol === 'tls' ? 'wss' : 'ws'
  const socket = new WebSocket(`${scheme}://${host}:${endpoint.port}`, {
    maxPayload: MESSAGE_BYTES_MAX,
    perMessageDeflate: false,
    handshakeTimeout: CONNECT_TIMEOUT_MS,
    ...tls,
  })
  return new Promise((resolve, reject) => {
    socket.on('error', (error) => reject(io(url, error)))
    socket.on('open', () => {
      onOpen(socket)
      resolve(socket)
    })
  })
}

async function tlsOptions({ serverName, minVersion, certFile, keyFile, caFile }: TlsEndpoint) {
  const [cert, key, ca] = await Promise.all([certFile, keyFile, caFile].map((file) => readPem(file)))
  return {
    minVersion,
    ...(serverName !== undefined && { servername: serverName }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(ca !== undefined && { ca }),
  }
}
