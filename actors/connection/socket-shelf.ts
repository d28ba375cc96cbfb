import type { Socket } from 'node:net'
import type { ActorRef } from 'troupe'
import type { LinkStatistics } from './link.ts'

/** Who has accepted a connection and wants to know how it ended. */
export interface LinkObserver {
  /** @param errorCode why, or undefined when both sides had ended */
  linkClosed(connection: string, statistics: LinkStatistics, errorCode: string | undefined): void
}

/** A socket on its way to the actor that will own it. */
export interface ShelvedSocket {
  readonly socket: Socket
  /** Where the other side is. For people. */
  readonly remote: string
  readonly observer?: ActorRef<LinkObserver>
}

/**
 * Where a socket lies until the connection actor that is spawned for it takes it: sockets are no values, so they cannot be an
 * argument of `spawn`. One shelf a thread.
 */
class SocketShelf {
  readonly #sockets = new Map<number, ShelvedSocket>()
  #lastNumber = 0

  /** Answers the number to take it by. Whoever puts a socket here sees to it that it is taken. */
  put(shelved: ShelvedSocket): number {
    this.#lastNumber++
    this.#sockets.set(this.#lastNumber, shelved)
    return this.#lastNumber
  }

  look(number: number): ShelvedSocket | undefined {
    return this.#sockets.get(number)
  }

  /** Each socket can be taken once; afterwards, and for numbers never given, the answer is undefined. */
  take(number: number): ShelvedSocket | undefined {
    const shelved = this.#sockets.get(number)
    this.#sockets.delete(number)
    return shelved
  }
}

export const socketShelf = new SocketShelf()
