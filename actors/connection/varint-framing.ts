import { ProtocolError } from 'troupe'
import { FrameCutter, type FrameRule } from './frame-cutter.ts'
import { type Framing, noSuffix } from './framing.ts'
import {
  checkByteOption,
  checkSendLength,
  LIMIT_BYTES_MAX,
  MESSAGE_BYTES_MAX,
  receivedTooLarge,
} from './message-limit.ts'

export interface VarintFramingOptions {
  /** Largest message, inclusive, both ways. Bytes, 0 to 2^32 - 1. @default 67_108_864 (64 MiB) */
  readonly messageBytesMax?: number
}

/** Five times seven bits hold every length that can be allowed. */
const PREFIX_BYTES_MAX = 5
const HAS_MORE = 0x80
const SEVEN_BITS = 0x7f

/**
 * Messages with their length in front as an unsigned LEB128 number, seven bits a byte, the lowest first: what Protocol Buffers
 * call delimited messages. A length padded with zeros is taken, up to five bytes; written lengths are the shortest possible.
 */
export class VarintFraming implements Framing {
  readonly suffix = noSuffix
  readonly #messageBytesMax: number
  readonly #cutter: FrameCutter

  constructor({ messageBytesMax = MESSAGE_BYTES_MAX }: VarintFramingOptions = {}) {
    checkByteOption('VarintFraming', 'messageBytesMax', messageBytesMax, 0, LIMIT_BYTES_MAX)
    this.#messageBytesMax = messageBytesMax
    this.#cutter = new FrameCutter(varintRule(messageBytesMax))
  }

  get heldBytes(): number {
    return this.#cutter.heldBytes
  }

  get position(): number {
    return this.#cutter.position
  }

  push(chunk: Uint8Array, onFrame: (frame: Uint8Array) => void): void {
    this.#cutter.push(chunk, onFrame)
  }

  prefixBytes(messageBytes: number): number {
    checkSendLength(messageBytes, this.#messageBytesMax)
    let count = 1
    for (let rest = messageBytes; rest > SEVEN_BITS; rest = Math.floor(rest / HAS_MORE)) count++
    return count
  }

  writePrefix(target: Uint8Array, offset: number, messageBytes: number): number {
    let at = offset
    let rest = messageBytes
    for (; rest > SEVEN_BITS; rest = Math.floor(rest / HAS_MORE)) target[at++] = (rest & SEVEN_BITS) | HAS_MORE
    target[at++] = rest
    return at
  }

  checkMessage(_message: Uint8Array): void {}
}

function varintRule(messageBytesMax: number): FrameRule {
  return {
    frameBytes(bytes, start, end, _examined, position) {
      let messageBytes = 0
      let scale = 1
      for (let at = start; at < end; at++) {
        const byte = bytes[at]!
        messageBytes += (byte & SEVEN_BITS) * scale
        if (byte < HAS_MORE) return at + 1 - start + checked(messageBytes, messageBytesMax, position)
        if (at - start === PREFIX_BYTES_MAX - 1) throw endless(position)
        scale *= HAS_MORE
      }
      return 0
    },
    bytesWanted: () => 1,
    messageStart(bytes, start) {
      let at = start
      while (bytes[at]! >= HAS_MORE) at++
      return at + 1
    },
    messageEnd: (_bytes, _start, end) => end,
  }
}

function checked(messageBytes: number, messageBytesMax: number, position: number): number {
  if (messageBytes <= messageBytesMax) return messageBytes
  const text = `message at stream position ${position} promises ${messageBytes} bytes`
  throw receivedTooLarge(text, messageBytes, messageBytesMax)
}

function endless(position: number): ProtocolError {
  const text = `the length at stream position ${position} does not end within ${PREFIX_BYTES_MAX} bytes`
  return new ProtocolError('bad-length', text)
}
