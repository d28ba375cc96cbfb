import { UsageError } from 'troupe'
import { shown } from '../connection/endpoint-fields.ts'

/** An object of options, read field by field; `owner` is what errors call it. A value given as `undefined` counts as left out. */
export class OptionFields {
  readonly #owner: string
  readonly #given: Readonly<Record<string, unknown>>
  readonly #known = new Set<string>()

  constructor(owner: string, given: unknown) {
    this.#owner = owner
    if (typeof given !== 'object' || given === null || Array.isArray(given)) {
      throw new UsageError('invalid-option', `${owner} must be an object, got ${shown(given)}`)
    }
    this.#given = given as Readonly<Record<string, unknown>>
  }

  value(name: string, fallback?: unknown): unknown {
    this.#known.add(name)
    const value = Object.hasOwn(this.#given, name) ? this.#given[name] : undefined
    return value === undefined ? fallback : value
  }

  /** @param unit what `value` counts, for the error: ' bytes', or nothing */
  wholeNumber(name: string, fallback: number, min: number, max: number, unit = ''): number {
    const value = this.value(name, fallback)
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
    throw this.refusal(name, `a whole number from ${min} to ${max}${unit}`, value)
  }

  choice<T extends string>(name: string, fallback: T, choices: readonly T[]): T {
    const value = this.value(name, fallback)
    const found = choices.find((choice) => choice === value)
    if (found === undefined) throw this.refusal(name, `one of ${choices.join(', ')}`, value)
    return found
  }

  /** Throws for what was given under a name that nobody asked for. */
  refuseOthers(): void {
    const other = Object.keys(this.#given).find((name) => !this.#known.has(name))
    if (other === undefined) return
    const known = Array.from(this.#known).sort().join(', ')
    throw new UsageError('unknown-option', `${this.#owner}: unknown option ${shown(other)}; known options: ${known}`)
  }

  /** The error to throw. `range` goes on after 'must be'. */
  refusal(name: string, range: string, value: unknown): UsageError {
    return new UsageError('invalid-option', `${this.#owner}: ${name} must be ${range}, got ${shown(value)}`)
  }
}
