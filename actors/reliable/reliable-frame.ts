import { crc32 } from 'node:zlib'
import { ProtocolError } from 'troupe'
import type { Codec } from '../codec/codec.ts'
import { readU16, readU32, readU64, writeU16, writeU32, writeU64 } from './little-endian.ts'
import {
  at,
  DATA_HEADER_BYTES,
  FRAME_VERSION,
  type FrameKind,
  frameKinds,
  NAME_BYTES_MAX,
  RANGE_BYTES,
  RANGES_MAX,
  REASON_BYTES_MAX,
  SEQUENCE_MAX,
  SESSION_ID_BYTES,
} from './reliable-frame-layout.ts'

/** Why bytes are no frame. `checksum`: they were changed on their way. */
export type FrameFault = 'too-short' | 'checksum' | 'version' | 'kind' | 'length' | 'range'

const nothing = new Uint8Array(0)
const decoder = new TextDecoder()

/**
 * A frame as values: decoded into, and encoded from. One instance is used again and again, so that a message costs none. Which fields count says
 * the kind; see the layout.
 */
export class ReliableFrame {
  kind: FrameKind = frameKinds.ack
  flags = 0
  from = 0
  to = 0
  /** DATA and NACK: of the message, or of its chunk. */
  sequence = 0
  /** HELLO, DATA and SKIP: of the sender, everything below is done with. */
  base = 0
  /** HELLO: no sequence from this on was sent. */
  next = 0
  /** HELLO, DATA and ACK: everything up to this of the peer's session is done with. */
  cumulative = 0
  /** Sequences beyond `cumulative` that may be sent. */
  credit = 0
  /** DATA: of the whole message. HELLO: the largest one that is taken. */
  messageBytes = 0
  chunkOffset = 0
  /** Message id, as four big-endian words. */
  idA = 0
  idB = 0
  idC = 0
  idD = 0
  /** A view: valid as long as the bytes that it was decoded from. */
  payload: Uint8Array = nothing
  readonly sessionId = new Uint8Array(SESSION_ID_BYTES)
  readonly heldSessionId = new Uint8Array(SESSION_ID_BYTES)
  /** HELLO: other in each life of what is received. */
  incarnation = 0
  /** HELLO: who says so, UTF-8. NACK: why. */
  text: Uint8Array = nothing
  rangeCount = 0
  /** ACK: beyond `cumulative`. SKIP: beyond `base`. */
  readonly rangeOffsets = new Uint32Array(RANGES_MAX)
  readonly rangeLengths = new Uint16Array(RANGES_MAX)
  readonly rangeStates = new Uint16Array(RANGES_MAX)
  /** RESET. */
  reason = 0

  /** What `text` says. Bytes that are no UTF-8 become replacement characters. */
  get textString(): string {
    return decoder.decode(this.text)
  }

  addRange(offset: number, length: number, state: number): boolean {
    const n = this.rangeCount
    if (n === RANGES_MAX) return false
    this.rangeOffsets[n] = offset
    this.rangeLengths[n] = length
    this.rangeStates[n] = state
    this.rangeCount++
    return true
  }

  get byteLength(): number {
    switch (this.kind) {
      case frameKinds.hello:
        return at.helloName + this.text.length
      case frameKinds.data:
        return DATA_HEADER_BYTES + this.payload.length
      case frameKinds.nack:
        return at.tail + this.text.length
      case frameKinds.reset:
        return at.resetEnd
      default:
        return at.tail + this.rangeCount * RANGE_BYTES
    }
  }

  /** Writes the frame; answers the offset behind it. There must be room for `byteLength` bytes. */
  writeTo(target: Uint8Array, start: number): number {
    target[start + at.version] = FRAME_VERSION
    target[start + at.kind] = this.kind
    target[start + at.flags] = this.flags
    target[start + at.flags + 1] = 0
    writeU32(target, start + at.from, this.from)
    writeU32(target, start + at.to, this.to)
    const end = this.#writeBody(target, start)
    writeU32(target, start, crc32(target.subarray(start + at.version, end)))
    return end
  }

