import { ProtocolError } from '../base/errors.ts'
import { readError } from './error-codec.ts'
import { fillerFor, USES_BEFORE_OWN_FILLER } from './fill-object.ts'
import type { ForeignReader, ForeignValues } from './foreign-values.ts'
import { readBuiltIn } from './read-built-in.ts'
import { type KnownShape, ShapeCache } from './shape-cache.ts'
import { CACHED_TEXT_MAX, TextCache } from './text-cache.ts'
import * as tags from './value-tags.ts'
import { DEPTH_MAX, HAS_REFERENCES, MESSAGE_HEADER_BYTES } from './value-writer.ts'
import { type WireRegion, wireRegion } from './wire-region.ts'

const noRegion = wireRegion(new ArrayBuffer(8))

/**
 * Reads one message at a time: `begin`, the values, `finish`. Whatever the bytes are, it reads inside of the message only,
 * comes to an end, and answers values or throws `ProtocolError` (`bad-encoding`). Values never share memory with the region.
 */
export class ValueReader implements ForeignReader {
  readonly foreign: ForeignValues
  readonly #shapeCache = new ShapeCache()
  readonly #textCache = new TextCache()
  bytes = noRegion.bytes
  view = noRegion.view
  position = 0
  /** Where the values end. */
  end = 0
  depth = 0
  #shapes: KnownShape[] = []
  #shapeCount = 0
  #keepsObjects = false
  #objects: unknown[] = []

  constructor(foreign: ForeignValues) {
    this.foreign = foreign
  }

