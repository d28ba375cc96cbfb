import type { DeliReader } from './deli-reader.ts'
import type { DeliSchema } from './deli-schema.ts'

type Key = string | number
type Keyed = Record<Key, unknown>
type Members = readonly DeliSchema<unknown>[]
type Fill = (value: Keyed, keys: readonly Key[], members: Members, reader: DeliReader) => void

let made = 0

/**
 * A function that reads the fields of a struct into a new object. The engine remembers, at each place in the code, which property was
 * stored there last: three to five times faster than a place that sees many. Hence a line for each field, and four copies of
 * the same function, which the schemas of a program take in turn.
 */
export function nextFill(): Fill {
  return fills[made++ % fills.length]!
}

function fillA(value: Keyed, keys: readonly Key[], members: Members, reader: DeliReader): void {
  const count = keys.length
  if (count > 0) value[keys[0]!] = members[0]!.read(reader)
  if (count > 1) value[keys[1]!] = members[1]!.read(reader)
  if (count > 2) value[keys[2]!] = members[2]!.read(reader)
  if (count > 3) value[keys[3]!] = members[3]!.read(reader)
  if (count > 4) value[keys[4]!] = members[4]!.read(reader)
  if (count > 5) value[keys[5]!] = members[5]!.read(reader)
  if (count > 6) fillRest(value, keys, members, reader)
}

function fillB(value: Keyed, keys: readonly Key[], members: Members, reader: DeliReader): void {
  const count = keys.length
  if (count > 0) value[keys[0]!] = members[0]!.read(reader)
  if (count > 1) value[keys[1]!] = members[1]!.read(reader)
  if (count > 2) value[keys[2]!] = members[2]!.read(reader)
  if (count > 3) value[keys[3]!] = members[3]!.read(reader)
  if (count > 4) value[keys[4]!] = members[4]!.read(reader)
  if (count > 5) value[keys[5]!] = members[5]!.read(reader)
  if (count > 6) fillRest(value, keys, members, reader)
}

function fillC(value: Keyed, keys: readonly Key[], members: Members, reader: DeliReader): void {
  const count = keys.length
  if (count > 0) value[keys[0]!] = members[0]!.read(reader)
  if (count > 1) value[keys[1]!] = members[1]!.read(reader)
  if (count > 2) value[keys[2]!] = members[2]!.read(reader)
  if (count > 3) value[keys[3]!] = members[3]!.read(reader)
  if (count > 4) value[keys[4]!] = members[4]!.read(reader)
  if (count > 5) value[keys[5]!] = members[5]!.read(reader)
  if (count > 6) fillRest(value, keys, members, reader)
}

function fillD(value: Keyed, keys: readonly Key[], members: Members, reader: DeliReader): void {
  const count = keys.length
  if (count > 0) value[keys[0]!] = members[0]!.read(reader)
  if (count > 1) value[keys[1]!] = members[1]!.read(reader)
  if (count > 2) value[keys[2]!] = members[2]!.read(reader)
  if (count > 3) value[keys[3]!] = members[3]!.read(reader)
  if (count > 4) value[keys[4]!] = members[4]!.read(reader)
  if (count > 5) value[keys[5]!] = members[5]!.read(reader)
  if (count > 6) fillRest(value, keys, members, reader)
}

function fillRest(value: Keyed, keys: readonly Key[], members: Members, reader: DeliReader): void {
  for (let index = 6; index < keys.length; index++) value[keys[index]!] = members[index]!.read(reader)
}

const fills: readonly Fill[] = [fillA, fillB, fillC, fillD]
