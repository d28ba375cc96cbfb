import { connect, createServer, type NetConnectOpts, type Server, type Socket } from 'node:net'
import { encodeFrame, LengthPrefixFraming, resolveEndpoint } from 'troupe/actors'

/** The other end of a connection, by hand: what a peer of another make does, or does wrong. */
export class RawPeer {
  readonly socket: Socket
  readonly messages: string[] = []
  hasEnded = false
  error: NodeJS.ErrnoException | undefined
  readonly closed: Promise<void>
  readonly #framing = new LengthPrefixFraming()

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk) =>
      this.#framing.push(chunk, (message) => void this.messages.push(Buffer.from(message).toString())),
    )
    socket.on('end', () => {
      this.hasEnded = true
    })
    socket.on('error', (error) => {
      this.error = error
    })
    this.closed = new Promise((resolve) => socket.on('close', () => resolve()))
  }

  static async connect(url: string, options: Partial<NetConnectOpts> = {}): Promise<RawPeer> {
    const endpoint = resolveEndpoint(url)
    const place =
      'path' in endpoint ? { path: endpoint.path.replace(/^@/, '\0') } : { host: endpoint.host, port: endpoint.port }
    const socket = connect({ ...place, ...options } as NetConnectOpts)
    const peer = new RawPeer(socket)
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    return peer
  }

  /** Sends a message, framed with a 32-bit little-endian length. */
  say(text: string): void {
    this.socket.write(encodeFrame(new LengthPrefixFraming(), Buffer.from(text)))
  }
}

/** A server of another make on a port of its own. */
export async function rawServer(
  onPeer: (peer: RawPeer) => void,
): Promise<{ readonly url: string; readonly server: Server; close(): void }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    onPeer(new RawPeer(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const close = (): void => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  return { url: `tcp://127.0.0.1:${port}`, server, close }
}
