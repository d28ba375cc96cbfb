import { UsageError } from 'troupe'
import { FrameCutter, type FrameRule } from './frame-cutter.ts'
import type { Framing } from './framing.ts'
import {
  checkByteOption,
  checkSendLength,
  LIMIT_BYTES_MAX,
  MESSAGE_BYTES_MAX,
  receivedTooLarge,
} from './message-limit.ts'

export interface LineFramingOptions {
  /** Longest line without its end, inclusive, both ways. Bytes, 0 to 2^32 - 1. @default 67_108_864 (64 MiB) */
  readonly lineBytesMax?: number
  /** What is written behind a line. Read are both. @default 'lf' */
  readonly lineEnd?: 'lf' | 'crlf'
}

const LF = 0x0a
const CR = 0x0d
const suffixes = Object.freeze({ lf: Uint8Array.of(LF), crlf: Uint8Array.of(CR, LF) })

/**
 * Lines that end with a line feed, or with a carriage return and a line feed. What is passed on is the line without its end, as
 * bytes. A message must not have a line feed in it, nor a carriage return at its end.
 */
export class LineFraming implements Framing {
  readonly suffix: Uint8Array
  readonly #lineBytesMax: number
  readonly #cutter: FrameCutter

  constructor({ lineBytesMax = MESSAGE_BYTES_MAX, lineEnd = 'lf' }: LineFramingOptions = {}) {
    checkByteOption('LineFraming', 'lineBytesMax', lineBytesMax, 0, LIMIT_BYTES_MAX)
    if (!Object.hasOwn(suffixes, lineEnd)) {
      throw new UsageError('invalid-option', `LineFraming: lineEnd must be one of lf, crlf, got '${lineEnd}'`)
    }
    this.suffix = suffixes[lineEnd]
    this.#lineBytesMax = lineBytesMax
    this.#cutter = new FrameCutter(lineRule(lineBytesMax))
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

  /** 0: a line has no prefix. */
  prefixBytes(messageBytes: number): number {
    checkSendLength(messageBytes, this.#lineBytesMax)
    return 0
  }

  writePrefix(_target: Uint8Array, offset: number, _messageBytes: number): number {
    return offset
  }

  checkMessage(message: Uint8Array): void {
    const at = message.indexOf(LF)
    if (at >= 0) throw new UsageError('invalid-frame', `a line has a line feed in it, at offset ${at}`)
    if (message.at(-1) !== CR) return
    throw new UsageError('invalid-frame', 'a line ends with a carriage return, which its reader would take for its end')
  }
}

function lineRule(lineBytesMax: number): FrameRule {
  /** One byte more may be the carriage return before a line feed still to come. */
  const openBytesMax = lineBytesMax + 1
  return {
    frameBytes(bytes, start, end, examined, position) {
      const frameBytes = endOfLine(bytes, start, end, examined) - start
      const lineBytes = frameBytes > 0 ? frameBytes - endBytes(bytes, start, start + frameBytes) : end - start
      if (lineBytes <= (frameBytes > 0 ? lineBytesMax : openBytesMax)) return Math.max(0, frameBytes)
      const text = `line at stream position ${position} has at least ${lineBytes} bytes`
      throw receivedTooLarge(text, lineBytes, lineBytesMax)
    },
    bytesWanted(heldCount, chunk, offset) {
      const at = chunk.indexOf(LF, offset)
      const wanted = (at < 0 ? chunk.length : at + 1) - offset
      // No more than shows that the line is too long: two bytes for its end, or one that cannot be its end.
      return Math.min(wanted, lineBytesMax + 2 - heldCount)
    },
    messageStart: (_bytes, start) => start,
    messageEnd: (bytes, start, end) => end - endBytes(bytes, start, end),
  }
}

/** The offset behind the first line feed, or -1. */
function endOfLine(bytes: Uint8Array, start: number, end: number, examined: number): number {
  // Of bytes that were collected up to the first line feed, only the last can be one.
  if (examined > 0) return bytes[end - 1] === LF ? end : -1
  const at = bytes.indexOf(LF, start)
  return at < 0 ? -1 : at + 1
}

/** Length of the line end, 1 or 2, of the line from `start` to `end`. */
function endBytes(bytes: Uint8Array, start: number, end: number): number {
  return end - start > 1 && bytes[end - 2] === CR ? 2 : 1
}
