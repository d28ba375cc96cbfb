import { UsageError } from 'troupe'
import { FrameCutter, type FrameRule } from './frame-cutter.ts'
import { type Framing, noSuffix } from './framing.ts'
import {
  checkByteOption,
  checkSendLength,
  LIMIT_BYTES_MAX,
  MESSAGE_BYTES_MAX,
  receivedTooLarge,
} from './message-limit.ts'

export interface HeaderFramingOptions {
  /** Length of the header of every frame. Bytes, 1 to 1,024. */
  readonly headerBytes: number
  /**
   * Reads from a header how many bytes follow it: a whole number, 0 or more. The header begins at `bytes[offset]` and is
   * whole. May throw a `ProtocolError` for a header that cannot be. Called again for frames that are sent, to check them.
   */
  readonly payloadBytes: (bytes: Uint8Array, offset: number) => number
  /** Largest number of bytes behind a header, inclusive. Bytes, 0 to 2^32 - 1. @default 67_108_864 (64 MiB) */
  readonly payloadBytesMax?: number
  /** How an error calls the frame whose header begins at `bytes[offset]`. @default () => 'frame' */
  readonly nameFrame?: (bytes: Uint8Array, offset: number) => string
}

const HEADER_BYTES_MAX = 1_024

/**
 * Frames that begin with a header of fixed length, which says how many bytes follow. A frame passed on includes its header,
 * and so does a message that is sent: it is a whole frame already.
 */
export class HeaderFraming implements Framing {
  readonly suffix = noSuffix
  readonly #rule: HeaderRule
  readonly #cutter: FrameCutter

  constructor(options: HeaderFramingOptions) {
    this.#rule = new HeaderRule(new.target.name, options)
    this.#cutter = new FrameCutter(this.#rule)
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

  /** 0: the header is part of the message. */
  prefixBytes(messageBytes: number): number {
    checkSendLength(messageBytes, this.#rule.headerBytes + this.#rule.payloadBytesMax)
    return 0
  }

  writePrefix(_target: Uint8Array, offset: number, _messageBytes: number): number {
    return offset
  }

  checkMessage(message: Uint8Array): void {
    const { headerBytes } = this.#rule
    if (message.length < headerBytes) {
      throw new UsageError(
        'invalid-frame',
        `a frame begins with a header of ${headerBytes} bytes, got ${message.length} bytes`,
      )
    }
    const announced = headerBytes + this.#rule.payloadBytes(message, 0)
    if (announced === message.length) return
    throw new UsageError('invalid-frame', `the header announces a frame of ${announced} bytes, got ${message.length}`)
  }
}

class HeaderRule implements FrameRule {
  readonly headerBytes: number
  readonly payloadBytesMax: number
  readonly payloadBytes: (bytes: Uint8Array, offset: number) => number
  readonly #owner: string
  readonly #nameFrame: (bytes: Uint8Array, offset: number) => string

  constructor(owner: string, options: HeaderFramingOptions) {
    const { headerBytes, payloadBytes, payloadBytesMax = MESSAGE_BYTES_MAX, nameFrame = () => 'frame' } = options
    checkByteOption(owner, 'headerBytes', headerBytes, 1, HEADER_BYTES_MAX)
    checkByteOption(owner, 'payloadBytesMax', payloadBytesMax, 0, LIMIT_BYTES_MAX)
    if (typeof payloadBytes !== 'function') {
      throw new UsageError('invalid-option', `${owner}: payloadBytes must be a function, got ${typeof payloadBytes}`)
    }
    this.#owner = owner
    this.headerBytes = headerBytes
    this.payloadBytesMax = payloadBytesMax
    this.payloadBytes = payloadBytes
    this.#nameFrame = nameFrame
  }

  frameBytes(bytes: Uint8Array, start: number, end: number, _examined: number, position: number): number {
    if (end - start < this.headerBytes) return 0
    const { payloadBytes: read } = this
    const payloadBytes = read(bytes, start)
    if (payloadBytes >= 0 && payloadBytes <= this.payloadBytesMax && Number.isInteger(payloadBytes)) {
      return this.headerBytes + payloadBytes
    }
    throw this.#refusal(payloadBytes, this.#nameFrame(bytes, start), position)
  }

  bytesWanted(heldCount: number): number {
    return this.headerBytes - heldCount
  }

  messageStart(_bytes: Uint8Array, start: number): number {
    return start
  }

  messageEnd(_bytes: Uint8Array, _start: number, end: number): number {
    return end
  }

  #refusal(payloadBytes: number, name: string, position: number): Error {
    if (payloadBytes > this.payloadBytesMax && Number.isInteger(payloadBytes)) {
      const text = `${name} at stream position ${position} promises ${payloadBytes} bytes of payload`
      return receivedTooLarge(text, payloadBytes, this.payloadBytesMax)
    }
    return new UsageError(
      'invalid-option',
      `${this.#owner}: payloadBytes must answer a whole number of bytes, 0 or more, ` +
        `answered ${payloadBytes} for the ${name} at stream position ${position}`,
    )
  }
}
