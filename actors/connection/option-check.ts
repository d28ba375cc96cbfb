import { UsageError } from 'troupe'

/** What a number may be. Inclusive; `isWhole` where fractions make no sense. */
export interface NumberRange {
  readonly min: number
  readonly max: number
  readonly unit: string
  readonly isWhole?: boolean
}

type Rule = NumberRange | readonly unknown[] | ((value: unknown, name: string) => void)

/** What each option of `O` may be: a range, a list of choices, or a check of its own that throws. */
export type OptionRules<O> = {
  readonly [K in keyof Required<O>]: Rule
}

/**
 * Options with their defaults, frozen. Throws `UsageError` for a name that nobody knows (`unknown-option`) and a value that is out
 * of its range (`invalid-option`), naming both. `undefined` counts as left out.
 */
export function checkedOptions<O extends object>(
  owner: string,
  given: O,
  defaults: Required<O>,
  rules: OptionRules<O>,
): Readonly<Required<O>> {
  if (typeof given !== 'object' || given === null) {
    throw new UsageError('invalid-option', `${owner}: options must be an object, got ${String(given)}`)
  }
  const resolved: Record<string, unknown> = { ...defaults }
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(rules, name)) {
      const known = Object.keys(rules).sort().join(', ')
      throw new UsageError('unknown-option', `${owner}: unknown option '${name}'; known options: ${known}`)
    }
    if (value !== undefined) resolved[name] = value
  }
  for (const [name, rule] of Object.entries<Rule>(rules)) checkValue(`${owner}: ${name}`, resolved[name], rule)
  return Object.freeze(resolved) as Readonly<Required<O>>
}

function checkValue(name: string, value: unknown, rule: Rule): void {
  if (typeof rule === 'function') return rule(value, name)
  if (isChoices(rule)) {
    if (!rule.includes(value)) throw refusal(name, `one of ${rule.join(', ')}`, value)
    return
  }
  const isNumber = typeof value === 'number' && value >= rule.min && value <= rule.max
  if (isNumber && (rule.isWhole !== true || Number.isInteger(value) || value === Number.POSITIVE_INFINITY)) return
  const kind = rule.isWhole === true ? 'a whole number' : 'a number'
  const unit = rule.unit === '' ? '' : ` ${rule.unit}`
  throw refusal(name, `${kind} from ${rule.min} to ${rule.max}${unit}`, value)
}

function isChoices(rule: NumberRange | readonly unknown[]): rule is readonly unknown[] {
  return Array.isArray(rule)
}

function refusal(name: string, range: string, value: unknown): UsageError {
  return new UsageError('invalid-option', `${name} must be ${range}, got ${String(value)}`)
}
