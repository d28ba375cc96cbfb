import { types } from 'node:util'
import { describeThrown } from '../base/describe-thrown.ts'
import { TroupeError, UsageError } from '../base/errors.ts'
import type { ForeignValues } from './foreign-values.ts'

export type RefusalReason = 'not-sendable' | 'too-deep' | 'changed'

/** Thrown inside the codec for a value that cannot travel; the codec turns it into a `UsageError` with the value's path. */
export class Refusal extends Error {
  readonly value: unknown
  readonly reason: RefusalReason

  constructor(value: unknown, reason: RefusalReason = 'not-sendable') {
    super(reason)
    this.value = value
    this.reason = reason
  }
}

/** Deeper than a message may be nested. Levels. */
const DEPTH_MAX = 1_000
const STEPS_SHOWN_MAX = 12
const KEY_SHOWN_MAX = 40

/**
 * What to throw instead of `thrown`, which stopped the encoding of `roots`: names the path of the culprit. Walks the
 * message a second time, which only a refused message has to pay for.
 */
export function refusalError(thrown: unknown, roots: ReadonlyMap<string, unknown>, foreign: ForeignValues): unknown {
  // From a foreign value's adapter: it knows better.
  if (thrown instanceof TroupeError) return thrown
  const search = new PathSearch(thrown instanceof Refusal ? thrown.value : PathSearch.throwing, foreign)
  let path = 'the message'
  for (const [name, root] of roots) {
    const found = search.find(root, 0)
    if (found === undefined) continue
    path = showPath(name, found)
    break
  }
  if (!(thrown instanceof Refusal)) {
    return new UsageError('not-sendable', `${path}: reading it threw: ${describeThrown(thrown)}`, { cause: thrown })
  }
  if (thrown.reason === 'too-deep') return new UsageError('too-deep', `${path}: nested deeper than a message may be`)
  if (thrown.reason === 'changed') return new UsageError('not-sendable', `${path}: changed while it was being sent`)
  return new UsageError('not-sendable', `${path}: ${describe(thrown.value)}`)
}

/** Depth first, in the order in which the writer goes. Answers the steps to the culprit, last one first. */
class PathSearch {
  static readonly throwing = Symbol('a property that throws')
  readonly #culprit: unknown
  readonly #isThrower: boolean
  readonly #foreign: ForeignValues
  readonly #visited = new Set<object>()

  constructor(culprit: unknown, foreign: ForeignValues) {
    this.#culprit = culprit
    this.#isThrower = culprit === PathSearch.throwing
    this.#foreign = foreign
  }

  find(value: unknown, depth: number): string[] | undefined {
    if (value === this.#culprit) return []
    if (typeof value !== 'object' || value === null || depth > DEPTH_MAX || this.#visited.has(value)) return undefined
    this.#visited.add(value)
    try {
      return this.#findInside(value, depth + 1)
    } catch {
      // A revoked proxy, or a class's iterator of its own.
      return this.#isThrower ? [] : undefined
    }
  }

  #findInside(value: object, depth: number): string[] | undefined {
    if (value instanceof Error || ArrayBuffer.isView(value) || this.#foreign.isForeign(value)) return undefined
    if (types.isMap(value)) return this.#findInMap(value, depth)
    if (types.isSet(value)) return this.#findInSet(value, depth)
    if (this.#isThrower && isFake(value)) return []
    for (const key of Object.keys(value)) {
      const step = Array.isArray(value) ? `[${key}]` : showKey(key)
      let property: unknown
      try {
        property = Reflect.get(value, key)
      } catch {
        return this.#isThrower ? [step] : undefined
      }
      const found = this.find(property, depth)
      if (found !== undefined) return append(found, step)
    }
    return undefined
  }

  #findInMap(map: ReadonlyMap<unknown, unknown>, depth: number): string[] | undefined {
    for (const [key, value] of map) {
      const inKey = this.find(key, depth)
      if (inKey !== undefined) return append(inKey, '.keys()')
      const inValue = this.find(value, depth)
      if (inValue !== undefined) return append(inValue, `.get(${showMapKey(key)})`)
    }
    return undefined
  }

  #findInSet(set: ReadonlySet<unknown>, depth: number): string[] | undefined {
    for (const value of set) {
      const found = this.find(value, depth)
      if (found !== undefined) return append(found, '.values()')
    }
    return undefined
  }
}

/** Looks like one of the runtime's classes by its prototype only, so that its methods throw. */
function isFake(value: object): boolean {
  if (Array.isArray(value) || types.isDate(value) || types.isRegExp(value) || types.isAnyArrayBuffer(value))
    return false
  const prototype = Object.getPrototypeOf(value)
  return prototype !== null && prototype !== Object.prototype
}

function append(steps: string[], step: string): string[] {
  steps.push(step)
  return steps
}

function showPath(root: string, stepsFromEnd: readonly string[]): string {
  const steps = stepsFromEnd.toReversed()
  if (root === '' && steps[0]?.startsWith('.') === true) steps[0] = steps[0].slice(1)
  if (steps.length <= STEPS_SHOWN_MAX) return root + steps.join('')
  const half = STEPS_SHOWN_MAX / 2
  return `${root}${steps.slice(0, half).join('')} … ${steps.slice(-half).join('')} (${steps.length} steps)`
}

function showKey(key: string): string {
  if (/^[A-Za-z_$][\w$]*$/.test(key) && key.length <= KEY_SHOWN_MAX) return `.${key}`
  return `[${JSON.stringify(key.length > KEY_SHOWN_MAX ? `${key.slice(0, KEY_SHOWN_MAX)}…` : key)}]`
}

function showMapKey(key: unknown): string {
  return typeof key === 'object' && key !== null ? '…' : showKey(String(key)).replace(/^\.|^\[|\]$/g, '')
}

function describe(value: unknown): string {
  if (typeof value === 'function') return 'a function cannot be sent'
  if (typeof value === 'symbol') return 'a symbol cannot be sent'
  if (types.isSharedArrayBuffer(value)) return 'a SharedArrayBuffer cannot be sent: messages are values, copied'
  if (types.isPromise(value)) return 'a promise cannot be sent: await it first'
  const name = classNameOf(value)
  if (name === undefined) return 'an object with a prototype of its own cannot be sent: send plain data'
  return `an instance of ${name} cannot be sent: its methods would not arrive; send plain data`
}

function classNameOf(value: unknown): string | undefined {
  try {
    const name: unknown = Reflect.get(value as object, 'constructor')?.name
    return typeof name === 'string' && name !== '' && name !== 'Object' ? name : undefined
  } catch {
    return undefined
  }
}
