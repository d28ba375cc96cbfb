import { ProtocolError } from 'troupe'
import type { Framing } from '../connection/framing.ts'
import { makeFraming } from '../connection/framing-spec.ts'
import { receivedTooLarge } from '../connection/message-limit.ts'
import { PACKET_HEADER_BYTES } from '../connection/packet-framing.ts'
import { TLV_HEADER_BYTES, tlvType } from '../connection/tlv-framing.ts'
import type { ReadValue } from './codec-option.ts'
import type { FramingChoice } from './framing-option.ts'

/** One message of a stream, decoded. */
export interface DecodedMessage {
  /** 0 for the first of the stream; messages that could not be decoded count too. */
  readonly index: number
  /** Where its frame begins in the stream. Bytes. */
  readonly offset: number
  /** What the codec got: the message, or of a frame with a type its payload. Bytes. */
  readonly length: number
  /** Of frames that have one (`tlv`, `packet`). */
  readonly type: number | undefined
  readonly value: unknown
}

export interface DecodedStream {
  /** Bytes in the value may be views of the stream: valid only during the call. */
  onMessage(message: DecodedMessage): void
  /** Each message before it is decoded, with the header that it may have. Valid only during the call. */
  onFrame?(frame: Uint8Array): void
  /** A message that the codec refused; the stream goes on behind it. `text` says which, where, and what is wrong. */
  onFault(text: string): void
}

interface FrameHeader {
  readonly bytes: number
  type(frame: Uint8Array): number
}

const headers: Readonly<Partial<Record<FramingChoice['kind'], FrameHeader>>> = Object.freeze({
  tlv: { bytes: TLV_HEADER_BYTES, type: (frame) => tlvType(frame) },
  packet: { bytes: PACKET_HEADER_BYTES, type: (frame) => frame[0]! },
})

type OnFrame = (frame: Uint8Array) => void

/** What is needed of a framing to read. `end` is told that no more bytes will come. */
interface Cutter {
  push(chunk: Uint8Array, onFrame: OnFrame): void
  end(onFrame: OnFrame): void
  readonly position: number
}

/** Cuts one stream into messages and decodes them. Pure: it is told which bytes there are. */
export class StreamDecoder {
  readonly #cutter: Cutter
  readonly #header: FrameHeader | undefined
  readonly #read: ReadValue
  readonly #out: DecodedStream
  readonly #onFrame: OnFrame = (frame) => this.#decode(frame)
  #index = 0
  #offset = 0

  /** Throws `UsageError` for a limit that the framing does not take. */
  constructor(framing: FramingChoice, read: ReadValue, out: DecodedStream) {
    this.#cutter = framing.kind === 'none' ? new WholeStream(framing.messageBytesMax) : new Cut(makeFraming(framing))
    this.#header = headers[framing.kind]
    this.#read = read
    this.#out = out
  }

  /** Throws `ProtocolError` naming the offset in the stream where it cannot be cut any further. */
  push(chunk: Uint8Array): void {
    this.#cutter.push(chunk, this.#onFrame)
  }

  /** Throws `ProtocolError` (`unexpected-end`) for a stream that ends inside a message. */
  end(): void {
    this.#cutter.end(this.#onFrame)
  }

  #decode(frame: Uint8Array): void {
    const index = this.#index++
    const offset = this.#offset
    this.#offset = this.#cutter.position
    const header = this.#header
    const message = header === undefined ? frame : frame.subarray(header.bytes)
    const { length } = message
    this.#out.onFrame?.(frame)
    try {
      this.#out.onMessage({ index, offset, length, type: header?.type(frame), value: this.#read(message) })
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error)
      this.#out.onFault(`message ${index} at stream offset ${offset}, ${length} bytes: ${what}`)
    }
  }
}

class Cut implements Cutter {
  readonly #framing: Framing

  constructor(framing: Framing) {
    this.#framing = framing
  }

  get position(): number {
    return this.#framing.position
  }

  push(chunk: Uint8Array, onFrame: OnFrame): void {
    this.#framing.push(chunk, onFrame)
  }

  end(): void {
    const { heldBytes, position } = this.#framing
    if (heldBytes === 0) return
    const text = `the stream ends inside a message: it begins at stream offset ${position}, and ${heldBytes} bytes of it are there`
    throw new ProtocolError('unexpected-end', text)
  }
}

/** No framing at all: the end of the stream is the end of its only message. */
class WholeStream implements Cutter {
  readonly #messageBytesMax: number
  readonly #chunks: Uint8Array[] = []
  position = 0

  constructor(messageBytesMax: number) {
    this.#messageBytesMax = messageBytesMax
  }

  push(chunk: Uint8Array): void {
    this.position += chunk.length
    if (this.position <= this.#messageBytesMax) this.#chunks.push(chunk.slice())
    else throw receivedTooLarge(`the stream has at least ${this.position} bytes`, this.position, this.#messageBytesMax)
  }

  end(onFrame: OnFrame): void {
    onFrame(new Uint8Array(Buffer.concat(this.#chunks)))
  }
}
