import type { DeliReader } from './deli-reader.ts'
import { u8 } from './deli-scalars.ts'
import type { DeliSchema } from './deli-schema.ts'
import type { DeliWriter } from './deli-writer.ts'
import { misfit, within } from './misfit.ts'

/**
 * Any number of elements. `vec(u8)` is a `Uint8Array`: written with one copy, read as a view of the message, so it changes with
 * the message's bytes and keeps them alive. Copy what is to stay: `value.data.slice()`.
 */
export function vec(element: typeof u8): DeliSchema<Uint8Array>
export function vec<T>(element: DeliSchema<T>): DeliSchema<T[]>
export function vec<T>(element: DeliSchema<T>): DeliSchema<T[]> | DeliSchema<Uint8Array> {
  return (element as unknown) === u8 ? byteVec : elementVec(element)
}

const byteVec: DeliSchema<Uint8Array> = Object.freeze({
  typeName: 'Vec<u8>',
  bytesMin: 4,
  isFixed: false,
  sizeOf(value: Uint8Array): number {
    checkBytes(value)
    return 4 + value.length
  },
  write(value: Uint8Array, writer: DeliWriter): void {
    checkBytes(value)
    writer.u32(value.length)
    writer.bytes.set(value, writer.claim(value.length))
  },
  read(reader: DeliReader): Uint8Array {
    const length = reader.takeU32('Vec<u8>')
    const at = reader.take(length, 'Vec<u8>')
    return viewOf(reader.bytes, at, length)
  },
})

/** `subarray` of a Buffer would be a Buffer; of all else it is faster, since asking for `buffer` is a call into the runtime. */
function viewOf(bytes: Uint8Array, at: number, length: number): Uint8Array {
  if (Object.getPrototypeOf(bytes) === Uint8Array.prototype) return bytes.subarray(at, at + length)
  return new Uint8Array(bytes.buffer, bytes.byteOffset + at, length)
}

function checkBytes(value: Uint8Array): void {
  if (!(value instanceof Uint8Array)) throw misfit('Vec<u8>', 'a Uint8Array', value)
  if (value.length > 0xffff_ffff) throw misfit('Vec<u8>', 'at most 4294967295 bytes', value.length)
}

function elementVec<T>(element: DeliSchema<T>): DeliSchema<T[]> {
  const typeName = `Vec<${element.typeName}>`
  return Object.freeze({
    typeName,
    bytesMin: 4,
    isFixed: false,
    sizeOf(values: T[]): number {
      checkArray(typeName, values)
      return 4 + (element.isFixed ? values.length * element.bytesMin : sizeOfAll(element, values))
    },
    write(values: T[], writer: DeliWriter): void {
      checkArray(typeName, values)
      if (element.bytesMin === 0) writer.spendEmptyElements(values.length, typeName)
      writer.u32(values.length)
      let index = 0
      try {
        for (; index < values.length; index++) element.write(values[index]!, writer)
      } catch (error) {
        throw within(error, `[${index}]`)
      }
    },
    read(reader: DeliReader): T[] {
      const count = reader.takeCount(element, typeName)
      // Grows as elements are read: what is wrong in the first one costs no room for a million.
      const values: T[] = []
      for (let index = 0; index < count; index++) values.push(element.read(reader))
      return values
    },
  })
}

function sizeOfAll<T>(element: DeliSchema<T>, values: T[]): number {
  let bytes = 0
  let index = 0
  try {
    for (; index < values.length; index++) bytes += element.sizeOf(values[index]!)
  } catch (error) {
    throw within(error, `[${index}]`)
  }
  return bytes
}

function checkArray(typeName: string, values: unknown): void {
  if (!Array.isArray(values)) throw misfit(typeName, 'an array', values)
}
