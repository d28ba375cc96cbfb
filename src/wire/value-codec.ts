import { assert } from '../base/assert.ts'
import { CapacityError, ProtocolError, TroupeError, UsageError } from '../base/errors.ts'
import { type ForeignValues, noForeignValues } from './foreign-values.ts'
import { refusalError } from './refusal.ts'
import { ValueReader } from './value-reader.ts'
import { NO_ROOM, ValueWriter } from './value-writer.ts'
import { type WireRegion, wireRegion } from './wire-region.ts'

/**
 * How the arguments of a message are encoded, in one byte: mode in the upper 3 bits, count of arguments in the lower 5.
 * The byte travels in the record's header, next to the payload that it describes.
 */
export const ENCODING_VALUES = 0
/** Payload: one aligned f64 for each argument and nothing else. */
export const ENCODING_NUMBERS = 1 << 5
/** This count stands for any larger one: the payload is then one array of all arguments. */
export const COUNT_MANY = 31
const COUNT_MASK = 31

/** Scratch memory larger than this is given back after use. Bytes. */
const SCRATCH_KEPT_MAX = 1 << 20
const SCRATCH_FIRST = 1 << 12
const MESSAGE_BYTES_MIN = 64
/** A refused message is measured up to this size. Bytes. */
const MEASURED_MAX = 1 << 24

export interface ValueCodecOptions {
  /** Longest message. A longer one is refused with a `CapacityError` (`message-too-large`). Bytes. */
  readonly messageBytesMax: number
  /** References, frames. @default none */
  readonly foreign?: ForeignValues
}

/**
 * Values to bytes and back. One codec serves one thread or one link, both directions; it is no state that the other side
 * depends on: any codec reads what any other wrote. An argument list is given as its count, its first two arguments and
 * an array of the others, so that common calls allocate nothing. Not reentrant: a getter that sends is refused.
 */
export class ValueCodec {
  readonly messageBytesMax: number
  /** After `encode`: the encoding byte for `decode`. */
  encoding = 0
  /** After `decode`: the arguments. To be taken right away; `release` forgets them. */
  a: unknown = undefined
  b: unknown = undefined
  rest: unknown[] | undefined = undefined
  readonly #writer: ValueWriter
  readonly #reader: ValueReader
  readonly #foreign: ForeignValues
  #scratch = wireRegion(new ArrayBuffer(SCRATCH_FIRST))
  #isBusy = false

  constructor(options: ValueCodecOptions) {
    assert(options.messageBytesMax >= MESSAGE_BYTES_MIN, 'a message may have 64 bytes at least')
    this.messageBytesMax = options.messageBytesMax
    this.#foreign = options.foreign ?? noForeignValues
    this.#writer = new ValueWriter(this.#foreign)
    this.#reader = new ValueReader(this.#foreign)
  }

  /**
   * Encodes `count` arguments to `offset` (a multiple of 8) of `region`, using at most `capacity` bytes; `rest` holds the
   * arguments from the third on. Answers the bytes used, or -1 if `capacity` is too small; then the bytes there are
   * undefined. `encoding` is set. Throws `UsageError` (`not-sendable`, `too-deep`) and `CapacityError` (`message-too-large`),
   * which call the value `name` if it is one that is no argument: `answer.onDone: a function …` instead of `args[0].onDone: …`.
   */
  encode(
    count: number,
    a: unknown,
    b: unknown,
    rest: readonly unknown[] | undefined,
    region: WireRegion,
    offset: number,
    capacity: number,
    name?: string,
  ): number {
    if (count === 0) {
      this.encoding = ENCODING_VALUES
      return 0
    }
    if (typeof a === 'number' && count <= 2 && (count === 1 || typeof b === 'number')) {
      const byteLength = count * 8
      if (byteLength > capacity) return -1
      this.encoding = ENCODING_NUMBERS | count
      const at = offset >> 3
      region.doubles[at] = a
      if (count === 2) region.doubles[at + 1] = b as number
      return byteLength
    }
    return this.#encodeValues(count, a, b, rest, region, offset, capacity, name)
  }

