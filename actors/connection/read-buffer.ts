import { Socket } from 'node:net'

/** One read of any socket of a thread. Bytes. */
const READ_BYTES = 262_144

let shared: Buffer | undefined

/**
 * What all sockets of this thread read into: a socket that says nothing holds no memory for what it may say. Whoever is told of a
 * read has seen to its bytes before the event loop goes on, or copies them.
 */
export function threadReadBuffer(): Buffer {
  shared ??= Buffer.allocUnsafeSlow(READ_BYTES)
  return shared
}

/** Told how many bytes lie at the start of the thread's buffer. Answers whether to go on reading. */
export type OnRead = (bytesRead: number) => boolean

/** `onread` for `net.connect`. */
export function readOptions(onRead: OnRead): { buffer: Buffer; callback: OnRead } {
  return { buffer: threadReadBuffer(), callback: onRead }
}

interface SocketInside {
  _handle: object | null
  _server: object | null
}

/**
 * The same connection as a socket that reads into the thread's buffer. Node offers that for sockets that connect; for one that was
 * accepted, a second socket takes over its handle. Answers undefined where Node's inside is not as it was: read by 'data' events then.
 * The socket must not have read anything.
 */
export function readingInto(socket: Socket, onRead: OnRead): Socket | undefined {
  const accepted = socket as unknown as SocketInside
  const handle = accepted._handle as { useUserBuffer?: unknown } | null
  if (socket.constructor !== Socket || typeof handle?.useUserBuffer !== 'function' || !('_server' in accepted))
    return undefined
  const options = { handle, onread: readOptions(onRead), allowHalfOpen: true, readable: true, writable: true }
  const { _server: server } = accepted
  accepted._handle = null
  accepted._server = null // which counts its open sockets: they are this one's now
  const taken = new Socket(options as never)
  ;(taken as unknown as SocketInside)._server = server
  return taken
}
