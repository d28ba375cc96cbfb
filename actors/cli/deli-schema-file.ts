import { UsageError } from 'troupe'
import { deli } from '../codec/deli.ts'
import type { DeliSchema } from '../codec/deli-schema.ts'
import { jsonFaultAt } from './text-faults.ts'

/** A type that was described in JSON: how its values stand in messages, and how a person writes them. */
export interface DeliType {
  readonly schema: DeliSchema<unknown>
  /**
   * From JSON to what the schema takes: `u64` and `i64` from strings or whole numbers, `NaN` and the infinities from strings, byte
   * vectors from hexadecimal digits or arrays. What cannot be converted stays as it is: the codec refuses it, naming its path.
   */
  fromJson(json: unknown): unknown
}

type Json = Readonly<Record<string, unknown>>
type Build = (description: unknown, path: string, depth: number) => DeliType

const DEPTH_MAX = 64
const asIs = (json: unknown): unknown => json

const isWritten = (json: unknown, pattern: RegExp): json is string => typeof json === 'string' && pattern.test(json)
const fromNumber = (json: unknown): unknown => (isWritten(json, /^(NaN|-?Infinity)$/) ? Number(json) : json)
const fromInteger = (json: unknown): unknown => {
  return isWritten(json, /^-?\d{1,20}$/) || Number.isSafeInteger(json) ? BigInt(json as string | number) : json
}

const named: Readonly<Record<string, DeliType>> = Object.freeze({
  bool: { schema: deli.bool, fromJson: asIs },
  u8: { schema: deli.u8, fromJson: asIs },
  u16: { schema: deli.u16, fromJson: asIs },
  u32: { schema: deli.u32, fromJson: asIs },
  u64: { schema: deli.u64, fromJson: fromInteger },
  i8: { schema: deli.i8, fromJson: asIs },
  i16: { schema: deli.i16, fromJson: asIs },
  i32: { schema: deli.i32, fromJson: asIs },
  i64: { schema: deli.i64, fromJson: fromInteger },
  f32: { schema: deli.f32, fromJson: fromNumber },
  f64: { schema: deli.f64, fromJson: fromNumber },
  string: { schema: deli.string, fromJson: asIs },
  unit: { schema: deli.unit, fromJson: (json) => (json === null ? undefined : json) },
})

const built: Readonly<Record<string, Build>> = Object.freeze({ vec, struct, tuple, enum: enumeration })

/**
 * Reads the text of a schema file. Throws `UsageError` (`invalid-schema`) that names the place: line and column for what is no
 * JSON, else the JSON path from `$` on.
 */
export function parseDeliSchema(text: string): DeliType {
  const fault = jsonFaultAt(text)
  if (fault !== undefined) throw invalid(lineAndColumn(text, fault), 'this is no JSON')
  return typeOf(JSON.parse(text), '$', 0)
}

function typeOf(description: unknown, path: string, depth: number): DeliType {
  if (depth > DEPTH_MAX) throw invalid(path, `types may be nested ${DEPTH_MAX} deep`)
  if (typeof description === 'string') {
    if (Object.hasOwn(named, description)) return named[description]!
    throw invalid(path, `there is no type '${description}'; there are ${Object.keys(named).join(', ')}`)
  }
  const [key, ...others] = isObject(description) ? Object.keys(description) : []
  if (key === undefined || others.length > 0 || !Object.hasOwn(built, key)) {
    const kinds = Object.keys(built).join(', ')
    throw invalid(
      path,
      `a type is a name or an object with one of ${kinds}, got ${JSON.stringify(description).slice(0, 60)}`,
    )
  }
  return within(path, () => built[key]!((description as Json)[key], step(path, key), depth + 1))
}

function vec(description: unknown, path: string, depth: number): DeliType {
  const element = typeOf(description, path, depth)
  const isBytes = element.schema === deli.u8
  const fromArray = (json: unknown) => (Array.isArray(json) ? json.map((item) => element.fromJson(item)) : json)
  return { schema: deli.vec(element.schema), fromJson: isBytes ? bytesFromJson : fromArray }
}

function bytesFromJson(json: unknown): unknown {
  if (typeof json === 'string' && /^([0-9a-fA-F]{2})*$/.test(json)) return new Uint8Array(Buffer.from(json, 'hex'))
  const isBytes = Array.isArray(json) && json.every((item) => Number.isInteger(item) && item >= 0 && item <= 0xff)
  return isBytes ? Uint8Array.from(json as number[]) : json
}

function struct(description: unknown, path: string, depth: number): DeliType {
  const fields = membersOf(description, path, depth, 'fields: { "id": "u32" }')
  const fromJson = (json: unknown) => {
    if (!isObject(json)) return json
    return Object.fromEntries(Object.entries(fields).map(([name, { fromJson }]) => [name, fromJson(json[name])]))
  }
  return { schema: deli.struct(schemasOf(fields)), fromJson }
}

function tuple(description: unknown, path: string, depth: number): DeliType {
  if (!Array.isArray(description)) throw invalid(path, 'a tuple is an array of types: ["u8", "string"]')
  const elements = description.map((element, index) => typeOf(element, `${path}[${index}]`, depth))
  const fromJson = (json: unknown) => {
    const isOne = Array.isArray(json) && json.length === elements.length
    return isOne ? elements.map((element, index) => element.fromJson(json[index])) : json
  }
  return { schema: deli.tuple(...elements.map(({ schema }) => schema)), fromJson }
}

/** An array of names has no data; an object says what each variant carries. */
function enumeration(description: unknown, path: string, depth: number): DeliType {
  if (Array.isArray(description)) {
    const at = description.findIndex((name) => typeof name !== 'string')
    if (at >= 0) throw invalid(`${path}[${at}]`, 'the name of a variant is a string')
    return { schema: deli.unitEnum(...(description as string[])), fromJson: asIs }
  }
  const variants = membersOf(description, path, depth, 'names, ["Red", "Blue"], or variants: { "Text": "string" }')
  const fromJson = (json: unknown) => {
    if (!isObject(json) || !Object.hasOwn(variants, String(json['kind']))) return json
    return { ...json, value: variants[String(json['kind'])]!.fromJson(json['value']) }
  }
  return { schema: deli.taggedEnum(schemasOf(variants)), fromJson }
}

function membersOf(description: unknown, path: string, depth: number, takes: string): Record<string, DeliType> {
  if (!isObject(description)) throw invalid(path, `it takes ${takes}`)
  const entries = Object.entries(description)
  return Object.fromEntries(entries.map(([name, type]) => [name, typeOf(type, step(path, name), depth)]))
}

function schemasOf(members: Readonly<Record<string, DeliType>>): Record<string, DeliSchema<unknown>> {
  return Object.fromEntries(Object.entries(members).map(([name, { schema }]) => [name, schema]))
}

/** What the builders of the schema refuse, such as names twice, gets the path too. */
function within(path: string, build: () => DeliType): DeliType {
  try {
    return build()
  } catch (error) {
    if (!(error instanceof UsageError) || error.message.startsWith(WHERE)) throw error
    throw invalid(path, error.message)
  }
}

const WHERE = 'schema at '

function invalid(place: string, text: string): UsageError {
  return new UsageError('invalid-schema', `${WHERE}${place}: ${text}`)
}

function step(path: string, name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`
}

function lineAndColumn(text: string, index: number): string {
  const lines = text.slice(0, index).split('\n')
  return `line ${lines.length}, column ${lines.at(-1)!.length + 1}`
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
