import { Frame, type TroupeError } from 'troupe'
import type { Codec } from '../codec/codec.ts'
import type { Undecodable } from './broadcast-link.actor.ts'
import { Inbox } from './inbox.ts'

/** What came from a connection. */
export interface Received<T> {
  readonly value: T
  /** Which connection: its `id`, as in `connectedClients()`. */
  readonly from: string
}

/**
 * Encoded bytes of the values in one answer, unless it is a single one: an answer to another thread is a message, which has a limit
 * (an eighth of `ringBytes`), and values that were taken for it would be lost.
 */
const ANSWER_BYTES_MAX = 16_384

/** What an actor does with a message that cannot be handled now. Both are of `self`. */
interface Shelf {
  stash(): void
  unstash(): void
}

/**
 * The receiving end of an actor with connections: who asks for a value waits in its stash while there is none, and connections that
 * bring values wait there while there is no room, so that their sockets are not read. Nobody waits in a handler: it would
 * hold up the actor's end, and a value for an asker that has given up would be lost.
 */
export class Intake<T> {
  readonly #codec: Codec<T>
  readonly #inbox: Inbox<Received<T>>
  #isWaitedFor = false
  #isHolding = false
  receivedMessages = 0

  constructor(codec: Codec<T>, messagesMax: number, bytesMax: number) {
    this.#codec = codec
    this.#inbox = new Inbox(messagesMax, bytesMax)
  }

  get count(): number {
    return this.#inbox.count
  }

  /**
   * In the handler of the message that brought them. Its answer comes when they are taken, and names the first that is no value.
   * @param memory messages, one behind the other; `ends`: where each of them ends
   */
  arrived(shelf: Shelf, from: string, memory: Frame | Uint8Array, ends: Uint32Array): Undecodable | undefined {
    if (!this.#inbox.hasRoom) {
      this.#isHolding = true
      shelf.stash()
      return undefined
    }
    const bytes = memory instanceof Frame ? memory.copy() : memory
    let start = 0
    for (const [index, end] of ends.entries()) {
      try {
        this.#inbox.push({ value: this.#codec.decode(bytes.subarray(start, end)), from }, end - start)
      } catch (error) {
        this.wake(shelf)
        return { index, text: (error as TroupeError).message }
      }
      this.receivedMessages++
      start = end
    }
    this.wake(shelf)
    return undefined
  }

  /** In the handler of a message that wants up to so many values. Answers undefined when it has to wait: it is stashed. */
  take(shelf: Shelf, countMax: number): Received<T>[] | undefined {
    if (this.#inbox.count === 0) {
      this.#isWaitedFor = true
      shelf.stash()
      return undefined
    }
    const taken = this.#inbox.take(countMax, ANSWER_BYTES_MAX)
    if (this.#isHolding && this.#inbox.hasRoom) {
      this.#isHolding = false
      shelf.unstash()
    }
    return taken
  }

  /** Those who wait for a value are handled again. */
  wake(shelf: Shelf): void {
    if (!this.#isWaitedFor) return
    this.#isWaitedFor = false
    shelf.unstash()
  }
}
