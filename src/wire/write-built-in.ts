import { types } from 'node:util'
import { copyBytes } from '../base/copy-bytes.ts'
import { binaryKindOf } from './binary-kinds.ts'
import { writeError } from './error-codec.ts'
import { Refusal } from './refusal.ts'
import * as tags from './value-tags.ts'
import type { ValueWriter } from './value-writer.ts'

type Write = (value: never, writer: ValueWriter) => void

/** Arrays, dates, maps, bytes, errors: `value` is an object that is neither plain nor foreign. Refuses all others. */
export function writeBuiltIn(value: object, prototype: object, writer: ValueWriter): void {
  const write = writersByPrototype.get(prototype) ?? writerOf(value, prototype)
  if (write === undefined) throw new Refusal(value)
  write(value as never, writer)
}

function writeArray(array: readonly unknown[], writer: ValueWriter): void {
  const length = array.length
  writer.byte(tags.ARRAY)
  writer.count(length)
  for (let i = 0; i < length; i++) {
    const element = array[i]
    if (element === undefined && !Object.hasOwn(array, i)) {
      writeSparse(array, i, length, writer)
      return
    }
    writer.value(element)
  }
}

/** The rest of an array from its first hole: only the elements that exist are visited, however long it claims to be. */
function writeSparse(array: readonly unknown[], from: number, length: number, writer: ValueWriter): void {
  let next = from
  for (const key of Object.keys(array)) {
    const index = Number(key)
    if (!(index >= next && index < length && Number.isInteger(index))) continue
    if (index > next) writeHoles(index - next, writer)
    writer.value(array[index])
    next = index + 1
  }
  if (next < length) writeHoles(length - next, writer)
}

function writeHoles(count: number, writer: ValueWriter): void {
  writer.byte(tags.HOLES)
  writer.count(count)
}

function writeMap(map: ReadonlyMap<unknown, unknown>, writer: ValueWriter): void {
  writer.byte(tags.MAP)
  writer.count(map.size)
  let left = map.size
  for (const [key, value] of map) {
    if (--left < 0) break
    writer.value(key)
    writer.value(value)
  }
  if (left !== 0) throw new Refusal(map, 'changed')
}

function writeSet(set: ReadonlySet<unknown>, writer: ValueWriter): void {
  writer.byte(tags.SET)
  writer.count(set.size)
  let left = set.size
  for (const value of set) {
    if (--left < 0) break
    writer.value(value)
  }
  if (left !== 0) throw new Refusal(set, 'changed')
}

function writeDate(date: Date, writer: ValueWriter): void {
  writer.byte(tags.DATE)
  writer.float64(date.getTime())
}

function writeRegExp(expression: RegExp, writer: ValueWriter): void {
  writer.byte(tags.REGEXP)
  writer.text(expression.source)
  writer.text(expression.flags)
}

function writeBinary(kind: number, bytes: Uint8Array, writer: ValueWriter): void {
  writer.byte(tags.BINARY)
  writer.byte(kind)
  writer.count(bytes.length)
  while (writer.position % 8 !== 0) writer.byte(0)
  const at = writer.advance(bytes.length)
  copyBytes(writer.bytes, at, bytes)
}

/** A view's own bytes, not the buffer under it, which may be a pool or a ring. */
const viewWriter =
  (kind: number): Write =>
  (view: ArrayBufferView, writer) =>
    writeBinary(kind, new Uint8Array(view.buffer, view.byteOffset, view.byteLength), writer)

const writeArrayBuffer = (buffer: ArrayBuffer, writer: ValueWriter): void =>
  writeBinary(binaryKindOf('ArrayBuffer'), new Uint8Array(buffer), writer)

const classNames = ['Uint8Array', 'Uint8ClampedArray', 'Int8Array', 'Uint16Array', 'Int16Array', 'Uint32Array']
classNames.push('Int32Array', 'Float16Array', 'Float32Array', 'Float64Array', 'BigUint64Array', 'BigInt64Array')
classNames.push('Buffer', 'DataView')

const writersByName = new Map<string, Write>([
  ['Array', writeArray],
  ['Map', writeMap],
  ['Set', writeSet],
  ['Date', writeDate],
  ['RegExp', writeRegExp],
  ['ArrayBuffer', writeArrayBuffer],
  ...classNames.map((name) => [name, viewWriter(binaryKindOf(name))] as const),
])
const writersByPrototype = new Map<object, Write>()
for (const [name, write] of writersByName) {
  const prototype: object | undefined = Reflect.get(globalThis, name)?.prototype
  if (prototype !== undefined) writersByPrototype.set(prototype, write)
}

const writePlainOfRealm: Write = (plain: Record<string, unknown>, writer) => writer.plain(plain)

/** The slow way, for errors and for objects of another realm (node:vm), whose classes are not ours. */
function writerOf(value: object, prototype: object): Write | undefined {
  if (value instanceof Error || types.isNativeError(value)) return writeError
  if (!isOfRuntime(prototype)) return undefined
  if (Object.getPrototypeOf(prototype) === null) return writePlainOfRealm
  if (Array.isArray(value)) return writeArray
  if (types.isMap(value)) return writeMap
  if (types.isSet(value)) return writeSet
  if (types.isDate(value)) return writeDate
  if (types.isRegExp(value)) return writeRegExp
  if (types.isArrayBuffer(value)) return writeArrayBuffer
  if (!ArrayBuffer.isView(value)) return undefined
  return writersByName.get(types.isTypedArray(value) ? value[Symbol.toStringTag] : 'DataView')
}

/** Whether the class behind a prototype is the runtime's own, and so not one whose methods would be lost. */
function isOfRuntime(prototype: object): boolean {
  const owner: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value
  return typeof owner === 'function' && Function.prototype.toString.call(owner).endsWith('{ [native code] }')
}
