import type { ForeignValues, ForeignWriter } from './foreign-values.ts'
import { Refusal } from './refusal.ts'
import { ShapeTable } from './shape-table.ts'
import { UsedShapes } from './used-shapes.ts'
import * as tags from './value-tags.ts'
import { type WireRegion, wireRegion } from './wire-region.ts'
import { writeBuiltIn } from './write-built-in.ts'
import { WrittenObjects } from './written-objects.ts'

/** Deepest nesting of a message; a deeper one is refused, since only few programs mean it. Levels. */
export const DEPTH_MAX = 500
/** Thrown when the space given is used up; never leaves this folder. One object: making one costs more than the rest. */
export const NO_ROOM = new Error('no room for the message')
/** Strings up to this length are copied character by character, which beats a call into the runtime. Characters. */
const LOOPED_TEXT_MAX = 24
/** Bytes of the word at the start of a message. */
export const MESSAGE_HEADER_BYTES = 4
/** Header word: the offset of the key blocks (a multiple of 4, 0 for none) and this bit. */
export const HAS_REFERENCES = 1

const objectPrototype = Object.prototype
const hasOwn = Object.prototype.hasOwnProperty
const noRegion = wireRegion(new ArrayBuffer(8))

/**
 * Writes one message at a time: `begin`, any number of `value`, `finish`. Values go straight into the region given. It
 * keeps nothing of a message but the shapes of its objects. Throws `NO_ROOM`, `Refusal`, or what a getter throws.
 */
export class ValueWriter implements ForeignWriter {
  readonly foreign: ForeignValues
  readonly shapeTable = new ShapeTable()
  bytes = noRegion.bytes
  view = noRegion.view
  words = noRegion.words
  start = 0
  position = 0
  limit = 0
  depth = 0
  /** Where the outermost error of the message began, or -1 outside of errors. */
  errorStart = -1
  #foreignCount = 0
  #hasReferences = 0
  readonly #objects = new WrittenObjects()
  readonly #usedShapes = new UsedShapes()

  constructor(foreign: ForeignValues) {
    this.foreign = foreign
  }

  /** `start` is a multiple of 8, `limit` the first byte that must not be touched. */
  begin(region: WireRegion, start: number, limit: number): void {
    this.bytes = region.bytes
    this.view = region.view
    this.words = region.words
    this.start = start
    this.limit = limit
    this.position = start + MESSAGE_HEADER_BYTES
    this.depth = 0
    this.errorStart = -1
    this.shapeTable.settle()
    this.#usedShapes.beginMessage()
    this.#foreignCount = 0
    this.#hasReferences = 0
  }

  /** Completes a message of one value at least, and answers its length. Bytes. */
  finish(): number {
    const { start } = this
    const blocks = this.#usedShapes.count === 0 ? 0 : this.#writeKeyBlocks()
    this.words[start >> 2] = blocks | this.#hasReferences
    return this.position - start
  }

  /** Forgets the values of the message; to be called after `finish` and after any throw. */
  release(): void {
    this.#objects.clear()
    this.#usedShapes.release()
  }

  value(value: unknown): void {
    if (typeof value === 'number') this.#writeNumber(value)
    else if (typeof value === 'string') this.text(value)
    else if (value === undefined) this.byte(tags.UNDEFINED)
    else if (value === null) this.byte(tags.NULL)
    else if (typeof value === 'object') this.#writeObject(value)
    else if (typeof value === 'boolean') this.byte(value ? tags.TRUE : tags.FALSE)
    else if (typeof value === 'bigint') this.#writeBigInt(value)
    else throw new Refusal(value)
  }

  byte(value: number): void {
    if (this.position >= this.limit) throw NO_ROOM
    this.bytes[this.position++] = value
  }

  int32(value: number): void {
    const at = this.advance(4)
    this.view.setInt32(at, value, true)
  }

  float64(value: number): void {
    const at = this.advance(8)
    this.view.setFloat64(at, value, true)
  }

