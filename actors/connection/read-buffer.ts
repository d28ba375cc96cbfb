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

/** Where a socket keeps what it was given as `onread`: Node names these properties by symbols. Undefined where it does not. */
const [bufferKey, callbackKey] = onReadKeys()

/**
 * Makes a socket read into the thread's buffer. Node offers that for sockets that one connects by oneself; for one that was accepted, what
 * it would have done is done here. Answers false where Node's inside is not as it was, and for a socket that has read already: these
 * are to be read by 'data' events.
 */
export function readInto(socket: Socket, onRead: OnRead): boolean {
  const inside = socket as unknown as { _handle: object | null; [key: symbol]: unknown }
  const handle = inside._handle as { useUserBuffer?(buffer: Uint8Array): void } | null
  if (process.platform === 'win32') return false // there, reads are under way before there is anything to read
  if (bufferKey === undefined || callbackKey === undefined || typeof handle?.useUserBuffer !== 'function') return false
  if (socket.constructor !== Socket || inside[bufferKey] !== null || socket.readableLength > 0) return false
  inside[bufferKey] = threadReadBuffer()
  inside[callbackKey] = onRead
  handle.useUserBuffer(threadReadBuffer())
  return true
}

function onReadKeys(): (symbol | undefined)[] {
  const symbols = Object.getOwnPropertySymbols(new Socket())
  return ['kBuffer', 'kBufferCb'].map((name) => symbols.find(({ description }) => description === name))
}
