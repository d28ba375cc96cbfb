import { X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import { createServer, type Server, type TLSSocket, type TlsOptions } from 'node:tls'
import { UsageError } from 'troupe'
import { readPem } from './connect.ts'
import { formatEndpoint, type TlsEndpoint } from './endpoint.ts'

/** What becomes of an accepted socket. */
export interface HandshakeEvents {
  secured(raw: Socket, socket: TLSSocket): void
  failed(raw: Socket, error: Error): void
}

/** Handshakes of accepted sockets, each on its own time: one that stays silent holds nobody up but itself. */
export class TlsServer {
  readonly #endpoint: TlsEndpoint
  readonly #server: Server

  /** Rejects with `io` for a file that cannot be read, with `invalid-certificate` for one that is no use. */
  static async open(endpoint: TlsEndpoint, handshakeTimeoutMs: number, events: HandshakeEvents): Promise<TlsServer> {
    return new TlsServer(endpoint, await secureOptions(endpoint), handshakeTimeoutMs, events)
  }

  private constructor(endpoint: TlsEndpoint, options: TlsOptions, handshakeTimeout: number, events: HandshakeEvents) {
    this.#endpoint = endpoint
    const server = createServer({ ...options, handshakeTimeout, allowHalfOpen: true, pauseOnConnect: true })
    server.on('secureConnection', (socket) => events.secured(rawOf(socket), socket))
    server.on('tlsClientError', (error, socket) => {
      const raw = rawOf(socket)
      events.failed(raw, error)
      raw.destroy() // a handshake that timed out is told, not ended
    })
    this.#server = server
  }

  /** Takes over a socket that has not read anything. Answers at once. */
  secure(raw: Socket): void {
    this.#server.emit('connection', raw)
  }

  /** Reads the files again, for handshakes from now on. What they were is kept if they are no use. */
  async reload(): Promise<void> {
    this.#server.setSecureContext(await secureOptions(this.#endpoint))
  }
}

/** The socket under a secured one. */
function rawOf(socket: TLSSocket): Socket {
  return ((socket as unknown as { _parent?: Socket })._parent ?? socket) as Socket
}

/** Rejects as `TlsServer.open` does. */
export async function secureOptions(endpoint: TlsEndpoint): Promise<TlsOptions> {
  const { certFile, keyFile, caFile, minVersion, ciphers } = endpoint
  if (certFile === undefined) {
    throw new UsageError('invalid-endpoint', `${formatEndpoint(endpoint)}: certFile and keyFile are needed to listen`)
  }
  const [cert, key, ca] = await Promise.all([certFile, keyFile, caFile].map((file) => readPem(file)))
  checkCertificate(certFile, cert as Buffer)
  const suites = ciphers === undefined ? {} : { ciphers }
  return {
    cert,
    key,
    minVersion,
    ...suites,
    ...(ca !== undefined && { ca, requestCert: true, rejectUnauthorized: true }),
  }
}

function checkCertificate(file: string, pem: Buffer): void {
  let certificate: X509Certificate
  try {
    certificate = new X509Certificate(pem)
  } catch (error) {
    throw invalid(`${file} holds no certificate in PEM form`, error)
  }
  const { validFrom, validTo } = certificate
  const nowMs = Date.now()
  if (nowMs > Date.parse(validTo)) throw invalid(`the certificate in ${file} expired on ${validTo}`)
  if (nowMs < Date.parse(validFrom)) throw invalid(`the certificate in ${file} is not valid before ${validFrom}`)
}

function invalid(text: string, cause?: unknown): UsageError {
  return new UsageError('invalid-certificate', text, { cause })
}
