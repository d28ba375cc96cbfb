import { inspect, types } from 'node:util'

/** Limits of what an error takes along: it must reach whoever waits, so it is cut rather than refused. */
const DEPTH_MAX = 8
const ENTRIES_MAX = 100
const BYTES_KEPT_MAX = 4_096
const PLACEHOLDER_LENGTH_MAX = 200
const PROPERTIES_SHOWN_MAX = 20
/** Of the note that says how much is missing. Characters. */
const CUT_NOTE_LENGTH_MAX = 40
/** Longest string kept whole. Characters. */
export const TEXT_KEPT_MAX = 8_192

/** What may still be copied. Characters and entries, roughly bytes. */
export interface CopyBudget {
  left: number
}

/**
 * A copy of any value that is sure to be sendable and not large: what cannot be sent, or is too much, is replaced by a
 * string that shows what it was. Errors come back as they are: the codec bounds those itself.
 */
export function boundedCopy(value: unknown, budget: CopyBudget): unknown {
  return copy(value, budget, [])
}

/** The beginning of a string, saying how much is missing. What was cut before is not cut again, from thread to thread. */
export function cutText(text: string, lengthMax: number): string {
  if (text.length <= lengthMax + CUT_NOTE_LENGTH_MAX) return text
  return `${text.slice(0, lengthMax)}… (${text.length - lengthMax} more characters)`
}

/** One line that shows an unsendable value. Never throws. */
export function placeholder(value: unknown): string {
  try {
    const shown = inspect(value, {
      depth: isSmall(value) ? 0 : -1,
      breakLength: Infinity,
      maxArrayLength: 10,
      maxStringLength: 100,
    })
    const [line] = shown.split('\n', 1) as [string] // of an error its stack is shown too
    return cutText(line, PLACEHOLDER_LENGTH_MAX)
  } catch {
    return '[unreadable]'
  }
}

function isSmall(value: unknown): boolean {
  try {
    return typeof value !== 'object' || value === null || Object.keys(value).length <= PROPERTIES_SHOWN_MAX
  } catch {
    return false // a proxy
  }
}

function copy(value: unknown, budget: CopyBudget, parents: readonly object[]): unknown {
  budget.left -= 8
  switch (typeof value) {
    case 'function':
    case 'symbol':
      return placeholder(value)
    case 'bigint':
      return BigInt.asIntN(1_024, value) === value ? value : placeholder(value)
    case 'string':
      budget.left -= Math.min(value.length, TEXT_KEPT_MAX)
      return cutText(value, budget.left < 0 ? PLACEHOLDER_LENGTH_MAX : TEXT_KEPT_MAX)
    case 'object':
      return value === null ? null : copyObject(value, budget, parents)
    default:
      return value
  }
}

function copyObject(value: object, budget: CopyBudget, parents: readonly object[]): unknown {
  if (parents.includes(value)) return '[circular]'
  const inside = [...parents, value]
  try {
    if (types.isNativeError(value) || value instanceof Error) return value
    if (budget.left < 0 || parents.length >= DEPTH_MAX) return placeholder(value)
    if (Array.isArray(value)) return copyArray(value, budget, inside)
    const prototype = Object.getPrototypeOf(value)
    if (prototype === Object.prototype || prototype === null) return copyPlain(value, budget, inside)
    if (prototype === Date.prototype) return new Date((value as Date).getTime())
    if (prototype === Map.prototype) return copyMap(value as Map<unknown, unknown>, budget, inside)
    if (prototype === Set.prototype) return new Set(copyArray([...(value as Set<unknown>)], budget, inside))
    if (isSmallBinary(value, budget)) return value
  } catch {
    // A getter, a proxy or a fake: shown below.
  }
  return placeholder(value)
}

function copyArray(array: readonly unknown[], budget: CopyBudget, parents: readonly object[]): unknown[] {
  return Array.from({ length: Math.min(array.length, ENTRIES_MAX) }, (_, i) => copy(array[i], budget, parents))
}

function copyPlain(value: object, budget: CopyBudget, parents: readonly object[]): object {
  const entries: [string, unknown][] = []
  for (const key of Object.keys(value).slice(0, ENTRIES_MAX)) {
    budget.left -= key.length
    let property: unknown
    try {
      property = Reflect.get(value, key)
    } catch (error) {
      property = `[threw ${placeholder(error)}]`
    }
    entries.push([cutText(key, PLACEHOLDER_LENGTH_MAX), copy(property, budget, parents)])
  }
  // fromEntries defines properties: a key `__proto__` stays a key.
  return Object.fromEntries(entries)
}

function copyMap(map: ReadonlyMap<unknown, unknown>, budget: CopyBudget, parents: readonly object[]): unknown {
  const pairs = [...map].slice(0, ENTRIES_MAX)
  return new Map(pairs.map(([key, value]) => [copy(key, budget, parents), copy(value, budget, parents)]))
}

function isSmallBinary(value: object, budget: CopyBudget): boolean {
  if (!ArrayBuffer.isView(value) || value.byteLength > BYTES_KEPT_MAX) return false
  // Only the runtime's classes and Buffer: an instance of a class of one's own could not be sent.
  const owner = value.constructor
  if (Reflect.get(globalThis, owner.name) !== owner) return false
  budget.left -= value.byteLength
  return true
}
