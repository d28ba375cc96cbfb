import { type Server, Socket } from 'node:net'
import * as workerThreads from 'node:worker_threads'
import { MessageChannel, type MessagePort, threadId } from 'node:worker_threads'

/** `worker_threads.postMessageToThread`, where Node has it. */
type PostToThread = (
  threadId: number,
  value: unknown,
  transfer: readonly MessagePort[],
  timeoutMs: number,
) => Promise<void>
const postToThread = (workerThreads as { postMessageToThread?: PostToThread }).postMessageToThread

/**
 * Whether this Node moves sockets between threads: from 24 on. It is asked, not guessed: a socket that is not connected is refused
 * for its state where sockets can move, and for its kind where they cannot.
 */
export const canMoveSockets: boolean = postToThread !== undefined && isSocketTransferable()

/** Where sockets can be sent to: a key on a thread. */
export interface Berth {
  readonly threadId: number
  readonly key: string
}

/** What comes through a port. */
export type Moved = { readonly socket: Socket } | { readonly server: Server }

/** A thread that hangs takes no message, and nobody else may hang with it. Milliseconds. */
const OPEN_MS = 1_000

const berths = new Map<string, (moved: Moved) => void>()
let isListening = false

/** Takes sockets from other threads under this key, until `closeBerth`. */
export function openBerth(key: string, onMoved: (moved: Moved) => void): Berth {
  berths.set(key, onMoved)
  if (!isListening && canMoveSockets) {
    isListening = true
    ;(process as NodeJS.EventEmitter).on('workerMessage', onWorkerMessage)
  }
  return { threadId, key }
}

export function closeBerth(key: string): void {
  berths.delete(key)
}

/** The way of sockets from this thread to a berth. */
export class SocketPort {
  readonly #berth: Berth
  readonly #port: MessagePort | undefined
  #isClosed = false

  /** Rejects when that thread is gone, and when it is too busy to take a message in a second: see `isBusyThread`. */
  static async open(berth: Berth): Promise<SocketPort> {
    if (berth.threadId === threadId) return new SocketPort(berth, undefined)
    const { port1, port2 } = new MessageChannel()
    try {
      await (postToThread as PostToThread)(berth.threadId, { [MESSAGE_KEY]: berth.key, port: port2 }, [port2], OPEN_MS)
    } catch (error) {
      port1.close() // a thread that was busy still takes the other end, later
      throw error
    }
    return new SocketPort(berth, port1)
  }

  private constructor(berth: Berth, port: MessagePort | undefined) {
    this.#berth = berth
    this.#port = port
    port?.once('close', () => {
      this.#isClosed = true // with the thread behind it
    })
    port?.unref()
  }

  /** Sends a socket that has not read anything, or a listening server. Answers whether it is on its way. */
  send(moved: Moved): boolean {
    if (this.#port === undefined) {
      const receive = berths.get(this.#berth.key)
      receive?.(moved)
      return receive !== undefined
    }
    if (this.#isClosed) return false
    // What comes too late for a thread that has just died is closed.
    this.#port.postMessage(moved, [('socket' in moved ? moved.socket : moved.server) as never])
    return true
  }

  close(): void {
    this.#port?.close()
  }
}

/** Whether it is why a port could not be opened, and it is worth to try again: a thread that is gone says so at once. */
export function isBusyThread(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ERR_WORKER_MESSAGING_TIMEOUT'
}

const MESSAGE_KEY = 'troupe:sockets-for'

function onWorkerMessage(message: unknown): void {
  const { [MESSAGE_KEY]: key, port } = (message ?? {}) as { [MESSAGE_KEY]?: string; port?: MessagePort }
  if (key === undefined || port === undefined) return // somebody else's
  port.on('message', (moved: Moved) => {
    const receive = berths.get(key)
    if (receive !== undefined) return receive(moved)
    if ('socket' in moved) moved.socket.destroy()
    else moved.server.close()
  })
  port.unref()
}

function isSocketTransferable(): boolean {
  const { port1 } = new MessageChannel()
  const socket = new Socket()
  try {
    port1.postMessage(socket, [socket as never])
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_WORKER_HANDLE_NOT_TRANSFERABLE'
  } finally {
    port1.close()
    socket.destroy()
  }
}
