import { copyBytes } from '../base/copy-bytes.ts'
import { makeBinary } from './binary-kinds.ts'
import type { ValueReader } from './value-reader.ts'
import * as tags from './value-tags.ts'

/** The longest array that JavaScript allows. */
const ARRAY_LENGTH_MAX = 2 ** 32 - 1
/** More holes than this in a row are not given memory. Count. */
const HOLES_IN_MEMORY_MAX = 1_000

/** What the writer's `writeBuiltIn` wrote, after its tag. */
export function readBuiltIn(tag: number, reader: ValueReader): unknown {
  switch (tag) {
    case tags.ARRAY:
      return readArray(reader)
    case tags.MAP:
      return readMap(reader)
    case tags.SET:
      return readSet(reader)
    case tags.DATE:
      return registered(new Date(reader.float64()), reader)
    case tags.REGEXP:
      return readRegExp(reader)
    case tags.BINARY:
      return readBinary(reader)
    case tags.BIGINT64:
      return reader.view.getBigInt64(reader.advance(8), true)
    case tags.BIGINT:
      return readBigInt(reader)
    default:
      throw reader.bad(`no value begins with tag ${tag}`)
  }
}

function readArray(reader: ValueReader): unknown[] {
  const length = reader.count()
  if (length > ARRAY_LENGTH_MAX) throw reader.bad('an array is too long')
  const array: unknown[] = []
  reader.register(array)
  // Each turn consumes a byte at least: a wrong length comes to the message's end, not to the end of memory.
  while (array.length < length) {
    if (reader.bytes[reader.position] === tags.HOLES && reader.position < reader.end) {
      reader.position++
      addHoles(array, reader.count(), length, reader)
    } else {
      array.push(reader.value())
    }
  }
  return array
}

function addHoles(array: unknown[], count: number, length: number, reader: ValueReader): void {
  const end = array.length + count
  if (count === 0 || end > length) throw reader.bad('an array has more holes than elements')
  if (count > HOLES_IN_MEMORY_MAX) {
    // An element far away makes the runtime keep the array as a table; its length alone would make it allocate.
    array[end - 1] = undefined
    // oxlint-disable-next-line typescript/no-array-delete -- a hole is what is wanted
    delete array[end - 1]
  }
  array.length = end
}

function readMap(reader: ValueReader): Map<unknown, unknown> {
  const map = new Map<unknown, unknown>()
  reader.register(map)
  for (let left = reader.count(); left > 0; left--) map.set(reader.value(), reader.value())
  return map
}

function readSet(reader: ValueReader): Set<unknown> {
  const set = new Set<unknown>()
  reader.register(set)
  for (let left = reader.count(); left > 0; left--) set.add(reader.value())
  return set
}

function readRegExp(reader: ValueReader): RegExp {
  const source = reader.text()
  const flags = reader.text()
  try {
    return registered(new RegExp(source, flags), reader)
  } catch {
    throw reader.bad('a regular expression is not one')
  }
}

function readBinary(reader: ValueReader): ArrayBuffer | ArrayBufferView {
  const kind = reader.byte()
  const byteLength = reader.count()
  while (reader.position % 8 !== 0) if (reader.byte() !== 0) throw reader.bad('padding is not zero')
  const at = reader.advance(byteLength)
  const memory = new ArrayBuffer(byteLength)
  copyBytes(new Uint8Array(memory), 0, reader.bytes.subarray(at, at + byteLength))
  return registered(makeBinary(kind, memory), reader)
}

function readBigInt(reader: ValueReader): bigint {
  const sign = reader.text()
  const digits = reader.text()
  if ((sign !== '' && sign !== '-') || !/^[0-9a-f]+$/.test(digits)) throw reader.bad('a bigint is not one')
  const magnitude = BigInt(`0x${digits}`)
  return sign === '' ? magnitude : -magnitude
}

function registered<T extends object>(value: T, reader: ValueReader): T {
  reader.register(value)
  return value
}
