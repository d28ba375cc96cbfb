import { UsageError } from 'troupe'
import type { DeliReader } from './deli-reader.ts'
import type { DeliSchema, Infer } from './deli-schema.ts'
import type { DeliWriter } from './deli-writer.ts'
import { nextFill } from './fill-fields.ts'
import { misfit, within } from './misfit.ts'

type Fields = Readonly<Record<string, DeliSchema<unknown>>>
type StructValue<F extends Fields> = { -readonly [K in keyof F]: Infer<F[K]> }
type TupleValue<E extends readonly DeliSchema<unknown>[]> = { -readonly [K in keyof E]: Infer<E[K]> }
type Keyed = Record<string | number, unknown>

/** No bytes at all: a unit struct, or a variant without data. */
export const unit: DeliSchema<undefined> = Object.freeze({
  typeName: 'unit',
  bytesMin: 0,
  isFixed: true,
  sizeOf: () => 0,
  write(value: undefined): void {
    if (value !== undefined) throw misfit('unit', 'undefined', value)
  },
  read: () => undefined,
})

/**
 * Named fields, written in the order in which they stand here. A value may have further properties: they are not written.
 * Throws `UsageError` (`invalid-schema`) for field names that JavaScript would sort or treat as something else: `7`, `__proto__`.
 */
export function struct<F extends Fields>(fields: F): DeliSchema<StructValue<F>> {
  const names = orderedNames('struct', fields)
  const members = names.map((name) => fields[name]!)
  const typeName = `struct{${names.map((name) => `${name}:${fields[name]!.typeName}`).join(',')}}`
  const steps = names.map((name) => `.${name}`)
  return product(typeName, names, steps, members, () => ({})) as DeliSchema<StructValue<F>>
}

/** Fields by position, a tuple struct: an array of exactly that many values. */
export function tuple<const E extends readonly DeliSchema<unknown>[]>(...elements: E): DeliSchema<TupleValue<E>> {
  const typeName = `(${elements.map((element) => element.typeName).join(',')})`
  const keys = elements.map((_, index) => index)
  const steps = keys.map((key) => `[${key}]`)
  return product(typeName, keys, steps, elements, () => []) as unknown as DeliSchema<TupleValue<E>>
}

/** The names in the order of the declaration. */
export function orderedNames(what: string, record: Readonly<Record<string, unknown>>): string[] {
  const names = Object.keys(record)
  for (const name of names) {
    // Such keys come first in every object, wherever they are written: the order on the wire would not be that of the source.
    if (!/^\d+$/.test(name) && name !== '__proto__') continue
    throw new UsageError('invalid-schema', `${what}: '${name}' cannot be a name, its place in the order would be lost`)
  }
  return names
}

function product(
  typeName: string,
  keys: readonly (string | number)[],
  steps: readonly string[],
  members: readonly DeliSchema<unknown>[],
  make: () => object,
): DeliSchema<object> {
  const count = keys.length
  const bytesMin = members.reduce((sum, member) => sum + member.bytesMin, 0)
  const isFixed = members.every((member) => member.isFixed)
  const fill = nextFill()
  const isTuple = Array.isArray(make())
  const takes = isTuple ? `an array of ${count}` : 'an object'
  const check = (value: unknown): void => {
    const isOne = isTuple ? Array.isArray(value) && value.length === count : typeof value === 'object' && value !== null
    if (!isOne) throw misfit(typeName, takes, value)
  }
  return Object.freeze({
    typeName,
    bytesMin,
    isFixed,
    sizeOf(value: object): number {
      if (isFixed) return bytesMin
      check(value)
      let bytes = 0
      let index = 0
      try {
        for (; index < count; index++) bytes += members[index]!.sizeOf((value as Keyed)[keys[index]!])
      } catch (error) {
        throw within(error, steps[index]!)
      }
      return bytes
    },
    write(value: object, writer: DeliWriter): void {
      check(value)
      let index = 0
      try {
        for (; index < count; index++) members[index]!.write((value as Keyed)[keys[index]!], writer)
      } catch (error) {
        throw within(error, steps[index]!)
      }
    },
    read(reader: DeliReader): object {
      const value = make() as Keyed
      fill(value, keys, members, reader)
      return value
    },
  })
}
