import { describeThrown } from '../base/describe-thrown.ts'
import type { LogLevel } from '../kernel/log.ts'

/** Least level that is logged; `silent` logs nothing. */
export type LogThreshold = LogLevel | 'silent'

/** As pino counts them. */
export const LEVEL_NUMBERS: Readonly<Record<LogThreshold, number>> = Object.freeze({
  debug: 20,
  info: 30,
  warn: 40,
  error: 50,
  silent: Number.POSITIVE_INFINITY,
})

/** One line on its way from the thread that logged it to the one that prints it. */
export interface LogLine {
  /** Wall-clock time. Milliseconds since the epoch. */
  readonly time: number
  /** Counts the lines of one seat, from 1, those that were dropped included: a gap says that something is missing. */
  readonly seq: number
  /** Path of the actor that logged. */
  readonly actor: string | undefined
  readonly msg: string
  readonly fields: object
}

/** What is kept of the message of a line that is too long. Characters. */
const SHORTENED_CHARACTERS = 1_000

/** The line as JSON, in at most `bytesMax` bytes: one that is longer keeps the beginning of its message. Never throws. */
export function encodeLine(line: LogLine, bytesMax: number): string {
  const text = toJson(line)
  if (text.length * 3 <= bytesMax || Buffer.byteLength(text) <= bytesMax) return text
  const msg = `${line.msg.slice(0, SHORTENED_CHARACTERS)}… (a line of ${text.length} characters)`
  return JSON.stringify({ ...line, msg, fields: {} })
}

export function decodeLine(text: string): LogLine {
  return JSON.parse(text) as LogLine
}

function toJson(line: LogLine): string {
  try {
    return JSON.stringify({ ...line, fields: plain(line.fields, []) })
  } catch (error) {
    return JSON.stringify({ ...line, fields: { unloggable: describeThrown(error) } })
  }
}

/** Values as a log shows them: errors with all they hold, cycles cut, what JSON has no word for as text. */
function plain(value: unknown, above: readonly object[]): unknown {
  if (typeof value === 'bigint' || typeof value === 'symbol') return String(value)
  if (typeof value === 'function') return `[function ${value.name}]`
  if (typeof value !== 'object' || value === null) return value
  if (above.includes(value)) return '[cycle]'
  const here = [...above, value]
  if (value instanceof Error) return plainError(value, here)
  if ('toJSON' in value && typeof value.toJSON === 'function') return plain(value.toJSON(), here)
  if (Array.isArray(value)) return value.map((item) => plain(item, here))
  if (value instanceof Map) return [...value].map((entry) => plain(entry, here))
  if (value instanceof Set) return [...value].map((item) => plain(item, here))
  if (ArrayBuffer.isView(value)) return `[${value.constructor.name}, ${value.byteLength} bytes]`
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, plain(field, here)]))
}

function plainError(error: Error, above: readonly object[]): object {
  const own = Object.entries(error).map(([key, field]) => [key, plain(field, above)])
  const cause = error.cause === undefined ? {} : { cause: plain(error.cause, above) }
  return { type: error.name, message: error.message, stack: error.stack, ...Object.fromEntries(own), ...cause }
}
