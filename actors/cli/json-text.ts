import { ProtocolError } from 'troupe'
import { toHex } from './hex-text.ts'

/**
 * One line of JSON for whatever a codec answers: bigints and numbers that JSON does not know (`NaN`, `Infinity`) as strings, bytes
 * as hexadecimal digits, `undefined` as null. Safe to show on a terminal.
 * Throws `ProtocolError` (`not-showable`) for what is nested thousands deep, or half a gigabyte long.
 */
export function jsonText(value: unknown): string {
  // Most messages are bytes or text: what these need not go through costs more than they do.
  if (value instanceof Uint8Array) return `"${toHex(value)}"`
  if (typeof value === 'string' && value.length < SHORT && !QUOTED.test(value)) return `"${value}"`
  try {
    return printable(JSON.stringify(value, readable) ?? 'null')
  } catch (cause) {
    // The stack of the engine, or the longest string that it can make.
    if (!(cause instanceof RangeError)) throw cause
    throw new ProtocolError('not-showable', `the value cannot be shown: ${cause.message}`, { cause })
  }
}

function readable(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (value === undefined) return null
  return value instanceof Uint8Array ? toHex(value) : value
}

/** Beyond this a text may be too long to be shown. Characters. */
const SHORT = 65_536
/** Needs to be escaped in a JSON string, or may. */
const QUOTED = /[^ !#-[\]-~]/
const PLAIN = /^[ -~]*$/

/** Control characters, other line ends, and what turns the direction of writing around. */
const HARMFUL = /[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** Text that stays on its line and does nothing to a terminal: what could is escaped as in JSON. */
export function printable(text: string): string {
  return PLAIN.test(text)
    ? text
    : text.replace(HARMFUL, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
