import fc from 'fast-check'
import { deli } from '#actors/codec/deli'
import type { DeliSchema } from '#actors/codec/deli-schema'

/** A schema and the values that it takes. */
export interface Typed {
  readonly schema: DeliSchema<unknown>
  readonly values: fc.Arbitrary<unknown>
}

const noMinusZero = (value: number) => !Object.is(value, -0)
const text = fc.string({ unit: 'binary', maxLength: 40 })

const scalars: readonly Typed[] = [
  { schema: deli.bool, values: fc.boolean() },
  { schema: deli.u8, values: fc.nat(0xff) },
  { schema: deli.u16, values: fc.nat(0xffff) },
  { schema: deli.u32, values: fc.integer({ min: 0, max: 0xffff_ffff }) },
  { schema: deli.u64, values: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) },
  { schema: deli.i8, values: fc.integer({ min: -0x80, max: 0x7f }).filter(noMinusZero) },
  { schema: deli.i16, values: fc.integer({ min: -0x8000, max: 0x7fff }).filter(noMinusZero) },
  { schema: deli.i32, values: fc.integer().filter(noMinusZero) },
  { schema: deli.i64, values: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) },
  { schema: deli.f32, values: fc.float() },
  { schema: deli.f64, values: fc.double() },
  { schema: deli.string, values: text },
  { schema: deli.vec(deli.u8), values: fc.uint8Array({ maxLength: 40 }) },
  { schema: deli.unitEnum('Red', 'Green', 'Blue'), values: fc.constantFrom('Red', 'Green', 'Blue') },
]

const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 5 }).filter(isName), { maxLength: 5 })

/** Schemas up to four levels deep. */
export const typed: fc.Arbitrary<Typed> = fc.letrec<{ typed: Typed }>((tie) => ({
  typed: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom(...scalars),
    tie('typed').map(vecOf),
    fc.tuple(names, fc.array(tie('typed'), { maxLength: 5 })).map(structOf),
    fc.array(tie('typed'), { maxLength: 4 }).map(tupleOf),
    fc.tuple(names, fc.array(tie('typed'), { minLength: 1, maxLength: 5 })).map(enumOf),
  ),
})).typed

function vecOf({ schema, values }: Typed): Typed {
  if (schema === deli.u8) return { schema: deli.vec(deli.u8), values: fc.uint8Array({ maxLength: 40 }) }
  return { schema: deli.vec(schema), values: fc.array(values, { maxLength: 5 }) }
}

function structOf([keys, members]: [string[], Typed[]]): Typed {
  const fields = keys.slice(0, members.length).map((key, index) => [key, members[index]!] as const)
  return {
    schema: deli.struct(Object.fromEntries(fields.map(([key, { schema }]) => [key, schema]))),
    values: fc.record(Object.fromEntries(fields.map(([key, { values }]) => [key, values])), { noNullPrototype: true }),
  }
}

function tupleOf(members: Typed[]): Typed {
  return {
    schema: deli.tuple(...members.map(({ schema }) => schema)),
    values: fc.tuple(...members.map(({ values }) => values)),
  }
}

function enumOf([keys, members]: [string[], Typed[]]): Typed {
  const variants = keys.slice(0, members.length).map((key, index) => [key, members[index]!] as const)
  return {
    schema: deli.taggedEnum({
      Nothing: deli.unit,
      ...Object.fromEntries(variants.map(([key, { schema }]) => [key, schema])),
    }),
    values: fc.oneof(
      fc.constant({ kind: 'Nothing' }),
      ...variants.map(([kind, { values }]) => values.map((value) => ({ kind, value }))),
    ),
  }
}

function isName(name: string): boolean {
  return !/^\d+$/.test(name) && name !== '__proto__' && name !== 'Nothing'
}