  /**
   * Decodes what `encode` wrote to `offset` (a multiple of 8), `length` bytes of it, into `a`, `b` and `rest`; answers the
   * count of arguments. Throws `ProtocolError` (`bad-encoding`) if the bytes are anything else.
   */
  decode(region: WireRegion, offset: number, length: number, encoding: number): number {
    const count = encoding & COUNT_MASK
    const mode = encoding - count
    this.a = undefined
    this.b = undefined
    this.rest = undefined
    if (mode === ENCODING_NUMBERS) return this.#decodeNumbers(region, offset, length, count)
    if (mode !== ENCODING_VALUES) throw new ProtocolError('bad-encoding', `no encoding ${encoding}`)
    if (count !== 0) return this.#decodeValues(region, offset, length, count)
    if (length !== 0) throw new ProtocolError('bad-encoding', 'a message without arguments has bytes')
    return 0
  }

  /** Forgets the arguments last decoded. */
  release(): void {
    this.a = undefined
    this.b = undefined
    this.rest = undefined
  }

  /** As `encode`, into memory of its own: for what is kept (spawn arguments) and for what waits outside of a ring. */
  encodeOwned(
    count: number,
    a: unknown,
    b: unknown,
    rest: readonly unknown[] | undefined,
    name?: string,
  ): Uint8Array<ArrayBuffer> {
    const length = this.#encodeToScratch(count, a, b, rest, name)
    const owned = new Uint8Array(length)
    owned.set(this.#scratch.bytes.subarray(0, length))
    this.#giveBackScratch()
    return owned
  }

  /** As `decode`, from bytes anywhere. */
  decodeOwned(bytes: Uint8Array, encoding: number): number {
    this.#growScratch(bytes.length)
    this.#scratch.bytes.set(bytes)
    const count = this.decode(this.#scratch, 0, bytes.length, encoding)
    this.#giveBackScratch()
    return count
  }

  /** A copy that shares nothing with `value`, by the same way that a message to another thread takes. `name`: as for `encode`. */
  copyOf(value: unknown, name?: string): unknown {
    return this.copyOfArguments([value], name)[0]
  }

  /** As `copyOf`, of an argument list: one object that occurs twice in it stays one. */
  copyOfArguments(args: readonly unknown[], name?: string): unknown[] {
    const [a, b, ...rest] = args
    const length = this.#encodeToScratch(args.length, a, b, rest, name)
    const count = this.decode(this.#scratch, 0, length, this.encoding)
    const copies = [this.a, this.b, ...(this.rest ?? [])].slice(0, count)
    this.release()
    this.#giveBackScratch()
    return copies
  }

  /** The encoded length of an argument list. Bytes. Throws as `encode` does. */
  sizeOf(count: number, a: unknown, b: unknown, rest: readonly unknown[] | undefined): number {
    const length = this.#encodeToScratch(count, a, b, rest)
    this.#giveBackScratch()
    return length
  }

  #encodeValues(
    count: number,
    a: unknown,
    b: unknown,
    rest: readonly unknown[] | undefined,
    region: WireRegion,
    offset: number,
    capacity: number,
    name: string | undefined,
  ): number {
    if (this.#isBusy) throw new UsageError('not-sendable', 'a message was sent by a getter of another message')
    this.#isBusy = true
    const writer = this.#writer
    try {
      writer.begin(region, offset, offset + Math.min(capacity, this.messageBytesMax))
      if (count < COUNT_MANY) {
        this.encoding = ENCODING_VALUES | count
        writer.value(a)
        if (count > 1) writer.value(b)
        for (let i = 2; i < count; i++) writer.value(rest![i - 2])
      } else {
        this.encoding = ENCODING_VALUES | COUNT_MANY
        writer.value([a, b, ...rest!])
      }
      return writer.finish()
    } catch (thrown) {
      if (thrown !== NO_ROOM) throw this.#refusal(thrown, count, a, b, rest, name)
    } finally {
      writer.release()
      this.#isBusy = false
    }
    if (capacity < this.messageBytesMax) return -1
    throw this.#tooLarge(count, a, b, rest, name)
  }

  #decodeNumbers(region: WireRegion, offset: number, length: number, count: number): number {
    if (length !== count * 8 || count === 0 || count > 2 || offset + length > region.bytes.length) {
      throw new ProtocolError('bad-encoding', `${count} numbers do not take ${length} bytes`)
    }
    const at = offset >> 3
    this.a = region.doubles[at]
    if (count === 2) this.b = region.doubles[at + 1]
    return count
  }

  #decodeValues(region: WireRegion, offset: number, length: number, count: number): number {
    const reader = this.#reader
    try {
      reader.begin(region, offset, length)
      this.a = reader.value()
      if (count === COUNT_MANY) return this.#spread(this.a)
      if (count > 1) this.b = reader.value()
      if (count > 2) this.rest = readRest(reader, count - 2)
      reader.finish()
      return count
    } catch (thrown) {
      this.release()
      if (thrown instanceof TroupeError) throw thrown
      // A limit of the runtime, such as too many entries of a Map.
      throw new ProtocolError('bad-encoding', 'a message cannot be decoded', { cause: thrown })
    }
  }

  #spread(all: unknown): number {
    this.#reader.finish()
    if (!Array.isArray(all) || all.length < COUNT_MANY) throw new ProtocolError('bad-encoding', 'arguments are missing')
    this.a = all[0]
    this.b = all[1]
    this.rest = all.slice(2)
    return all.length
  }

