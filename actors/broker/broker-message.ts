import { ProtocolError } from 'troupe'
import type { Codec } from '../codec/codec.ts'
import { invalidValue } from '../codec/misfit.ts'
import { bufferOverflow, checkOffset } from '../codec/room.ts'
import {
  type BrokerMessageKind,
  brokerDataOffset,
  brokerMessageKind,
  brokerTopic,
  brokerTypes,
  unexpectedEnd,
  writeBrokerHeader,
} from './broker-header.ts'
import { decodeText, encodeTopic, topicBytes } from './topic-name.ts'

const CODE_BYTES_MAX = 0xffff
const encoder = new TextEncoder()

/** Why a broker did not do what a client asked for: a code that stays the same, and a text for people. */
export interface BrokerRefusal {
  /** At most 65,535 bytes of UTF-8. */
  readonly code: string
  readonly text: string
}

/** What a client and a broker say to each other. `data` of a decoded message is a view of its bytes. */
export type BrokerMessage =
  /** Client to broker: for all subscribers of the topic, or one of them, as the topic's routing says. */
  | { readonly kind: 'publish'; readonly topic: string; readonly data: Uint8Array }
  /** Broker to client: what somebody published. */
  | { readonly kind: 'deliver'; readonly topic: string; readonly data: Uint8Array }
  /** Client to broker; answered by `subscribe-ack`. */
  | { readonly kind: 'subscribe'; readonly topic: string }
  /** Broker to client: subscribed, unless there is an error. */
  | { readonly kind: 'subscribe-ack'; readonly topic: string; readonly error?: BrokerRefusal }
  /** Client to broker; answered by `unsubscribe-ack`, whether it was subscribed or not. */
  | { readonly kind: 'unsubscribe'; readonly topic: string }
  /** Broker to client: nothing of this topic follows. */
  | { readonly kind: 'unsubscribe-ack'; readonly topic: string }
  /** Broker to client: a message that it published went nowhere. */
  | { readonly kind: 'publish-rejected'; readonly topic: string; readonly error: BrokerRefusal }

/** What stands behind the topic. An error is u16 bytes of the code, little-endian, the code, then the text to the end. */
type Rest = 'data' | 'nothing' | 'error' | 'error-or-nothing'

const rests: Readonly<Record<BrokerMessageKind, Rest>> = Object.freeze({
  publish: 'data',
  deliver: 'data',
  subscribe: 'nothing',
  'subscribe-ack': 'error-or-nothing',
  unsubscribe: 'nothing',
  'unsubscribe-ack': 'nothing',
  'publish-rejected': 'error',
})

/**
 * The messages between a client and a broker as values. Whoever moves data in bulk does without them: see `writePublishHeader`,
 * `turnIntoDeliver`, `brokerTopic`. Errors of `decode`: `unexpected-end`, `invalid-variant`, `invalid-topic`, `invalid-utf8`,
 * `trailing-bytes`.
 */
export class BrokerCodec implements Codec<BrokerMessage> {
  readonly name = 'broker'

  sizeOf(message: BrokerMessage): number {
    const { data, error } = checked(message)
    return 3 + topicBytes(message.topic) + (data?.length ?? 0) + (error === undefined ? 0 : refusalBytes(error))
  }

  encode(message: BrokerMessage): Uint8Array {
    const bytes = new Uint8Array(this.sizeOf(message))
    this.encodeInto(message, bytes)
    return bytes
  }

  encodeInto(message: BrokerMessage, target: Uint8Array, offset = 0): number {
    const { data, error } = checked(message)
    const size = this.sizeOf(message)
    checkOffset(target, offset)
    if (size > target.length - offset) throw bufferOverflow(size, offset, target.length)
    const at = writeBrokerHeader(target, offset, brokerTypes[message.kind], encodeTopic(message.topic))
    if (data !== undefined) target.set(data, at)
    if (error !== undefined) writeRefusal(error, target, at)
    return offset + size
  }

  decode(bytes: Uint8Array): BrokerMessage {
    const kind = brokerMessageKind(bytes)
    const topic = brokerTopic(bytes)
    const at = brokerDataOffset(bytes)
    switch (kind) {
      case 'publish':
      case 'deliver':
        // Not `subarray`: that of a Buffer is a Buffer.
        return { kind, topic, data: new Uint8Array(bytes.buffer, bytes.byteOffset + at, bytes.length - at) }
      case 'subscribe':
      case 'unsubscribe':
      case 'unsubscribe-ack':
        if (at < bytes.length) throw trailing(bytes.length - at, at)
        return { kind, topic }
      case 'subscribe-ack':
        return at === bytes.length ? { kind, topic } : { kind, topic, error: readRefusal(bytes, at) }
      case 'publish-rejected':
        return { kind, topic, error: readRefusal(bytes, at) }
    }
  }
}

/** What of a message stands behind its topic. Throws `UsageError` for what is no message. */
function checked(message: BrokerMessage): { data?: Uint8Array | undefined; error?: BrokerRefusal | undefined } {
  const rest = typeof message === 'object' && message !== null && Object.hasOwn(rests, message.kind)
  if (!rest) throw invalidValue(`broker: kind must be one of ${Object.keys(rests).join(', ')}`)
  const { data, error } = message as { data?: unknown; error?: unknown }
  switch (rests[message.kind]) {
    case 'data':
      if (data instanceof Uint8Array) return { data }
      throw invalidValue(`broker: data must be a Uint8Array, got ${typeof data}`)
    case 'nothing':
      return {}
    case 'error-or-nothing':
      return error === undefined ? {} : { error: checkedRefusal(error) }
    case 'error':
      return { error: checkedRefusal(error) }
  }
}

function checkedRefusal(error: unknown): BrokerRefusal {
  const { code, text } = (error ?? {}) as Partial<BrokerRefusal>
  for (const [name, value] of Object.entries({ code, text })) {
    if (typeof value !== 'string' || !value.isWellFormed()) {
      throw invalidValue(`broker: error.${name} must be text without lone surrogates, got ${typeof value}`)
    }
  }
  const codeBytes = Buffer.byteLength(code!)
  if (codeBytes > CODE_BYTES_MAX) {
    throw invalidValue(`broker: error.code must have at most ${CODE_BYTES_MAX} bytes, got ${codeBytes}`)
  }
  return error as BrokerRefusal
}

function refusalBytes({ code, text }: BrokerRefusal): number {
  return 2 + Buffer.byteLength(code) + Buffer.byteLength(text)
}

function writeRefusal({ code, text }: BrokerRefusal, target: Uint8Array, at: number): void {
  const codeBytes = encoder.encode(code)
  target[at] = codeBytes.length
  target[at + 1] = codeBytes.length >>> 8
  target.set(codeBytes, at + 2)
  target.set(encoder.encode(text), at + 2 + codeBytes.length)
}

function readRefusal(bytes: Uint8Array, at: number): BrokerRefusal {
  const end = bytes.length
  const codeAt = at + 2
  if (codeAt > end) throw unexpectedEnd('length of the error code', at, 2, end)
  const codeBytes = bytes[at]! | (bytes[at + 1]! << 8)
  const textAt = codeAt + codeBytes
  if (textAt > end) throw unexpectedEnd('error code', codeAt, codeBytes, end)
  return {
    code: decodeText(bytes, codeAt, codeBytes, 'error code'),
    text: decodeText(bytes, textAt, end - textAt, 'error text'),
  }
}

function trailing(count: number, at: number): ProtocolError {
  return new ProtocolError('trailing-bytes', `${count} bytes at offset ${at} behind the topic, where nothing may be`)
}
