import { UsageError } from 'troupe'
import { LIMIT_BYTES_MAX } from '../connection/message-limit.ts'
import { OptionFields } from './option-fields.ts'
import { encodeTopic, TOPIC_BYTES_MAX } from './topic-name.ts'

/** `fanout`: to every subscriber. `queue`: to one of them, in turn. */
export type TopicRouting = 'fanout' | 'queue'

/** `drop-oldest`: what waits longest makes room. `block`: publishers wait, and are not read meanwhile. */
export type FullQueue = 'drop-oldest' | 'block'

/**
 * `drop`: the message is dropped for that subscriber, and counted. `disconnect`: its connection is closed. `block`: publishers wait, and
 * are not read meanwhile.
 */
export type SlowSubscriber = 'drop' | 'disconnect' | 'block'

/** What every topic has. */
export interface TopicLimits {
  /** @default 'fanout' */
  readonly routing: TopicRouting
  /** Most messages that wait: in a queue for a subscriber with room. Count, 0 to 10,000,000. @default 100_000 */
  readonly bufferMessagesMax: number
  /** Most bytes that wait, as above. Bytes, 0 to 2^32 - 1. @default 67_108_864 (64 MiB) */
  readonly bufferBytesMax: number
  /** Largest message, inclusive. Bytes, 0 to 2^32 - 1. @default 65_536 */
  readonly messageBytesMax: number
  /** For a queue: what becomes of a message when its buffer is full. @default 'drop-oldest' */
  readonly whenFull: FullQueue
  /** For a fan-out: what becomes of a message at a subscriber whose connection has no room for it. @default 'drop' */
  readonly slowSubscriber: SlowSubscriber
}

export interface TopicOptions extends Partial<TopicLimits> {
  /** 1 to 1,024 bytes of UTF-8. */
  readonly name: string
}

export interface BrokerOptions {
  /** Topics that are there from the beginning, and stay. @default [] */
  readonly topics?: readonly TopicOptions[]
  /** What topics are like that somebody subscribes or publishes to and that are not there; `false`: refused. @default false */
  readonly onDemand?: Partial<TopicLimits> | false
  /** Most topics, those made on demand included. Count, 1 to 1,000,000. @default 10_000 */
  readonly topicsMax?: number
  /** Most connections, of each endpoint. Count, 1 to 1,000,000. @default 1_000 */
  readonly connectionsMax?: number
  /** Most topics that one connection is subscribed to. Count, 1 to 1,000,000. @default 1_000 */
  readonly subscriptionsPerConnectionMax?: number
}

/** A topic with everything said. */
export interface ResolvedTopic extends TopicLimits {
  readonly name: string
}

/** Options, checked and with all defaults. */
export interface ResolvedBrokerOptions {
  readonly topics: readonly ResolvedTopic[]
  readonly onDemand: TopicLimits | false
  readonly topicsMax: number
  readonly connectionsMax: number
  readonly subscriptionsPerConnectionMax: number
}

const COUNT_MAX = 1_000_000
const BUFFER_MESSAGES_MAX = 10_000_000
const routings: readonly TopicRouting[] = Object.freeze(['fanout', 'queue'])
const fullQueues: readonly FullQueue[] = Object.freeze(['drop-oldest', 'block'])
const slowSubscribers: readonly SlowSubscriber[] = Object.freeze(['drop', 'disconnect', 'block'])

export const topicDefaults: TopicLimits = Object.freeze({
  routing: 'fanout',
  bufferMessagesMax: 100_000,
  bufferBytesMax: 67_108_864,
  messageBytesMax: 65_536,
  whenFull: 'drop-oldest',
  slowSubscriber: 'drop',
})

/**
 * Checks options and fills in the defaults. The answer is frozen. Throws `UsageError`: `invalid-option`, naming option, value
 * and range, or `unknown-option`.
 */
export function resolveBrokerOptions(options: BrokerOptions = {}): ResolvedBrokerOptions {
  const fields = new OptionFields('broker', options)
  const topicsMax = fields.wholeNumber('topicsMax', 10_000, 1, COUNT_MAX)
  const resolved = {
    topics: topicsOf(fields, topicsMax),
    onDemand: onDemandOf(fields),
    topicsMax,
    connectionsMax: fields.wholeNumber('connectionsMax', 1_000, 1, COUNT_MAX),
    subscriptionsPerConnectionMax: fields.wholeNumber('subscriptionsPerConnectionMax', 1_000, 1, COUNT_MAX),
  }
  fields.refuseOthers()
  return Object.freeze(resolved)
}

function topicsOf(fields: OptionFields, topicsMax: number): readonly ResolvedTopic[] {
  const given = fields.value('topics', [])
  if (!Array.isArray(given) || given.length > topicsMax) {
    const got = Array.isArray(given) ? given.length : given
    throw fields.refusal('topics', `an array of at most ${topicsMax} topics`, got)
  }
  const topics = given.map(topicOf)
  const indexes = new Map<string, number>()
  for (const [index, { name }] of topics.entries()) {
    const first = indexes.get(name)
    if (first !== undefined) {
      throw fields.refusal(`topics[${index}].name`, `unique, and is that of topics[${first}] too`, name)
    }
    indexes.set(name, index)
  }
  return Object.freeze(topics)
}

function topicOf(given: unknown, index: number): ResolvedTopic {
  const fields = new OptionFields(`broker: topics[${index}]`, given)
  const name = nameOf(fields)
  const limits = limitsOf(fields)
  fields.refuseOthers()
  return Object.freeze({ name, ...limits })
}

function nameOf(fields: OptionFields): string {
  const name = fields.value('name')
  try {
    encodeTopic(name as string)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    throw fields.refusal('name', `well-formed text of 1 to ${TOPIC_BYTES_MAX} bytes`, name)
  }
  return name as string
}

function onDemandOf(fields: OptionFields): TopicLimits | false {
  const given = fields.value('onDemand', false)
  if (given === false) return false
  if (typeof given !== 'object' || given === null) throw fields.refusal('onDemand', 'an object or false', given)
  const onDemand = new OptionFields('broker: onDemand', given)
  const limits = limitsOf(onDemand)
  onDemand.refuseOthers()
  return Object.freeze(limits)
}

function limitsOf(fields: OptionFields): TopicLimits {
  const { routing, bufferMessagesMax, bufferBytesMax, messageBytesMax, whenFull, slowSubscriber } = topicDefaults
  return {
    routing: fields.choice('routing', routing, routings),
    bufferMessagesMax: fields.wholeNumber('bufferMessagesMax', bufferMessagesMax, 0, BUFFER_MESSAGES_MAX),
    bufferBytesMax: fields.wholeNumber('bufferBytesMax', bufferBytesMax, 0, LIMIT_BYTES_MAX, ' bytes'),
    messageBytesMax: fields.wholeNumber('messageBytesMax', messageBytesMax, 0, LIMIT_BYTES_MAX, ' bytes'),
    whenFull: fields.choice('whenFull', whenFull, fullQueues),
    slowSubscriber: fields.choice('slowSubscriber', slowSubscriber, slowSubscribers),
  }
}
