import { CapacityError } from '../base/errors.ts'
import type { MessageTerms } from '../kernel/remote/outbound-route.ts'
import type { RingProducer } from '../memory/spsc-ring.ts'
import type { ArenaFrame } from './arena-frame.ts'
import {
  FRAME,
  FRAME_BYTES,
  FRAME_LENGTH_WORD,
  FRAME_OFFSET_WORD,
  FRAME_SLOT_WORD,
  headerWord,
  MESSAGE,
} from './record.ts'
import { termsBytes, writeTerms } from './record-terms.ts'
import type { ThreadCodec } from './thread-codec.ts'

/** A system record that found no room in its ring. */
interface Waiting {
  readonly word: number
  readonly slot: number
  readonly generation: number
  readonly payload: Uint8Array
}

/** Room claimed for a payload before its length is known; what does not fit is encoded apart first. Bytes. */
const GUESS_BYTES = 512

/**
 * The way from this thread to one other. Records keep their order: while a system record waits for room, no later record
 * of either lane is written. Nothing ever waits for room: user records are refused, system records are kept here. How many
 * that can be is bounded by what asked for them: a reply by its ask, credit by its stream, a `down` by its watch.
 */
export class Link {
  readonly seat: number
  readonly producer: RingProducer
  readonly #codec: ThreadCodec
  /** `GUESS_BYTES`, where the ring takes records of that length. */
  readonly #guessBytes: number
  #waiting: Waiting[] = []
  /** How many of them, from the first on, have found room meanwhile. */
  #placed = 0
  #writtenBytes = 0
  /** The ring's position up to which bytes are counted. */
  #countedPosition: number

  constructor(seat: number, producer: RingProducer, codec: ThreadCodec) {
    this.seat = seat
    this.producer = producer
    this.#codec = codec
    this.#guessBytes = Math.min(GUESS_BYTES, producer.payloadBytesMax)
    this.#countedPosition = producer.position
  }

  /** Bytes written since this thread began; unlike the ring's position it does not wrap. */
  get writtenBytes(): number {
    const { position } = this.producer
    this.#writtenBytes += (position - this.#countedPosition) | 0
    this.#countedPosition = position
    return this.#writtenBytes
  }

  /** `writtenBytes` as they were when the ring was at `position`, which is no further back than the ring is long. */
  writtenBytesAt(position: number): number {
    return this.writtenBytes - ((this.producer.position - position) | 0)
  }

  /** Bytes that were written but cannot be read yet. */
  get unpublishedBytes(): number {
    return (this.producer.position - this.producer.published) | 0
  }

  /** System records that wait for room. */
  get waitingCount(): number {
    return this.#waiting.length - this.#placed
  }

