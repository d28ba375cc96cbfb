import { inspect } from 'node:util'
import { UsageError } from 'troupe'

/** A value that its type does not take, on its way up: whoever it passes adds its step to the path. Never leaves a codec. */
export class Misfit extends Error {
  path = ''
}

export function misfit(typeName: string, takes: string, value: unknown): Misfit {
  return new Misfit(`${typeName} takes ${takes}, got ${shown(value)}`)
}

/** The error, seen from one level further out: `within(error, '.data')`. */
export function within(error: unknown, step: string): unknown {
  if (error instanceof Misfit) error.path = step + error.path
  return error
}

/** What the caller of codec `name` sees: a misfit becomes a `UsageError` with the path, everything else stays what it is. */
export function refusal(name: string, error: unknown): unknown {
  if (!(error instanceof Misfit)) return error
  return invalidValue(`${name}: value${error.path}: ${error.message}`)
}

export function invalidValue(text: string, cause?: unknown): UsageError {
  return new UsageError('invalid-value', text, cause === undefined ? undefined : { cause })
}

/** Short, whatever it is: an error must not carry a megabyte. */
function shown(value: unknown): string {
  return inspect(value, { depth: 0, maxArrayLength: 4, maxStringLength: 40, breakLength: Number.POSITIVE_INFINITY })
}
