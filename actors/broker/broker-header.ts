import { ProtocolError, UsageError } from 'troupe'
import { bufferOverflow, checkOffset } from '../codec/room.ts'
import { decodeTopic, TOPIC_BYTES_MAX } from './topic-name.ts'

/**   byte    field     meaning
 *    0       type      which message it is
 *    1       length    bytes of the topic, 1 to 1,024, unsigned 16-bit, little-endian
 *    3       topic     UTF-8
 *    3 + n   the rest: data of publish and deliver, see broker-message.ts for the others */
const LENGTH_OFFSET = 1
const TOPIC_OFFSET = 3

/** What the first byte of each message is. Publish and deliver differ in nothing else: a broker sends on the bytes that it got. */
export const brokerTypes = Object.freeze({
  publish: 1,
  deliver: 2,
  subscribe: 3,
  'subscribe-ack': 4,
  unsubscribe: 5,
  'unsubscribe-ack': 6,
  'publish-rejected': 7,
} as const)

export type BrokerMessageKind = keyof typeof brokerTypes

/** By type; the first has none. */
const kinds: readonly (BrokerMessageKind | undefined)[] = Object.freeze([
  undefined,
  ...(Object.keys(brokerTypes) as BrokerMessageKind[]),
])

/** How many bytes stand in front of the data of a publish or a deliver. `topic`: see `encodeTopic`. */
export function brokerHeaderBytes(topic: Uint8Array): number {
  return TOPIC_OFFSET + topic.length
}

/**
 * Writes what stands in front of the data of a publish; answers the offset behind it, where the data goes. `topic` is what
 * `encodeTopic` answered: a publisher encodes it once. Throws `CapacityError` (`buffer-overflow`) without room,
 * `UsageError` (`invalid-offset`, `invalid-value`).
 */
export function writePublishHeader(target: Uint8Array, offset: number, topic: Uint8Array): number {
  return writeBrokerHeader(target, offset, brokerTypes.publish, topic)
}

/** The same for a deliver. */
export function writeDeliverHeader(target: Uint8Array, offset: number, topic: Uint8Array): number {
  return writeBrokerHeader(target, offset, brokerTypes.deliver, topic)
}

/** Makes a deliver of a publish, in place. Throws `UsageError` (`invalid-value`) for any other message. */
export function turnIntoDeliver(message: Uint8Array): void {
  if (message[0] !== brokerTypes.publish) {
    throw new UsageError('invalid-value', `broker: only a publish becomes a deliver, got type ${message[0]}`)
  }
  message[0] = brokerTypes.deliver
}

/** Which message it is. Throws `ProtocolError`: `unexpected-end` for no bytes, `invalid-variant` for a type that there is not. */
export function brokerMessageKind(message: Uint8Array): BrokerMessageKind {
  if (message.length === 0) throw unexpectedEnd('type', 0, 1, 0)
  const type = message[0]!
  const kind = kinds[type]
  if (kind === undefined) throw new ProtocolError('invalid-variant', `type at offset 0 must be 1 to 7, got ${type}`)
  return kind
}

/**
 * The topic of any message. Short names in ASCII are the same string each time: none is made. Throws `ProtocolError`:
 * `unexpected-end`, `invalid-topic`, `invalid-utf8`.
 */
export function brokerTopic(message: Uint8Array): string {
  const end = brokerDataOffset(message)
  return decodeTopic(message, TOPIC_OFFSET, end - TOPIC_OFFSET)
}

/** Where the data of a publish or a deliver begins: behind the topic. Throws `ProtocolError`: `unexpected-end`, `invalid-topic`. */
export function brokerDataOffset(message: Uint8Array): number {
  const { length } = message
  if (length < TOPIC_OFFSET) throw unexpectedEnd('topic length', LENGTH_OFFSET, 2, length)
  const topicBytes = message[LENGTH_OFFSET]! | (message[LENGTH_OFFSET + 1]! << 8)
  if (topicBytes < 1 || topicBytes > TOPIC_BYTES_MAX) {
    throw new ProtocolError(
      'invalid-topic',
      `topic length at offset ${LENGTH_OFFSET} must be 1 to ${TOPIC_BYTES_MAX} bytes, got ${topicBytes}`,
    )
  }
  if (topicBytes > length - TOPIC_OFFSET) throw unexpectedEnd('topic', TOPIC_OFFSET, topicBytes, length)
  return TOPIC_OFFSET + topicBytes
}

/** For messages of any type. Throws as `writePublishHeader` does. */
export function writeBrokerHeader(target: Uint8Array, offset: number, type: number, topic: Uint8Array): number {
  const topicBytes = topic.length
  if (topicBytes < 1 || topicBytes > TOPIC_BYTES_MAX) {
    throw new UsageError('invalid-value', `broker: topic must have 1 to ${TOPIC_BYTES_MAX} bytes, got ${topicBytes}`)
  }
  checkOffset(target, offset)
  const needed = TOPIC_OFFSET + topicBytes
  if (needed > target.length - offset) throw bufferOverflow(needed, offset, target.length)
  target[offset] = type
  target[offset + LENGTH_OFFSET] = topicBytes
  target[offset + LENGTH_OFFSET + 1] = topicBytes >>> 8
  target.set(topic, offset + TOPIC_OFFSET)
  return offset + needed
}

/** @param end where the message ends */
export function unexpectedEnd(what: string, at: number, needed: number, end: number): ProtocolError {
  const left = Math.max(0, end - at)
  return new ProtocolError(
    'unexpected-end',
    `unexpected end of message: ${what} at offset ${at} needs ${needed} bytes, ${left} left`,
  )
}
