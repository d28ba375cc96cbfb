import { readFile } from 'node:fs/promises'
import { connect as connectTcp, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { UsageError } from 'troupe'
import { type Endpoint, formatEndpoint, type TlsEndpoint } from './endpoint.ts'
import { io } from './link.ts'
import { timeout } from './link-watch.ts'

/**
 * Connects to an endpoint; the socket has not read anything, and is paused. Rejects with `io` or `timeout`, and with
 * `invalid-endpoint` for one that has no connections.
 */
export async function connect(endpoint: Endpoint, timeoutMs: number): Promise<Socket> {
  const socket = await opened(endpoint)
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => settle(timeout(`no connection to ${formatEndpoint(endpoint)}`, timeoutMs)),
      timeoutMs,
    )
    const onError = (error: Error): void => settle(io(formatEndpoint(endpoint), error))
    const onOpen = (): void => settle(undefined)
    const settle = (error: Error | undefined): void => {
      clearTimeout(timer)
      socket.off('error', onError).off('connect', onOpen).off('secureConnect', onOpen)
      if (error === undefined) return resolve(socket)
      socket.on('error', () => {}).destroy()
      reject(error)
    }
    socket.on('error', onError).on(endpoint.protocol === 'tls' ? 'secureConnect' : 'connect', onOpen)
  })
}

async function opened(endpoint: Endpoint): Promise<Socket> {
  switch (endpoint.protocol) {
    case 'tcp':
      return connectTcp({ host: endpoint.host, port: endpoint.port, allowHalfOpen: true })
    case 'unix':
      return connectTcp({ path: systemPath(endpoint.path), allowHalfOpen: true })
    case 'tls':
      return connectTls(await tlsOptions(endpoint))
    case 'udp':
      throw new UsageError('invalid-endpoint', `${formatEndpoint(endpoint)}: datagrams have no connection to open`)
  }
}

/** A name in the abstract space of Linux begins with NUL there. */
export function systemPath(path: string): string {
  return path.startsWith('@') ? `\0${path.slice(1)}` : path
}

async function tlsOptions({
  host,
  port,
  serverName,
  minVersion,
  certFile,
  keyFile,
  caFile,
  ciphers,
}: TlsEndpoint): Promise<ConnectionOptions> {
  const [cert, key, ca] = await Promise.all([certFile, keyFile, caFile].map((file) => readPem(file)))
  const isAddress = /^[\d.]+$|:/.test(host)
  const options = {
    host,
    port,
    minVersion,
    allowHalfOpen: true, // known to Node, not to its types
    // The name for SNI must be no address; the certificate is checked against `host` where there is none.
    ...(serverName !== undefined ? { servername: serverName } : isAddress ? {} : { servername: host }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(ca !== undefined && { ca }),
    ...(ciphers !== undefined && { ciphers }),
  }
  return options
}

/** The content of a PEM file. Rejects with `io`, naming it. */
export async function readPem(file: string | undefined): Promise<Buffer | undefined> {
  if (file === undefined) return undefined
  try {
    return await readFile(file)
  } catch (error) {
    throw io(file, error as NodeJS.ErrnoException)
  }
}