  /** `start` is a multiple of 8; the message ends before `start + length`. */
  begin(region: WireRegion, start: number, length: number): void {
    const limit = start + length
    if (length < MESSAGE_HEADER_BYTES || limit > region.bytes.length) throw this.bad('it is too short')
    this.bytes = region.bytes
    this.view = region.view
    this.position = start + MESSAGE_HEADER_BYTES
    this.end = limit
    this.depth = 0
    this.#shapeCount = 0
    // Not empty only after a message that broke off.
    if (this.#objects.length !== 0) this.#objects = []
    const header = region.words[start >> 2]! >>> 0
    this.#keepsObjects = (header & HAS_REFERENCES) !== 0
    const blocks = header - (header & HAS_REFERENCES)
    if (blocks !== 0) this.#readKeyBlocks(region.words, start, blocks, limit)
  }

  /** All values were read: checks that nothing is left, and forgets them. */
  finish(): void {
    if (this.position !== this.end && !this.#isPadding()) throw this.bad('there are bytes after its values')
    this.release()
  }

  release(): void {
    if (this.#keepsObjects) this.#objects = []
    if (this.#shapes.length > 64) this.#shapes = []
  }

  value(): unknown {
    const tag = this.byte()
    if (tag <= tags.SMALL_INTEGER_MAX) return tag
    if (tag < tags.UNDEFINED) return this.#readText8(tag & tags.SHORT_TEXT_MAX)
    switch (tag) {
      case tags.INT32:
        return this.int32()
      case tags.FLOAT64:
        return this.float64()
      case tags.OBJECT:
        return this.#readObject()
      case tags.TRUE:
        return true
      case tags.FALSE:
        return false
      case tags.NULL:
        return null
      case tags.UNDEFINED:
        return undefined
      case tags.TEXT8:
        return this.#readText8(this.count())
      case tags.TEXT16:
        return this.#readText16(this.count())
      default:
        return this.#readRare(tag)
    }
  }

  byte(): number {
    if (this.position >= this.end) throw this.bad('it ends inside a value')
    return this.bytes[this.position++]!
  }

  int32(): number {
    return this.view.getInt32(this.advance(4), true)
  }

  float64(): number {
    return this.view.getFloat64(this.advance(8), true)
  }

  /** A string where only a string may be. */
  text(): string {
    const tag = this.byte()
    if (tag >= tags.SHORT_TEXT && tag < tags.UNDEFINED) return this.#readText8(tag & tags.SHORT_TEXT_MAX)
    if (tag === tags.TEXT8) return this.#readText8(this.count())
    if (tag === tags.TEXT16) return this.#readText16(this.count())
    throw this.bad(`a string was expected, not tag ${tag}`)
  }

  name(): string {
    const index = this.view.getUint16(this.advance(2), true)
    if (index === 0xffff) return this.text()
    const name = this.#shapeAt(index).keys[0]
    if (name === undefined) throw this.bad('a name is missing')
    return name
  }

  count(): number {
    let count = 0
    for (let factor = 1; factor <= 2 ** 28; factor *= 128) {
      const byte = this.byte()
      count += (byte & 0x7f) * factor
      if (byte <= 0x7f) return count
    }
    throw this.bad('a count is too large')
  }

  /** Takes `byteCount` bytes and answers where they begin. */
  advance(byteCount: number): number {
    const at = this.position
    if (at + byteCount > this.end) throw this.bad('it ends inside a value')
    this.position = at + byteCount
    return at
  }

  /** Counts an object, in the order in which the writer did. To be called before anything inside of it is read. */
  register(object: unknown): void {
    if (this.#keepsObjects) this.#objects.push(object)
  }

  /** Consumes an END if one is next. */
  takeEnd(): boolean {
    if (this.position >= this.end) throw this.bad('it ends inside a value')
    if (this.bytes[this.position] !== tags.END) return false
    this.position++
    return true
  }

  bad(what: string): ProtocolError {
    return new ProtocolError('bad-encoding', `a message cannot be decoded: ${what}`)
  }

  #readKeyBlocks(words: Int32Array, start: number, offset: number, limit: number): void {
    const first = start + offset
    if (first < this.position || first >= limit || first % 4 !== 0 || limit % 4 !== 0)
      throw this.bad('its key blocks are out of place')
    this.end = first
    const limitWord = limit >> 2
    for (let word = first >> 2; word < limitWord; ) {
      const shape = this.#shapeCache.find(words, word, limitWord)
      this.#shapes[this.#shapeCount++] = shape
      word += shape.block.length
    }
  }

  #isPadding(): boolean {
    if (this.#shapeCount === 0 || this.end - this.position > 3) return false
    for (let at = this.position; at < this.end; at++) if (this.bytes[at] !== 0) return false
    return true
  }

  #shapeAt(index: number): KnownShape {
    if (index >= this.#shapeCount) throw this.bad(`there is no shape ${index}`)
    return this.#shapes[index]!
  }

  #readText8(length: number): string {
    const at = this.advance(length)
    if (length <= CACHED_TEXT_MAX) return length === 0 ? '' : this.#textCache.read(this, at, length)
    return this.bytes.toString('latin1', at, at + length)
  }

  #readText16(length: number): string {
    const at = this.advance(length * 2)
    return this.bytes.toString('utf16le', at, at + length * 2)
  }

  #readObject(): object {
    const shape = this.#shapeAt(this.view.getUint16(this.advance(2), true))
    this.#enter()
    const object: Record<string, unknown> = {}
    if (this.#keepsObjects) this.#objects.push(object)
    const { keys } = shape
    if (shape.hasProto) for (const key of keys) define(object, key, this.value())
    else {
      if (++shape.uses === USES_BEFORE_OWN_FILLER) shape.fill = fillerFor(keys)
      shape.fill(object, keys, this)
    }
    this.depth--
    return object
  }

  #enter(): void {
    if (++this.depth > DEPTH_MAX) throw this.bad('it is nested too deep')
  }

  #readRare(tag: number): unknown {
    if (tag === tags.REFERENCE) return this.#readReference()
    this.#enter()
    const value = this.#readNested(tag)
    this.depth--
    return value
  }

  #readNested(tag: number): unknown {
    switch (tag) {
      case tags.OPEN_OBJECT:
        this.depth--
        return this.#readPairs(this.#readObject())
      case tags.BARE_OBJECT: {
        const object = Object.create(null)
        this.register(object)
        return this.#readPairs(object)
      }
      case tags.ERROR:
        return readError(this)
      case tags.FOREIGN:
        return this.#readForeign()
      default:
        return readBuiltIn(tag, this)
    }
  }

  #readPairs(object: object): object {
    while (!this.takeEnd()) define(object, this.text(), this.value())
    return object
  }

  #readReference(): unknown {
    const index = this.count()
    if (index >= this.#objects.length) throw this.bad(`there is no object ${index}`)
    return this.#objects[index]
  }

  #readForeign(): unknown {
    const index = this.#objects.length
    this.register(undefined)
    const value = this.foreign.decode(this)
    if (this.#keepsObjects) this.#objects[index] = value
    return value
  }
}

/** As an own property, whatever the key is. */
function define(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true })
}