  /** Answers the length; `encode` itself refuses what is longer than `messageBytesMax`, so the loop ends. */
  #encodeToScratch(count: number, a: unknown, b: unknown, rest: readonly unknown[] | undefined, name?: string): number {
    for (;;) {
      const capacity = Math.min(this.#scratch.bytes.length, this.messageBytesMax)
      const length = this.encode(count, a, b, rest, this.#scratch, 0, capacity, name)
      if (length !== -1) return length
      this.#growScratch(this.#scratch.bytes.length * 2)
    }
  }

  #growScratch(byteLength: number): void {
    if (byteLength > this.#scratch.bytes.length) this.#scratch = wireRegion(new ArrayBuffer((byteLength + 7) & ~7))
  }

  #giveBackScratch(): void {
    if (this.#scratch.bytes.length > SCRATCH_KEPT_MAX) this.#scratch = wireRegion(new ArrayBuffer(SCRATCH_FIRST))
  }

  #refusal(
    thrown: unknown,
    count: number,
    a: unknown,
    b: unknown,
    rest: readonly unknown[] | undefined,
    name = 'args[0]',
  ): unknown {
    const roots = new Map<string, unknown>()
    if (count > 0) roots.set(name, a)
    if (count > 1) roots.set('args[1]', b)
    for (let i = 2; i < count; i++) roots.set(`args[${i}]`, rest?.[i - 2])
    return refusalError(thrown, roots, this.#foreign)
  }

  #tooLarge(
    count: number,
    a: unknown,
    b: unknown,
    rest: readonly unknown[] | undefined,
    name: string | undefined,
  ): CapacityError {
    const limit = this.messageBytesMax
    const length = this.#measure(count, a, b, rest)
    const subject = name === undefined || name === '' ? '' : `${name}: `
    return new CapacityError('message-too-large', `${subject}a message may have ${limit} bytes, this one has ${length}`)
  }

  #measure(count: number, a: unknown, b: unknown, rest: readonly unknown[] | undefined): string {
    if (this.messageBytesMax >= MEASURED_MAX) return 'more'
    try {
      const measuring = new ValueCodec({ messageBytesMax: MEASURED_MAX, foreign: this.#foreign })
      return String(measuring.sizeOf(count, a, b, rest))
    } catch {
      return `more than ${MEASURED_MAX}`
    }
  }
}

function readRest(reader: ValueReader, count: number): unknown[] {
  const rest: unknown[] = []
  for (let i = 0; i < count; i++) rest.push(reader.value())
  return rest
}
