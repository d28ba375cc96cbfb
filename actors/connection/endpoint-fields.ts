import { UsageError } from 'troupe'

const SHOWN_MAX = 100

/** What was given for an endpoint, field by field, and what to say about a field that is wrong. */
export class EndpointFields {
  readonly #source: string
  readonly #given: Readonly<Record<string, unknown>>
  readonly #known = new Set<string>()

  /** @param source the URL that `given` was read from, or '' */
  constructor(source: string, given: unknown) {
    this.#source = source
    if (typeof given !== 'object' || given === null) {
      throw new UsageError('invalid-endpoint', `an endpoint must be a URL or an object, got ${shown(given)}`)
    }
    this.#given = given as Readonly<Record<string, unknown>>
  }

  /** A value given as `undefined` counts as left out. */
  has(name: string): boolean {
    return this.value(name) !== undefined
  }

  value(name: string): unknown {
    this.#known.add(name)
    return Object.hasOwn(this.#given, name) ? this.#given[name] : undefined
  }

  /** A string that has characters, none of them NUL, and is well-formed: it can be written as a URL. */
  text(name: string): string {
    const value = this.value(name)
    if (typeof value !== 'string' || value === '') throw this.refusal(name, 'a text that is not empty', value)
    if (/\0|\p{Surrogate}/u.test(value)) throw this.refusal(name, 'well-formed text without NUL', value)
    return value
  }

  optionalText(name: string): string | undefined {
    return this.has(name) ? this.text(name) : undefined
  }

  wholeNumber(name: string, min: number, max: number): number {
    const value = this.value(name)
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
    throw this.refusal(name, `a whole number from ${min} to ${max}`, value)
  }

  octal(name: string, max: number): number {
    const value = this.value(name)
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max) return value
    const got = typeof value === 'number' && value >= 0 ? `octal ${value.toString(8)}` : value
    throw this.refusal(name, `octal, from 0 to ${max.toString(8).padStart(4, '0')}`, got)
  }

  choice<T extends string | boolean>(name: string, choices: readonly T[]): T {
    const value = this.value(name)
    const found = choices.find((choice) => choice === value)
    if (found === undefined) throw this.refusal(name, `one of ${choices.join(', ')}`, value)
    return found
  }

  /** Throws for what was given under a name that nobody asked for. */
  refuseOthers(): void {
    const other = Object.keys(this.#given).find((name) => !this.#known.has(name))
    if (other === undefined) return
    const known = Array.from(this.#known).sort().join(', ')
    throw new UsageError('unknown-option', `${this.#where()}: unknown option ${shown(other)}; known options: ${known}`)
  }

  /** The error to throw. `range` goes on after 'must be'. */
  refusal(name: string, range: string, value: unknown): UsageError {
    return new UsageError('invalid-endpoint', `${this.#where()}: ${name} must be ${range}, got ${shown(value)}`)
  }

  #where(): string {
    return this.#source === '' ? 'endpoint' : `endpoint ${shown(this.#source)}`
  }
}

/** A value for an error message: on one line, and not too long. */
export function shown(value: unknown): string {
  if (typeof value !== 'string') return String(value)
  const text = value.length > SHOWN_MAX ? `${value.slice(0, SHOWN_MAX)}…` : value
  return `'${JSON.stringify(text).slice(1, -1)}'`
}
