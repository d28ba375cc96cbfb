import type { Socket } from 'node:net'
import type { SendResult } from 'troupe'

/** Chunks of one socket that wait in its actor's mailbox; beyond them the socket is paused. */
const CHUNKS_WAITING_MAX = 16

/** What an inlet tells its actor. Every call is a message. */
export interface InletReceiver {
  received(chunk: Uint8Array): SendResult
  /** The peer has sent all: nothing is received after this. */
  ended(): SendResult
  /** Closed without such an end. Comes alone, or after chunks. */
  broken(): SendResult
  /** Resolves when a refused message would be taken. */
  ready(): Promise<void>
}

type PausableSocket = Pick<Socket, 'on' | 'pause' | 'resume' | 'destroy'>

/**
 * Turns what a socket reads into messages for one actor, and keeps the peer from sending faster than they are handled: a
 * slow actor's socket is paused, and TCP slows the peer. A message that the mailbox refuses is kept and told again, so
 * that no byte is lost while the actor lives; once it has stopped the socket is destroyed.
 */
export class SocketInlet {
  readonly #socket: PausableSocket
  readonly #receiver: InletReceiver
  #waitingCount = 0
  #hasEnded = false
  /** Told in order, as soon as there is room. At most what one paused socket still emits: a chunk and its end. */
  readonly #refused: (() => SendResult)[] = []

  constructor(socket: PausableSocket, receiver: InletReceiver) {
    this.#socket = socket
    this.#receiver = receiver
  }

  /** Begins to read. */
  open(): void {
    this.#socket.on('data', (chunk) => this.#onData(chunk))
    this.#socket.on('end', () => {
      this.#hasEnded = true
      this.#tell(() => this.#receiver.ended())
    })
    this.#socket.on('error', () => {}) // 'close' follows
    this.#socket.on('close', () => {
      if (!this.#hasEnded) this.#tell(() => this.#receiver.broken())
    })
    this.#socket.resume()
  }

  /** The actor has handled one `received`. */
  handled(): void {
    this.#waitingCount--
    this.#resumeIfRoom()
  }

  #onData(chunk: Uint8Array): void {
    this.#waitingCount++
    if (this.#waitingCount >= CHUNKS_WAITING_MAX) this.#socket.pause()
    this.#tell(() => this.#receiver.received(chunk))
  }

  #tell(send: () => SendResult): void {
    if (this.#refused.length > 0) {
      this.#refused.push(send)
      return
    }
    const result = send()
    if (result === 'actor-stopped') this.#socket.destroy()
    if (result !== 'mailbox-full') return
    this.#refused.push(send)
    this.#socket.pause()
    void this.#retry()
  }

  async #retry(): Promise<void> {
    while (this.#refused.length > 0) {
      try {
        await this.#receiver.ready()
      } catch {
        this.#socket.destroy()
        return
      }
      const result = this.#refused[0]!()
      if (result !== 'mailbox-full') this.#refused.shift()
      // Others may have been faster than we; a loop of microtasks would keep the actor from handling anything.
      else await new Promise((resolve) => setImmediate(resolve))
      if (result === 'actor-stopped') this.#socket.destroy()
    }
    this.#resumeIfRoom()
  }

  #resumeIfRoom(): void {
    if (this.#refused.length === 0 && this.#waitingCount < CHUNKS_WAITING_MAX / 2) this.#socket.resume()
  }
}
