import { UsageError } from './errors.ts'

/** A numeric option's range. `integer` is the default; Infinity is allowed only where `max` is Infinity. */
export interface NumberRange {
  readonly min: number
  readonly max: number
  readonly unit?: string
  readonly fraction?: boolean
}

/**
 * `given` over `defaults`, as a new frozen object; `given` is never written to. A key that `defaults` lacks is a
 * `UsageError` (`unknown-option`) that names the nearest known one, and a value given as `undefined` counts as left out.
 */
export function resolveOptions<T extends object>(
  given: Partial<T> | undefined,
  defaults: T,
  owner: string,
): Readonly<T> {
  if (given === undefined) return Object.freeze({ ...defaults })
  if (typeof given !== 'object' || given === null) {
    throw new UsageError('invalid-option', `${owner}: options must be an object, got ${String(given)}`)
  }
  const resolved = { ...defaults } as Record<string, unknown>
  for (const [key, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaults, key)) throw unknownOption(key, Object.keys(defaults), owner)
    if (value !== undefined) resolved[key] = value
  }
  return Object.freeze(resolved) as Readonly<T>
}

/** Throws a `UsageError` (`invalid-option`) naming option, value and range unless `value` lies in `range`. */
export function checkRange(owner: string, option: string, value: unknown, range: NumberRange): asserts value is number {
  const isNumber = typeof value === 'number' && value >= range.min && value <= range.max
  if (isNumber && (range.fraction === true || value === Number.POSITIVE_INFINITY || Number.isInteger(value))) return
  const kind = range.fraction === true ? 'a number' : 'a whole number'
  const unit = range.unit === undefined ? '' : ` ${range.unit}`
  throw new UsageError(
    'invalid-option',
    `${owner}: ${option} must be ${kind} from ${range.min} to ${range.max}${unit}, got ${describe(value)}`,
  )
}

/** Throws a `UsageError` (`invalid-option`) unless `value` is one of `choices`. */
export function checkChoice(owner: string, option: string, value: unknown, choices: readonly unknown[]): void {
  if (choices.includes(value)) return
  throw new UsageError(
    'invalid-option',
    `${owner}: ${option} must be one of ${choices.map(describe).join(', ')}, got ${describe(value)}`,
  )
}

function unknownOption(key: string, known: readonly string[], owner: string): UsageError {
  const nearest =
    known.find((name) => name.toLowerCase() === key.toLowerCase()) ??
    known.find((name) => name.startsWith(key.slice(0, 4))) ??
    known.find((name) => letters(name) === letters(key))
  const hint = nearest === undefined ? `known options: ${known.join(', ')}` : `did you mean '${nearest}'?`
  return new UsageError('unknown-option', `${owner}: unknown option '${key}'; ${hint}`)
}

/** Equal for two names in which letters changed places. */
function letters(name: string): string {
  return Array.from(name.toLowerCase()).sort().join('')
}

function describe(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value)
}