  #writeBody(target: Uint8Array, start: number): number {
    switch (this.kind) {
      case frameKinds.hello:
        return this.#writeHello(target, start)
      case frameKinds.data:
        return this.#writeData(target, start)
      case frameKinds.nack:
        writeU64(target, start + at.body, this.sequence)
        writeU32(target, start + at.nackReasonBytes, this.text.length)
        writeU32(target, start + at.nackReasonBytes + 4, 0)
        target.set(this.text, start + at.tail)
        return start + at.tail + this.text.length
      case frameKinds.reset:
        writeU32(target, start + at.resetReason, this.reason)
        writeU32(target, start + at.resetReason + 4, 0)
        return start + at.resetEnd
      case frameKinds.ack:
        writeU64(target, start + at.body, this.cumulative)
        writeU32(target, start + at.ackCredit, this.credit)
        writeU32(target, start + at.ackRangeCount, this.rangeCount)
        return this.#writeRanges(target, start + at.tail)
      default:
        writeU64(target, start + at.body, this.base)
        writeU32(target, start + at.skipRangeCount, this.rangeCount)
        writeU32(target, start + at.skipRangeCount + 4, 0)
        return this.#writeRanges(target, start + at.tail)
    }
  }

  #writeData(target: Uint8Array, start: number): number {
    writeU64(target, start + at.body, this.sequence)
    writeU64(target, start + at.dataCumulative, this.cumulative)
    writeU32(target, start + at.dataCredit, this.credit)
    writeU32(target, start + at.dataMessageBytes, this.messageBytes)
    writeU32(target, start + at.dataBase, this.sequence - this.base)
    writeU32(target, start + at.dataChunkOffset, this.chunkOffset)
    writeWord(target, start + at.dataId, this.idA)
    writeWord(target, start + at.dataId + 4, this.idB)
    writeWord(target, start + at.dataId + 8, this.idC)
    writeWord(target, start + at.dataId + 12, this.idD)
    target.set(this.payload, start + at.dataPayload)
    return start + at.dataPayload + this.payload.length
  }

  #writeHello(target: Uint8Array, start: number): number {
    target.set(this.sessionId, start + at.body)
    writeU64(target, start + at.helloBase, this.base)
    writeU64(target, start + at.helloNext, this.next)
    target.set(this.heldSessionId, start + at.helloHeld)
    writeU64(target, start + at.helloCumulative, this.cumulative)
    writeU32(target, start + at.helloCredit, this.credit)
    writeU32(target, start + at.helloMessageBytesMax, this.messageBytes)
    writeU32(target, start + at.helloIncarnation, this.incarnation)
    writeU32(target, start + at.helloNameBytes, this.text.length)
    target.set(this.text, start + at.helloName)
    return start + at.helloName + this.text.length
  }

  #writeRanges(target: Uint8Array, start: number): number {
    let offset = start
    for (let n = 0; n < this.rangeCount; n++) {
      writeU32(target, offset, this.rangeOffsets[n]!)
      writeU16(target, offset + 4, this.rangeLengths[n]!)
      writeU16(target, offset + 6, this.rangeStates[n]!)
      offset += RANGE_BYTES
    }
    return offset
  }

  /** Takes the values of a frame; `payload` and `text` become views of `bytes`. Answers why not, and then no field means anything. */
  read(bytes: Uint8Array): FrameFault | undefined {
    if (bytes.length < at.resetEnd) return 'too-short'
    if (readU32(bytes, at.crc) !== crc32(bytes.subarray(at.version))) return 'checksum'
    if (bytes[at.version] !== FRAME_VERSION) return 'version'
    this.kind = bytes[at.kind] as FrameKind
    this.flags = bytes[at.flags]!
    this.from = readU32(bytes, at.from)
    this.to = readU32(bytes, at.to)
    switch (this.kind) {
      case frameKinds.data:
        return this.#readData(bytes)
      case frameKinds.ack:
        if (bytes.length < at.tail) return 'too-short'
        this.cumulative = readU64(bytes, at.body)
        this.credit = readU32(bytes, at.ackCredit)
        return this.#readRanges(bytes, readU16(bytes, at.ackRangeCount)) ?? checked(this.cumulative)
      case frameKinds.skip:
        if (bytes.length < at.tail) return 'too-short'
        this.base = readU64(bytes, at.body)
        return this.#readRanges(bytes, readU16(bytes, at.skipRangeCount)) ?? checked(this.base)
      case frameKinds.nack:
        if (bytes.length < at.tail) return 'too-short'
        this.sequence = readU64(bytes, at.body)
        return (
          this.#readText(bytes, at.tail, readU16(bytes, at.nackReasonBytes), REASON_BYTES_MAX) ?? checked(this.sequence)
        )
      case frameKinds.hello:
        return this.#readHello(bytes)
      case frameKinds.reset:
        this.reason = readU32(bytes, at.resetReason)
        return bytes.length === at.resetEnd ? undefined : 'length'
      default:
        return 'kind'
    }
  }

  #readData(bytes: Uint8Array): FrameFault | undefined {
    if (bytes.length < DATA_HEADER_BYTES) return 'too-short'
    this.sequence = readU64(bytes, at.body)
    this.cumulative = readU64(bytes, at.dataCumulative)
    this.credit = readU32(bytes, at.dataCredit)
    this.messageBytes = readU32(bytes, at.dataMessageBytes)
    this.base = this.sequence - readU32(bytes, at.dataBase)
    this.chunkOffset = readU32(bytes, at.dataChunkOffset)
    this.idA = readWord(bytes, at.dataId)
    this.idB = readWord(bytes, at.dataId + 4)
    this.idC = readWord(bytes, at.dataId + 8)
    this.idD = readWord(bytes, at.dataId + 12)
    this.payload = bytes.subarray(at.dataPayload)
    if (this.chunkOffset + this.payload.length > this.messageBytes) return 'length'
    return this.base < 0 ? 'range' : (checked(this.sequence) ?? checked(this.cumulative))
  }

  #readHello(bytes: Uint8Array): FrameFault | undefined {
    if (bytes.length < at.helloName) return 'too-short'
    this.sessionId.set(bytes.subarray(at.body, at.helloBase))
    this.base = readU64(bytes, at.helloBase)
    this.next = readU64(bytes, at.helloNext)
    this.heldSessionId.set(bytes.subarray(at.helloHeld, at.helloCumulative))
    this.cumulative = readU64(bytes, at.helloCumulative)
    this.credit = readU32(bytes, at.helloCredit)
    this.messageBytes = readU32(bytes, at.helloMessageBytesMax)
    this.incarnation = readU32(bytes, at.helloIncarnation)
    const fault = this.#readText(bytes, at.helloName, readU16(bytes, at.helloNameBytes), NAME_BYTES_MAX)
    if (fault !== undefined) return fault
    if (this.base < 1 || this.next < this.base) return 'range'
    return checked(this.next) ?? checked(this.cumulative)
  }

  #readText(bytes: Uint8Array, start: number, length: number, lengthMax: number): FrameFault | undefined {
    if (length > lengthMax || bytes.length !== start + length) return 'length'
    this.text = bytes.subarray(start)
    return undefined
  }

  #readRanges(bytes: Uint8Array, count: number): FrameFault | undefined {
    if (count > RANGES_MAX || bytes.length !== at.tail + count * RANGE_BYTES) return 'length'
    this.rangeCount = count
    for (let n = 0; n < count; n++) {
      const offset = at.tail + n * RANGE_BYTES
      this.rangeOffsets[n] = readU32(bytes, offset)
      this.rangeLengths[n] = readU16(bytes, offset + 4)
      this.rangeStates[n] = readU16(bytes, offset + 6)
    }
    return undefined
  }
}