  /** Writes a user record; false, writing nothing, if there is no room. Throws for values that cannot be sent. */
  tryWrite(
    kind: number,
    handler: number,
    slot: number,
    generation: number,
    count: number,
    a: unknown,
    b: unknown,
    rest: readonly unknown[] | undefined,
  ): boolean {
    if (this.#waiting.length > 0) return false
    const { producer } = this
    const codec = this.#codec.values
    this.#codec.begin()
    let offset = producer.tryClaim(this.#guessBytes, 'user')
    if (offset >= 0) {
      const length = codec.encode(count, a, b, rest, producer, offset, this.#guessBytes)
      if (length >= 0) {
        if (this.#codec.frameCount > 0) this.#codec.checkFrames([a, b, ...(rest ?? [])])
        producer.shrink(length)
        producer.writeHeader(headerWord(kind, codec.encoding, handler), slot, generation)
        this.#codec.commit(producer)
        return true
      }
    }
    this.#codec.begin()
    const payload = codec.encodeOwned(count, a, b, rest)
    if (this.#codec.frameCount > 0) this.#codec.checkFrames([a, b, ...(rest ?? [])])
    this.#checkLength(payload.length)
    offset = producer.tryClaim(payload.length, 'user')
    if (offset < 0) return false
    producer.bytes.set(payload, offset)
    producer.writeHeader(headerWord(kind, codec.encoding, handler), slot, generation)
    this.#codec.commit(producer)
    return true
  }

  /** Two numbers, or one, the fastest of all messages. `count` is 1 or 2. */
  tryWriteNumbers(word: number, slot: number, generation: number, count: number, a: number, b: number): boolean {
    if (this.#waiting.length > 0) return false
    const { producer } = this
    const offset = producer.tryClaim(count << 3, 'user')
    if (offset < 0) return false
    producer.doubles[offset >> 3] = a
    if (count === 2) producer.doubles[(offset >> 3) + 1] = b
    producer.writeHeader(word, slot, generation)
    producer.commit()
    return true
  }

  /** One frame and nothing else: its descriptor, written down without the codec. */
  tryWriteFrame(handler: number, slot: number, generation: number, frame: ArenaFrame): boolean {
    if (this.#waiting.length > 0) return false
    const { producer } = this
    const offset = producer.tryClaim(FRAME_BYTES, 'user')
    if (offset < 0) return false
    const word = offset >> 2
    producer.words[word + FRAME_SLOT_WORD] = frame.slotId
    producer.words[word + FRAME_OFFSET_WORD] = frame.offset
    producer.words[word + FRAME_LENGTH_WORD] = frame.length
    producer.writeHeader(headerWord(FRAME, 0, handler), slot, generation)
    this.#codec.frames.arena.commitLeased(producer, frame.slotId)
    return true
  }

  /** As `tryWrite`, with the terms of the message before its arguments. */
  tryWriteMessage(
    handler: number,
    slot: number,
    generation: number,
    terms: MessageTerms,
    count: number,
    a: unknown,
    b: unknown,
    rest: readonly unknown[] | undefined,
  ): boolean {
    if (this.#waiting.length > 0) return false
    const { producer } = this
    const codec = this.#codec.values
    const prefixBytes = termsBytes(terms)
    this.#codec.begin()
    const guessBytes = Math.min(prefixBytes + GUESS_BYTES, producer.payloadBytesMax)
    let offset = producer.tryClaim(guessBytes, 'user')
    let length = -1
    if (offset >= 0) length = codec.encode(count, a, b, rest, producer, offset + prefixBytes, guessBytes - prefixBytes)
    if (length >= 0) producer.shrink(prefixBytes + length)
    else {
      this.#codec.begin()
      const payload = codec.encodeOwned(count, a, b, rest)
      this.#checkLength(prefixBytes + payload.length)
      offset = producer.tryClaim(prefixBytes + payload.length, 'user')
      if (offset < 0) return false
      producer.bytes.set(payload, offset + prefixBytes)
    }
    if (this.#codec.frameCount > 0) this.#codec.checkFrames([a, b, ...(rest ?? [])])
    writeTerms(producer, offset, terms)
    producer.writeHeader(headerWord(MESSAGE, codec.encoding, handler), slot, generation)
    this.#codec.commit(producer)
    return true
  }

  /**
   * Writes a system record with one value, now or as soon as there is room. Throws for values that cannot be sent, writing
   * nothing, and then calls the value `name`.
   */
  write(kind: number, slot: number, value: unknown, name: string): void {
    if (this.#waiting.length === 0 && this.#tryWriteSystem(kind, slot, value, name)) return
    this.#codec.begin()
    const payload = this.#codec.values.encodeOwned(1, value, undefined, undefined, name)
    this.#codec.checkFrames([])
    const word = headerWord(kind, this.#codec.values.encoding, 0)
    this.#checkLength(payload.length)
    if (this.#waiting.length > 0 || !this.#place(word, slot, 0, payload)) {
      this.#waiting.push({ word, slot, generation: 0, payload })
    }
  }

  /** Makes what was written readable; first what waited, as far as there is room. Answers whether there is news. */
  publish(): boolean {
    if (this.#waiting.length > 0) this.#placeWaiting()
    void this.writtenBytes // counted once a batch, so that no wrap is missed
    return this.producer.publish()
  }

  #tryWriteSystem(kind: number, slot: number, value: unknown, name: string): boolean {
    const { producer } = this
    const codec = this.#codec.values
    const offset = producer.tryClaim(this.#guessBytes, 'system')
    if (offset < 0) return false
    this.#codec.begin()
    const length = codec.encode(1, value, undefined, undefined, producer, offset, this.#guessBytes, name)
    if (length < 0) return false
    this.#codec.checkFrames([])
    producer.shrink(length)
    producer.writeHeader(headerWord(kind, codec.encoding, 0), slot, 0)
    producer.commit()
    return true
  }

  #placeWaiting(): void {
    const waiting = this.#waiting
    for (; this.#placed < waiting.length; this.#placed++) {
      const { word, slot, generation, payload } = waiting[this.#placed] as Waiting
      if (!this.#place(word, slot, generation, payload)) break
    }
    // The rest moves up when it is the smaller half: a list of any length costs each record the same.
    if (this.#placed < waiting.length / 2) return
    this.#waiting = waiting.slice(this.#placed)
    this.#placed = 0
  }

  #place(word: number, slot: number, generation: number, payload: Uint8Array): boolean {
    const offset = this.producer.tryClaim(payload.length, 'system')
    if (offset < 0) return false
    this.producer.bytes.set(payload, offset)
    this.producer.writeHeader(word, slot, generation)
    this.producer.commit()
    return true
  }

  #checkLength(length: number): void {
    const limit = this.producer.payloadBytesMax
    if (length <= limit) return
    throw new CapacityError('message-too-large', `a message may have ${limit} bytes, this one has ${length}`)
  }
}
