import { chmod, lstat, unlink } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type ListenOptions, type Server, type Socket } from 'node:net'
import { UnreachableError, UsageError } from 'troupe'
import { systemPath } from './connect.ts'
import { type Endpoint, formatEndpoint, type UnixEndpoint } from './endpoint.ts'

export interface ListeningOptions {
  /** Connections that the operating system holds ready while the thread is busy. */
  readonly backlog: number
  /** Whether others may listen on the same port, so that the operating system spreads connections over them. */
  readonly reusePort: boolean
}

/** How long one who listens on a socket file may take to be found. Milliseconds. */
const PROBE_MS = 1_000

/**
 * Listens. Sockets are accepted paused, and stay open for writing when the peer has ended its side. A socket file that nobody listens
 * on any more is replaced. Rejects with `io`, naming the endpoint.
 */
export async function openServer(endpoint: Endpoint, options: ListeningOptions): Promise<Server> {
  if (endpoint.protocol === 'udp') {
    throw new UsageError('invalid-endpoint', `${formatEndpoint(endpoint)}: datagrams have no connections to listen for`)
  }
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true })
  try {
    if (endpoint.protocol !== 'unix')
      await listening(server, { host: endpoint.host, port: endpoint.port, ...options, exclusive: true })
    else await listenOnFile(server, endpoint, options)
    return server
  } catch (error) {
    server.close()
    const { message } = error as Error
    throw new UnreachableError('io', `cannot listen on ${formatEndpoint(endpoint)}: ${message}`, { cause: error })
  }
}

/** The endpoint with the port that the operating system has chosen. */
export function boundEndpoint(endpoint: Endpoint, server: Server): Endpoint {
  if (endpoint.protocol === 'unix') return endpoint
  return { ...endpoint, port: (server.address() as AddressInfo).port } as Endpoint
}

/** Where the other side of an accepted socket is: an address to count by, and a text to show. */
export function peerOf(socket: Socket, endpoint: Endpoint): { readonly address: string; readonly remote: string } {
  if (endpoint.protocol === 'unix') return { address: endpoint.path, remote: endpoint.path }
  const address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '')
  const host = address.includes(':') ? `[${address}]` : address
  return { address, remote: `${host}:${socket.remotePort ?? 0}` }
}

function listening(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options as ListenOptions, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

async function listenOnFile(
  server: Server,
  { path, mode }: UnixEndpoint,
  { backlog }: ListeningOptions,
): Promise<void> {
  const place = { path: systemPath(path), backlog, exclusive: true }
  try {
    await listening(server, place)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || !(await isLeftOver(path))) throw error
    await unlink(path)
    await listening(server, place)
  }
  if (mode !== undefined) await chmod(path, mode)
}

/** Whether it is the file of a socket that nobody listens on any more, as a crash leaves it. A connection to any other file is refused too. */
async function isLeftOver(path: string): Promise<boolean> {
  return !path.startsWith('@') && (await lstat(path)).isSocket() && !(await isAnswered(path))
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path)
    const answer = (isThere: boolean) => (): void => {
      probe.destroy()
      resolve(isThere)
    }
    probe.setTimeout(PROBE_MS, answer(true)) // its backlog is full: it lives
    probe.once('connect', answer(true))
    probe.once('error', (error: NodeJS.ErrnoException) => answer(error.code !== 'ECONNREFUSED')())
  })
}
