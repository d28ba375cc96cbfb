import { UsageError } from 'troupe'
import { FrameCutter, type FrameRule } from './frame-cutter.ts'
import { type Framing, noSuffix } from './framing.ts'
import { checkByteOption, checkSendLength, MESSAGE_BYTES_MAX, receivedTooLarge } from './message-limit.ts'

/** Width and byte order of an unsigned length: little-endian or big-endian. */
export type LengthPrefix = 'u16le' | 'u16be' | 'u32le' | 'u32be'

export interface LengthPrefixOptions {
  /** How the length is written in front of each message. @default 'u32le' */
  readonly prefix?: LengthPrefix
  /** Largest message, inclusive, both ways. Bytes, 0 to what the prefix can say. @default 67_108_864 (64 MiB), or 65_535 for u16 */
  readonly messageBytesMax?: number
}

interface PrefixFormat {
  readonly bytes: number
  readonly lengthMax: number
  read(bytes: Uint8Array, at: number): number
  write(target: Uint8Array, at: number, length: number): void
}

/** Multiplied where a shift would make the length negative. */
const formats: Readonly<Record<LengthPrefix, PrefixFormat>> = Object.freeze({
  u16le: {
    bytes: 2,
    lengthMax: 0xffff,
    read: (bytes, at) => bytes[at]! | (bytes[at + 1]! << 8),
    write: (target, at, length) => {
      target[at] = length
      target[at + 1] = length >>> 8
    },
  },
  u16be: {
    bytes: 2,
    lengthMax: 0xffff,
    read: (bytes, at) => (bytes[at]! << 8) | bytes[at + 1]!,
    write: (target, at, length) => {
      target[at] = length >>> 8
      target[at + 1] = length
    },
  },
  u32le: {
    bytes: 4,
    lengthMax: 0xffff_ffff,
    read: (bytes, at) => bytes[at]! + (bytes[at + 1]! << 8) + (bytes[at + 2]! << 16) + bytes[at + 3]! * 0x100_0000,
    write: (target, at, length) => {
      target[at] = length
      target[at + 1] = length >>> 8
      target[at + 2] = length >>> 16
      target[at + 3] = length >>> 24
    },
  },
  u32be: {
    bytes: 4,
    lengthMax: 0xffff_ffff,
    read: (bytes, at) => bytes[at]! * 0x100_0000 + (bytes[at + 1]! << 16) + (bytes[at + 2]! << 8) + bytes[at + 3]!,
    write: (target, at, length) => {
      target[at] = length >>> 24
      target[at + 1] = length >>> 16
      target[at + 2] = length >>> 8
      target[at + 3] = length
    },
  },
})

/** Messages with their length in front: `[length][message]`. What is passed on is the message alone. */
export class LengthPrefixFraming implements Framing {
  readonly suffix = noSuffix
  readonly #format: PrefixFormat
  readonly #messageBytesMax: number
  readonly #cutter: FrameCutter

  constructor({ prefix = 'u32le', messageBytesMax }: LengthPrefixOptions = {}) {
    const format = Object.hasOwn(formats, prefix) ? formats[prefix] : undefined
    if (format === undefined) {
      const known = Object.keys(formats).join(', ')
      throw new UsageError('invalid-option', `LengthPrefixFraming: prefix must be one of ${known}, got '${prefix}'`)
    }
    this.#format = format
    this.#messageBytesMax = messageBytesMax ?? Math.min(MESSAGE_BYTES_MAX, format.lengthMax)
    checkByteOption('LengthPrefixFraming', 'messageBytesMax', this.#messageBytesMax, 0, format.lengthMax)
    this.#cutter = new FrameCutter(lengthPrefixRule(format, this.#messageBytesMax))
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
    return this.#format.bytes
  }

  writePrefix(target: Uint8Array, offset: number, messageBytes: number): number {
    this.#format.write(target, offset, messageBytes)
    return offset + this.#format.bytes
  }

  checkMessage(_message: Uint8Array): void {}
}

function lengthPrefixRule({ bytes: prefixBytes, read }: PrefixFormat, messageBytesMax: number): FrameRule {
  return {
    frameBytes(bytes, start, end, _examined, position) {
      if (end - start < prefixBytes) return 0
      const messageBytes = read(bytes, start)
      if (messageBytes <= messageBytesMax) return prefixBytes + messageBytes
      const text = `message at stream position ${position} promises ${messageBytes} bytes`
      throw receivedTooLarge(text, messageBytes, messageBytesMax)
    },
    bytesWanted: (heldCount) => prefixBytes - heldCount,
    messageStart: (_bytes, start) => start + prefixBytes,
    messageEnd: (_bytes, _start, end) => end,
  }
}
