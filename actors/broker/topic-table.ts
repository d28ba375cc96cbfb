import { UsageError } from 'troupe'
import type { BrokerRefusal } from './broker-message.ts'
import type { ResolvedBrokerOptions, TopicLimits } from './broker-options.ts'
import {
  emptyRoutes,
  type Hooks,
  newTally,
  type Route,
  type Tally,
  Topic,
  type TopicCounts,
  type TopicStatistics,
} from './topic.ts'

/** What the table asks of whoever delivers. */
export interface TopicTableHooks<M> {
  /**
   * Whether a message of a queue, or of a fan-out that blocks, may go to this subscriber now. Whoever answers no owes a call of `deliverBuffered` once it
   * has room again; a subscriber for which nothing waits has room for any message.
   */
  hasRoom(subscriber: number, messageBytes: number): boolean
  /** What to keep of a message that has to wait, such as a copy of bytes that are only lent. @default the message itself */
  keep?(message: M): M
  /** A message that the table kept, pushed out of its buffer. Must not call the table. */
  drop(message: M): void
}

/** One subscriber's topics, each with the subscriber's index there. */
type Subscriptions<M> = Map<Topic<M>, number>

/**
 * Which subscribers get which message. It moves no bytes: `M` stands for a message that can be kept. Subscribers are numbers,
 * chosen by the caller. Topics made on demand go when nobody is subscribed and nothing waits.
 */
export class TopicTable<M> {
  #options: ResolvedBrokerOptions
  readonly #hooks: Hooks<M>
  readonly #topics = new Map<string, Topic<M>>()
  readonly #subscribers = new Map<number, Subscriptions<M>>()
  /** Of topics that are gone, and of messages for topics that there were not. */
  readonly #gone: Tally = newTally()

