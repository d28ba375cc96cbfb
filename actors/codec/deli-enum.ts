import { ProtocolError, UsageError } from 'troupe'
import type { DeliReader } from './deli-reader.ts'
import type { DeliSchema, Infer } from './deli-schema.ts'
import { orderedNames, unit } from './deli-struct.ts'
import type { DeliWriter } from './deli-writer.ts'
import { misfit, within } from './misfit.ts'

type Variants = Readonly<Record<string, DeliSchema<unknown>>>
type TaggedValue<V extends Variants> = {
  [K in keyof V & string]: V[K] extends DeliSchema<undefined> ? { kind: K } : { kind: K; value: Infer<V[K]> }
}[keyof V & string]

interface Tagged {
  kind: string
  value?: unknown
}

/** Variants without data, in the order of their ordinals: a value is the name of one. */
export function unitEnum<const N extends readonly string[]>(...names: N): DeliSchema<N[number]> {
  const typeName = enumName(names)
  const ordinals = ordinalsOf(names)
  return Object.freeze({
    typeName,
    bytesMin: 4,
    isFixed: true,
    sizeOf: () => 4,
    write(value: string, writer: DeliWriter): void {
      writer.u32(ordinals.get(value) ?? notAVariant(typeName, value))
    },
    read(reader: DeliReader): N[number] {
      return names[takeOrdinal(reader, names.length, typeName)]!
    },
  })
}

/**
 * Variants with data, in the order of their ordinals: a value is `{ kind, value }`, or `{ kind }` of a `unit` variant. Named
 * fields are a `struct`, several by position a `tuple`, one is its type alone.
 */
export function taggedEnum<V extends Variants>(variants: V): DeliSchema<TaggedValue<V>> {
  const names = orderedNames('enum', variants)
  const ordinals = ordinalsOf(names)
  const members = names.map((name) => variants[name]!)
  const typeName = enumName(names)
  const schema: DeliSchema<Tagged> = Object.freeze({
    typeName,
    bytesMin: 4 + Math.min(...members.map((member) => member.bytesMin)),
    isFixed: members.every((member) => member.isFixed && member.bytesMin === members[0]!.bytesMin),
    sizeOf(value: Tagged): number {
      const member = members[ordinalOf(value)]!
      try {
        return 4 + member.sizeOf(value.value)
      } catch (error) {
        throw within(error, '.value')
      }
    },
    write(value: Tagged, writer: DeliWriter): void {
      const ordinal = ordinalOf(value)
      writer.u32(ordinal)
      try {
        members[ordinal]!.write(value.value, writer)
      } catch (error) {
        throw within(error, '.value')
      }
    },
    read(reader: DeliReader): Tagged {
      const ordinal = takeOrdinal(reader, names.length, typeName)
      const kind = names[ordinal]!
      const member = members[ordinal]!
      return member === unit ? { kind } : { kind, value: member.read(reader) }
    },
  })
  const ordinalOf = (value: Tagged): number => {
    if (typeof value !== 'object' || value === null) throw misfit(typeName, 'an object with kind and value', value)
    return ordinals.get(value.kind) ?? notAVariant(typeName, value.kind)
  }
  return schema as unknown as DeliSchema<TaggedValue<V>>
}

function enumName(names: readonly string[]): string {
  return `enum{${names.join(',')}}`
}

function ordinalsOf(names: readonly string[]): ReadonlyMap<string, number> {
  const ordinals = new Map(names.map((name, ordinal) => [name, ordinal]))
  if (names.length > 0 && ordinals.size === names.length) return ordinals
  throw new UsageError(
    'invalid-schema',
    `enum: needs at least one variant and no name twice, got [${names.join(', ')}]`,
  )
}

function notAVariant(typeName: string, value: unknown): never {
  throw misfit(typeName, 'one of its variants', value)
}

function takeOrdinal(reader: DeliReader, count: number, typeName: string): number {
  const ordinal = reader.takeU32(typeName)
  if (ordinal < count) return ordinal
  throw new ProtocolError(
    'invalid-variant',
    `invalid enum variant: ${ordinal} at offset ${reader.offset - 4}, ${typeName} has ${count}`,
  )
}
