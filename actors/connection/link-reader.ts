import type { Socket } from 'node:net'
import type { Framing } from './framing.ts'
import { readInto, threadReadBuffer } from './read-buffer.ts'

/** What a reader does with what it has cut. */
export interface ReaderHandlers {
  /** A promise keeps the next message waiting until it resolves. */
  frame(message: Uint8Array): unknown
  /** All messages of one read have been passed on. */
  batchEnd(): unknown
}

/**
 * The receiving half of a link: what is read waits here until the owner takes it, and meanwhile nothing more is read. Most reads are
 * taken at once, and lie in the thread's buffer then, uncopied.
 */
export class LinkReader {
  receivedMessages = 0
  receivedBytes = 0
  readonly #socket: Socket
  readonly #framing: Framing
  readonly #onReadable: () => void
  #handlers: ReaderHandlers | undefined
  #chunk: Uint8Array | undefined
  #isShared = false
  #isPaused = true
  #isDiscarding = false
  #isHeld = false
  /** Messages behind one whose handler is not done, as copies. */
  readonly #backlog: Uint8Array[] = []
  #pending: PromiseLike<unknown> | undefined
  /** What a handler threw, to tell it from what the framing throws. */
  #thrown: unknown

  /** @param onReadable something can be taken */
  constructor(socket: Socket, framing: Framing, onReadable: () => void) {
    this.#socket = socket
    this.#framing = framing
    this.#onReadable = onReadable
    if (readInto(socket, (bytesRead) => this.#onRead(bytesRead))) return
    socket.on('data', (chunk: Buffer) => this.#onData(chunk))
  }

  get heldBytes(): number {
    return this.#framing.heldBytes
  }

  open(handlers: ReaderHandlers): void {
    this.#handlers = handlers
    if (this.#chunk === undefined) this.#resume()
  }

  /** Until `release` nothing is passed on, and no more than one read is taken from the socket. */
  hold(): void {
    this.#isHeld = true
  }

  release(): void {
    if (!this.#isHeld) return
    this.#isHeld = false
    if (this.#chunk !== undefined) this.#onReadable()
  }

  /** What is read from now on is forgotten. */
  ignore(): void {
    this.#isDiscarding = true
  }

  /** Reads on, and forgets what it reads. */
  discard(): void {
    this.#isDiscarding = true
    this.#chunk = undefined
    this.#resume()
  }

  /**
   * Passes on the messages of what was read. Answers a promise while a handler is not done; rejects or throws what a handler throws,
   * and answers what the framing throws.
   */
  take(): unknown {
    const chunk = this.#chunk
    if (chunk === undefined || this.#isHeld) return undefined
    this.#chunk = undefined
    let broken: unknown
    try {
      this.#framing.push(chunk, this.#onFrame)
    } catch (error) {
      if (error === this.#thrown) throw error
      broken = error
    }
    if (this.#pending !== undefined) return this.#finish(broken)
    const ending = this.#handlers!.batchEnd()
    if (isPromise(ending)) return ending.then(() => this.#taken(broken))
    return this.#taken(broken)
  }

  #taken(broken: unknown): unknown {
    if (broken === undefined && this.#isPaused) this.#resume()
    return broken
  }

  /** Waits for the handlers, one after the other. */
  async #finish(broken: unknown): Promise<unknown> {
    await this.#pending
    this.#pending = undefined
    for (const message of this.#backlog.splice(0)) await this.#handlers!.frame(message)
    await this.#handlers!.batchEnd()
    return this.#taken(broken)
  }

  readonly #onFrame = (message: Uint8Array): void => {
    this.receivedMessages++
    if (this.#pending !== undefined) {
      this.#backlog.push(new Uint8Array(message))
      return
    }
    try {
      const handled = this.#handlers!.frame(message)
      if (isPromise(handled)) this.#pending = handled
    } catch (error) {
      this.#thrown = error
      throw error
    }
  }

  #onRead(bytesRead: number): boolean {
    this.#onChunk(threadReadBuffer().subarray(0, bytesRead), true)
    return true
  }

  /** Others may follow in the same turn of the event loop, as TLS decrypts them: they wait in the socket. */
  #onData(chunk: Buffer): void {
    if (!this.#isDiscarding) this.#pause()
    this.#onChunk(chunk, false)
  }

  #onChunk(chunk: Uint8Array, isShared: boolean): void {
    this.receivedBytes += chunk.length
    if (this.#isDiscarding) return
    // A stream that is resumed and paused at once may read once more.
    const waiting = this.#chunk
    this.#chunk = waiting === undefined ? chunk : Buffer.concat([waiting, chunk])
    this.#isShared = isShared && waiting === undefined
    this.#onReadable()
    queueMicrotask(this.#afterRead)
  }

  /** An owner that was free has taken it by now, in a microtask of its own. */
  readonly #afterRead = (): void => {
    if (this.#chunk === undefined) return
    // A copy; `slice` of a Buffer would be a view, into which the next socket reads.
    if (this.#isShared) this.#chunk = new Uint8Array(this.#chunk)
    this.#isShared = false
    this.#pause()
  }

  #pause(): void {
    this.#isPaused = true
    this.#socket.pause()
  }

  #resume(): void {
    this.#isPaused = false
    this.#socket.resume()
  }
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as { then?: unknown } | undefined)?.then === 'function'
}