  constructor(options: ResolvedBrokerOptions, hooks: TopicTableHooks<M>) {
    this.#options = options
    this.#hooks = {
      hasRoom: (subscriber, messageBytes) => hooks.hasRoom(subscriber, messageBytes),
      keep: (message) => hooks.keep?.(message) ?? message,
      drop: (message) => hooks.drop(message),
    }
    for (const topic of options.topics) this.#topics.set(topic.name, new Topic(topic, false))
  }

  /**
   * Answers why not, or undefined: the subscriber is subscribed, perhaps it was already. Call `deliverBuffered` then: messages
   * may have waited for it.
   */
  subscribe(name: string, subscriber: number): BrokerRefusal | undefined {
    const subscriptions = this.#subscribers.get(subscriber) ?? new Map<Topic<M>, number>()
    const existing = this.#topics.get(name)
    if (existing !== undefined && subscriptions.has(existing)) return undefined
    const refusal = this.#refusalOfOneMore(subscriptions)
    if (refusal !== undefined) return refusal
    const topic = existing ?? this.#makeIfAllowed(name)
    if (!(topic instanceof Topic)) return topic
    subscriptions.set(topic, topic.add(subscriber))
    this.#subscribers.set(subscriber, subscriptions)
    return undefined
  }

  /** Answers whether it was subscribed. */
  unsubscribe(name: string, subscriber: number): boolean {
    const topic = this.#topics.get(name)
    const subscriptions = this.#subscribers.get(subscriber)
    const index = topic === undefined ? undefined : subscriptions?.get(topic)
    if (topic === undefined || subscriptions === undefined || index === undefined) return false
    subscriptions.delete(topic)
    if (subscriptions.size === 0) this.#subscribers.delete(subscriber)
    this.#leave(topic, index)
    return true
  }

  /** Ends all its subscriptions, in time proportional to their number. */
  remove(subscriber: number): void {
    const subscriptions = this.#subscribers.get(subscriber)
    if (subscriptions === undefined) return
    this.#subscribers.delete(subscriber)
    for (const [topic, index] of subscriptions) this.#leave(topic, index)
  }

  /**
   * Says who gets a message that was published, and counts it. Makes no object, unless it makes the topic. `message` is kept if
   * the outcome is `buffered`, and comes back by `deliverBuffered` or `drop`: what it refers to must stay that long.
   */
  route(name: string, message: M, messageBytes: number): Route {
    const topic = this.#topics.get(name) ?? this.#topicToPublish(name, messageBytes)
    if (topic === undefined) return this.#routeNowhere(messageBytes)
    const route = topic.route(message, messageBytes, this.#hooks)
    if (topic.isOnDemand && (route.outcome === 'dropped' || route.outcome === 'full')) this.#forgetIfUnused(topic)
    return route
  }

  /** Why `route` answered `refused` to the same name and length just before. */
  refusal(name: string, messageBytes: number): BrokerRefusal {
    const { onDemand } = this.#options
    const limits = this.#topics.get(name)?.options ?? onDemand
    if (limits === false) return unknownTopic(name)
    if (messageBytes <= limits.messageBytesMax) return this.#tooManyTopics(name)
    const text = `a message of ${messageBytes} bytes is too large for topic '${name}', limit ${limits.messageBytesMax}`
    return { code: 'message-too-large', text }
  }

  /**
   * Hands out what waits in the queues of this subscriber while it has room: the oldest of each topic in turn. `deliver` must
   * not call the table. Answers how many messages that were.
   */
  deliverBuffered(subscriber: number, deliver: (message: M, topic: string) => void): number {
    const subscriptions = this.#subscribers.get(subscriber)
    if (subscriptions === undefined) return 0
    let count = 0
    for (const [topic, index] of subscriptions) {
      if (topic.buffer.count === 0) continue
      if (!this.#hooks.hasRoom(subscriber, topic.buffer.firstBytes)) break
      deliver(topic.takeBuffered(), topic.options.name)
      count++
      // To the end, where this loop meets it again: one message of each topic in turn, also from call to call.
      subscriptions.delete(topic)
      subscriptions.set(topic, index)
    }
    return count
  }

  /**
   * Other options, from now on. Topics that are not there yet are made; those no longer named are as if made on demand. Throws
   * `UsageError` (`invalid-option`), changing nothing, where a topic would change its routing.
   */
  configure(options: ResolvedBrokerOptions): void {
    for (const { name, routing } of options.topics) {
      const before = this.#topics.get(name)?.options.routing ?? routing
      if (before === routing) continue
      throw new UsageError(
        'invalid-option',
        `broker: the routing of topic '${name}' must stay ${before}, got ${routing}`,
      )
    }
    this.#options = options
    const unnamed = new Set(this.#topics.values())
    for (const topic of options.topics) {
      const existing = this.#topics.get(topic.name)
      if (existing === undefined) this.#topics.set(topic.name, new Topic(topic, false))
      else {
        existing.configure(topic, false)
        unnamed.delete(existing)
      }
    }
    for (const topic of unnamed) {
      topic.isOnDemand = true
      this.#forgetIfUnused(topic)
    }
  }

  /** What `route` has handed to a subscriber of a fan-out did not get there: counts as dropped instead. */
  missed(name: string): void {
    this.#topics.get(name)?.missed()
  }

  /** Undefined for a topic that there is not. */
  limitsOf(name: string): TopicLimits | undefined {
    return this.#topics.get(name)?.options
  }

  /** How many topics there are. */
  get topics(): number {
    return this.#topics.size
  }

  /** Undefined for a topic that there is not. */
  statisticsOf(name: string): TopicStatistics | undefined {
    return this.#topics.get(name)?.statistics
  }

  /** Topic by topic, those of the options first. */
  get statistics(): readonly TopicStatistics[] {
    return Array.from(this.#topics.values(), (topic) => topic.statistics)
  }

  /** Of all topics, with those that are gone. */
  get totals(): TopicCounts {
    const totals = { ...this.#gone }
    for (const topic of this.#topics.values()) add(totals, topic.statistics)
    return totals
  }

  #refusalOfOneMore({ size }: Subscriptions<M>): BrokerRefusal | undefined {
    const limit = this.#options.subscriptionsPerConnectionMax
    if (size < limit) return undefined
    return { code: 'too-many-subscriptions', text: `subscribed to ${size} topics, limit ${limit}` }
  }

  #makeIfAllowed(name: string): Topic<M> | BrokerRefusal {
    const { onDemand, topicsMax } = this.#options
    if (onDemand === false) return unknownTopic(name)
    return this.#topics.size < topicsMax ? this.#make(name, onDemand) : this.#tooManyTopics(name)
  }

  #tooManyTopics(name: string): BrokerRefusal {
    const limit = this.#options.topicsMax
    return { code: 'too-many-topics', text: `no topic '${name}', and there are ${limit} already, the limit` }
  }

  /** Only a queue is made by publishing: a fan-out without subscribers would keep nothing but its name. */
  #topicToPublish(name: string, messageBytes: number): Topic<M> | undefined {
    const { onDemand, topicsMax } = this.#options
    if (onDemand === false || onDemand.routing === 'fanout' || messageBytes > onDemand.messageBytesMax) return undefined
    return this.#topics.size < topicsMax ? this.#make(name, onDemand) : undefined
  }

  #routeNowhere(messageBytes: number): Route {
    const { onDemand } = this.#options
    if (onDemand === false || onDemand.routing === 'queue' || messageBytes > onDemand.messageBytesMax) {
      this.#gone.refused++
      return emptyRoutes.refused
    }
    this.#gone.published++
    this.#gone.undelivered++
    return emptyRoutes.undelivered
  }

  #make(name: string, limits: TopicLimits): Topic<M> {
    const topic = new Topic<M>({ name, ...limits }, true)
    this.#topics.set(name, topic)
    return topic
  }

  #leave(topic: Topic<M>, index: number): void {
    const moved = topic.removeAt(index)
    if (moved !== undefined) this.#subscribers.get(moved)?.set(topic, index)
    this.#forgetIfUnused(topic)
  }

  #forgetIfUnused(topic: Topic<M>): void {
    if (!topic.isOnDemand || !topic.isUnused) return
    this.#topics.delete(topic.options.name)
    add(this.#gone, topic.statistics)
  }
}

function unknownTopic(name: string): BrokerRefusal {
  return { code: 'unknown-topic', text: `there is no topic '${name}'` }
}

function add(tally: Tally, counts: TopicCounts): void {
  tally.published += counts.published
  tally.delivered += counts.delivered
  tally.undelivered += counts.undelivered
  tally.dropped += counts.dropped
  tally.refused += counts.refused
}