  text(text: string): void {
    const length = text.length
    if (length > LOOPED_TEXT_MAX) {
      this.#writeLongText(text)
      return
    }
    const at = this.position + 1
    if (at + length > this.limit) throw NO_ROOM
    const bytes = this.bytes
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i)
      if (code > 0xff) {
        this.#writeWideText(text)
        return
      }
      bytes[at + i] = code
    }
    bytes[at - 1] = tags.SHORT_TEXT | length
    this.position = at + length
  }

  name(name: string): void {
    const shape = this.shapeTable.name(name)
    const at = this.advance(2)
    if (shape === null) {
      this.view.setUint16(at, 0xffff, true)
      this.text(name)
    } else {
      this.view.setUint16(at, this.#usedShapes.indexOf(shape), true)
    }
  }

  /** A count that is mostly small: 7 bits a byte, lowest first. */
  count(count: number): void {
    let rest = count
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) this.byte((rest & 0x7f) | 0x80)
    this.byte(rest)
  }

  /** Takes `byteCount` bytes and answers where they begin. */
  advance(byteCount: number): number {
    const at = this.position
    if (at + byteCount > this.limit) throw NO_ROOM
    this.position = at + byteCount
    return at
  }

  #writeNumber(value: number): void {
    // `| 0` keeps whole numbers of 32 bits and turns -0, which is no such number, into 0.
    if ((value | 0) !== value || (value === 0 && 1 / value < 0)) {
      const at = this.advance(9)
      this.bytes[at] = tags.FLOAT64
      this.view.setFloat64(at + 1, value, true)
    } else if (value >= 0 && value <= tags.SMALL_INTEGER_MAX) {
      this.byte(value)
    } else {
      const at = this.advance(5)
      this.bytes[at] = tags.INT32
      this.view.setInt32(at + 1, value, true)
    }
  }

  #writeBigInt(value: bigint): void {
    if (BigInt.asIntN(64, value) === value) {
      const at = this.advance(9)
      this.bytes[at] = tags.BIGINT64
      this.view.setBigInt64(at + 1, value, true)
      return
    }
    this.byte(tags.BIGINT)
    this.text(value < 0n ? '-' : '')
    this.text((value < 0n ? -value : value).toString(16))
  }

  #writeLongText(text: string): void {
    const length = text.length
    if (length > this.limit - this.position) throw NO_ROOM
    // As many bytes of UTF-8 as characters: all of them are ASCII. The runtime counts faster than a loop does.
    if (Buffer.byteLength(text, 'utf8') === length) this.#writeAscii(text)
    else this.#writeWideText(text)
  }

  #writeAscii(text: string): void {
    const length = text.length
    if (length <= tags.SHORT_TEXT_MAX) {
      this.byte(tags.SHORT_TEXT | length)
    } else {
      this.byte(tags.TEXT8)
      this.count(length)
    }
    const at = this.advance(length)
    this.bytes.write(text, at, length, 'latin1')
  }

  #writeWideText(text: string): void {
    this.byte(tags.TEXT16)
    this.count(text.length)
    const at = this.advance(text.length * 2)
    this.bytes.write(text, at, text.length * 2, 'utf16le')
  }

  #writeObject(value: object): void {
    const index = this.#objects.findOrAdd(value)
    if (index !== -1) {
      this.#writeReference(index)
      return
    }
    if (++this.depth > DEPTH_MAX) throw new Refusal(value, 'too-deep')
    const prototype = Object.getPrototypeOf(value)
    if (prototype === objectPrototype) this.plain(value as Record<string, unknown>)
    else if (prototype === null) this.#writeBare(value as Record<string, unknown>)
    else if (this.foreign.isForeign(value)) this.#writeForeign(value)
    else writeBuiltIn(value, prototype, this)
    this.depth--
  }

  #writeReference(index: number): void {
    this.byte(tags.REFERENCE)
    this.count(index)
    this.#hasReferences = HAS_REFERENCES
  }

  /** An object as its own enumerable properties. */
  plain(value: Record<string, unknown>): void {
    const start = this.advance(3)
    let shape = this.shapeTable.root
    let isOpen = false
    for (const key in value) {
      if (!hasOwn.call(value, key)) continue
      if (!isOpen) {
        const next = shape.recentKey === key ? shape.recent : this.shapeTable.extend(shape, key)
        if (next !== null) {
          shape = next
          this.value(value[key])
          continue
        }
        isOpen = true
      }
      this.text(key)
      this.value(value[key])
    }
    if (isOpen) this.byte(tags.END)
    const index = this.#usedShapes.indexOf(shape)
    this.bytes[start] = isOpen ? tags.OPEN_OBJECT : tags.OBJECT
    this.bytes[start + 1] = index & 0xff
    this.bytes[start + 2] = index >>> 8
  }

  #writeBare(value: Record<string, unknown>): void {
    this.byte(tags.BARE_OBJECT)
    // Without a prototype there is nothing that it could inherit.
    for (const key in value) {
      this.text(key)
      this.value(value[key])
    }
    this.byte(tags.END)
  }

  #writeForeign(value: object): void {
    if (this.#foreignCount++ === 0) this.foreign.begin()
    this.byte(tags.FOREIGN)
    this.foreign.encode(value, this)
  }

  /** After the values, from the next multiple of 4: answers their offset from the message's start. */
  #writeKeyBlocks(): number {
    while (this.position % 4 !== 0) this.byte(0)
    const first = this.position
    const end = this.#usedShapes.writeBlocks(this.words, first >> 2, this.limit >> 2)
    if (end === -1) throw NO_ROOM
    this.position = end << 2
    return first - this.start
  }
}
