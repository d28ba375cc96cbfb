import { Inbox } from './inbox.ts'

/** What came from a connection. */
export interface Received<T> {
  readonly value: T
  /** Which connection: its `id`, as in `connectedClients()`. */
  readonly from: string
}

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
  readonly #inbox: Inbox<Received<T>>
  #isWaitedFor = false
  #isHolding = false
  receivedMessages = 0

  constructor(messagesMax: number, bytesMax: number) {
    this.#inbox = new Inbox(messagesMax, bytesMax)
  }

  get count(): number {
    return this.#inbox.count
  }

  /** In the handler of the message that brought the values. Its answer comes when they are taken. */
  arrived(shelf: Shelf, from: string, values: readonly T[], sizes: readonly number[]): void {
    if (!this.#inbox.hasRoom) {
      this.#isHolding = true
      return shelf.stash()
    }
    for (const [index, value] of values.entries()) this.#inbox.push({ value, from }, sizes[index] as number)
    this.receivedMessages += values.length
    this.wake(shelf)
  }

  /** In the handler of a message that wants up to so many values. Answers undefined when it has to wait: it is stashed. */
  take(shelf: Shelf, countMax: number): Received<T>[] | undefined {
    if (this.#inbox.count === 0) {
      this.#isWaitedFor = true
      shelf.stash()
      return undefined
    }
    const taken = this.#inbox.take(countMax)
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
