import type { ResolvedTopic } from './broker-options.ts'
import { MessageBuffer } from './message-buffer.ts'

/** Who gets a message that was routed, or why nobody does now. */
export interface Route {
  /**
   * `deliver`: to `subscribers`. `buffered`: the table keeps it until a subscriber has room. `undelivered`: nobody wants it.
   * `dropped`: the queue has no room for it, not even alone. `full`: the topic blocks, to be routed again later. `refused`: see
   * `TopicTable.refusal`.
   */
  readonly outcome: 'deliver' | 'buffered' | 'undelivered' | 'dropped' | 'full' | 'refused'
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
  /** Of a queue, messages for which its buffer had no room: the oldest, or one too large. Of a fan-out, deliveries that a subscriber had no room for. */
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

/** Those of `TopicTableHooks`, as the table calls them. */
export interface Hooks<M> {
  readonly hasRoom: (subscriber: number, messageBytes: number) => boolean
  readonly keep: (message: M) => M
  readonly drop: (message: M) => void
}

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
  full: Object.freeze<Route>({ outcome: 'full', subscribers: nobody }),
  refused: Object.freeze<Route>({ outcome: 'refused', subscribers: nobody }),
})

/** One topic: its subscribers, whose turn it is, and what waits. */
export class Topic<M> {
  options: ResolvedTopic
  isOnDemand: boolean
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

  route(message: M, messageBytes: number, hooks: Hooks<M>): Route {
    if (messageBytes > this.options.messageBytesMax) {
      this.#tally.refused++
      return emptyRoutes.refused
    }
    this.#tally.published++
    return this.options.routing === 'fanout'
      ? this.#fanOut(messageBytes, hooks)
      : this.#queue(message, messageBytes, hooks)
  }

  /** Other limits, from now on. The routing stays. */
  configure(options: ResolvedTopic, isOnDemand: boolean): void {
    this.options = options
    this.isOnDemand = isOnDemand
    this.buffer.setLimits(options.bufferMessagesMax, options.bufferBytesMax)
  }

  /** A subscriber did not get what it was to get. */
  missed(): void {
    this.#tally.delivered--
    this.#tally.dropped++
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

  #fanOut(messageBytes: number, hooks: Hooks<M>): Route {
    const count = this.subscribers.length
    if (count === 0) {
      this.#tally.undelivered++
      return emptyRoutes.undelivered
    }
    if (this.options.slowSubscriber === 'block' && !this.#haveAllRoom(messageBytes, hooks)) {
      this.#tally.published--
      return emptyRoutes.full
    }
    this.#tally.delivered += count
    return this.#toAll
  }

  #haveAllRoom(messageBytes: number, hooks: Hooks<M>): boolean {
    for (const subscriber of this.subscribers) if (!hooks.hasRoom(subscriber, messageBytes)) return false
    return true
  }

  /** What waits goes first, so that messages of a topic stay in order. */
  #queue(message: M, messageBytes: number, hooks: Hooks<M>): Route {
    const subscriber = this.buffer.count > 0 ? undefined : this.#nextWithRoom(messageBytes, hooks)
    if (subscriber === undefined) return this.#keep(message, messageBytes, hooks)
    this.#tally.delivered++
    this.#one[0] = subscriber
    return this.#toOne
  }

  #nextWithRoom(messageBytes: number, hooks: Hooks<M>): number | undefined {
    const count = this.subscribers.length
    for (let step = 0; step < count; step++) {
      if (this.#turn >= count) this.#turn = 0
      const subscriber = this.subscribers[this.#turn++]!
      if (hooks.hasRoom(subscriber, messageBytes)) return subscriber
    }
    return undefined
  }

  #keep(message: M, messageBytes: number, hooks: Hooks<M>): Route {
    if (this.options.whenFull === 'block' && !this.buffer.hasRoom(messageBytes)) {
      this.#tally.published--
      return emptyRoutes.full
    }
    const before = this.buffer.count
    const isKept = this.buffer.push(hooks.keep(message), messageBytes, hooks.drop)
    this.#tally.dropped += isKept ? before + 1 - this.buffer.count : 1
    return isKept ? emptyRoutes.buffered : emptyRoutes.dropped
  }
}
