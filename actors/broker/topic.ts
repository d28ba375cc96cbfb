import type { ResolvedTopic } from './broker-options.ts'
import { MessageBuffer } from './message-buffer.ts'

/** Who gets a message that was routed, or why nobody does now. */
export interface Route {
  /**
   * `deliver`: to `subscribers`. `buffered`: the table keeps it until a subscriber has room. `undelivered`: nobody wants it.
   * `dropped`: the queue has no room for it, not even alone. `refused`: see `TopicTable.refusal`.
   */
  readonly outcome: 'deliver' | 'buffered' | 'undelivered' | 'dropped' | 'refused'
  /** At least one if the outcome is `deliver`, else none. The topic's own array: valid until the next call of the table. */
  readonly subscribers: readonly number[]
}

export interface TopicCounts {
  /** Messages taken: all that were published and not refused. */
  readonly published: number
  /** Messages handed to a subscriber; one that goes to three counts three times. */
  readonly delivered: number
  /** Messages of a fan-out that nobody was subscribed to. */
  readonly undelivered: number
  /** Messages of a queue for which its buffer had no room: the oldest, or one too large for it. */
  readonly dropped: number
  /** Messages not taken: larger than the topic's limit. */
  readonly refused: number
}

export interface TopicStatistics extends TopicCounts {
  readonly name: string
  readonly subscribers: number
  readonly bufferedMessages: number
  readonly bufferedBytes: number
}

type HasRoom = (subscriber: number, messageBytes: number) => boolean

/** Counts that go on: one object for the life of a topic. */
export type Tally = { -readonly [Name in keyof TopicCounts]: TopicCounts[Name] }

export function newTally(): Tally {
  return { published: 0, delivered: 0, undelivered: 0, dropped: 0, refused: 0 }
}

const nobody: readonly number[] = Object.freeze([])

/** The answers that name nobody. */
export const emptyRoutes = Object.freeze({
  buffered: Object.freeze<Route>({ outcome: 'buffered', subscribers: nobody }),
  undelivered: Object.freeze<Route>({ outcome: 'undelivered', subscribers: nobody }),
  dropped: Object.freeze<Route>({ outcome: 'dropped', subscribers: nobody }),
  refused: Object.freeze<Route>({ outcome: 'refused', subscribers: nobody }),
})

/** One topic: its subscribers, whose turn it is, and what waits. */
export class Topic<M> {
  readonly options: ResolvedTopic
  readonly isOnDemand: boolean
  readonly subscribers: number[] = []
  readonly buffer: MessageBuffer<M>
  readonly #toAll: Route = { outcome: 'deliver', subscribers: this.subscribers }
  readonly #one: number[] = [0]
  readonly #toOne: Route = { outcome: 'deliver', subscribers: this.#one }
  /** Index of the subscriber whose turn it is. */
  #turn = 0
  readonly #tally = newTally()

  constructor(options: ResolvedTopic, isOnDemand: boolean) {
    this.options = options
    this.isOnDemand = isOnDemand
    this.buffer = new MessageBuffer(options.bufferMessagesMax, options.bufferBytesMax)
  }

  route(message: M, messageBytes: number, hasRoom: HasRoom, drop: (message: M) => void): Route {
    if (messageBytes > this.options.messageBytesMax) {
      this.#tally.refused++
      return emptyRoutes.refused
    }
    this.#tally.published++
    return this.options.routing === 'fanout' ? this.#fanOut() : this.#queue(message, messageBytes, hasRoom, drop)
  }

  /** Answers the index of the new subscriber. */
  add(subscriber: number): number {
    return this.subscribers.push(subscriber) - 1
  }

  /** Takes the subscriber at `index` out; answers who took that place, or undefined. */
  removeAt(index: number): number | undefined {
    const last = this.subscribers.pop()!
    if (index === this.subscribers.length) return undefined
    this.subscribers[index] = last
    return last
  }

  /** The oldest message that waits has been handed out. */
  takeBuffered(): M {
    this.#tally.delivered++
    return this.buffer.shift()
  }

  /** Whether nothing would be lost with it but its counts. */
  get isUnused(): boolean {
    return this.subscribers.length === 0 && this.buffer.count === 0
  }

  get statistics(): TopicStatistics {
    return {
      name: this.options.name,
      subscribers: this.subscribers.length,
      ...this.#tally,
      bufferedMessages: this.buffer.count,
      bufferedBytes: this.buffer.bytes,
    }
  }

  #fanOut(): Route {
    const count = this.subscribers.length
    if (count === 0) {
      this.#tally.undelivered++
      return emptyRoutes.undelivered
    }
    this.#tally.delivered += count
    return this.#toAll
  }

  /** What waits goes first, so that messages of a topic stay in order. */
  #queue(message: M, messageBytes: number, hasRoom: HasRoom, drop: (message: M) => void): Route {
    const subscriber = this.buffer.count > 0 ? undefined : this.#nextWithRoom(messageBytes, hasRoom)
    if (subscriber === undefined) return this.#keep(message, messageBytes, drop)
    this.#tally.delivered++
    this.#one[0] = subscriber
    return this.#toOne
  }

  #nextWithRoom(messageBytes: number, hasRoom: HasRoom): number | undefined {
    const count = this.subscribers.length
    for (let step = 0; step < count; step++) {
      if (this.#turn >= count) this.#turn = 0
      const subscriber = this.subscribers[this.#turn++]!
      if (hasRoom(subscriber, messageBytes)) return subscriber
    }
    return undefined
  }

  #keep(message: M, messageBytes: number, drop: (message: M) => void): Route {
    const before = this.buffer.count
    const isKept = this.buffer.push(message, messageBytes, drop)
    this.#tally.dropped += isKept ? before + 1 - this.buffer.count : 1
    return isKept ? emptyRoutes.buffered : emptyRoutes.dropped
  }
}
