import type { Socket } from 'node:net'

/**
 * Where an acceptor leaves a socket for the connection actor that it spawns: sockets are no values, so they cannot be an
 * argument of `spawn`. One shelf a thread, since a socket never leaves its thread.
 */
class SocketShelf {
  readonly #sockets = new Map<number, Socket>()
  #lastNumber = 0

  /** Answers the number to take it by. Whoever puts a socket here sees to it that it is taken. */
  put(socket: Socket): number {
    this.#lastNumber++
    this.#sockets.set(this.#lastNumber, socket)
    return this.#lastNumber
  }

  /** Each socket can be taken once; afterwards, and for numbers never given, the answer is undefined. */
  take(number: number): Socket | undefined {
    const socket = this.#sockets.get(number)
    this.#sockets.delete(number)
    return socket
  }
}

export const socketShelf = new SocketShelf()