/** How a link is given a frame: straight into what it sends. */
export const reliableFrameCodec: Codec<ReliableFrame> = Object.freeze({
  name: 'reliable-frame',
  sizeOf: (frame: ReliableFrame) => frame.byteLength,
  encode: encodeReliableFrame,
  encodeInto: (frame: ReliableFrame, target: Uint8Array, offset = 0) => frame.writeTo(target, offset),
  decode: decodeReliableFrame,
})

/** A frame of its own. Throws `ProtocolError` (`bad-reliable-frame`) for bytes that are none. */
export function decodeReliableFrame(bytes: Uint8Array): ReliableFrame {
  const frame = new ReliableFrame()
  const fault = frame.read(bytes)
  if (fault === undefined) return frame
  throw new ProtocolError('bad-reliable-frame', `${bytes.length} bytes are no reliable frame: ${fault}`)
}

/** A frame in bytes of its own. */
export function encodeReliableFrame(frame: ReliableFrame): Uint8Array {
  const bytes = new Uint8Array(frame.byteLength)
  frame.writeTo(bytes, 0)
  return bytes
}

/** Sequences are exact as numbers, and so is what is counted from them on. */
function checked(sequence: number): FrameFault | undefined {
  return sequence <= SEQUENCE_MAX ? undefined : 'range'
}

/** Words of an id are as its text has them: big-endian, and signed, as the cache of ids takes them. */
function readWord(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!
}

function writeWord(target: Uint8Array, offset: number, word: number): void {
  target[offset] = word >>> 24
  target[offset + 1] = word >>> 16
  target[offset + 2] = word >>> 8
  target[offset + 3] = word
}
