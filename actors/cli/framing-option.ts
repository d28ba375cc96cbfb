import { UsageError } from 'troupe'
import type { FramingSpec } from '../connection/framing-spec.ts'
import { LIMIT_BYTES_MAX, MESSAGE_BYTES_MAX } from '../connection/message-limit.ts'

/** How to cut a stream, as a plain value. `none`: the whole stream is one message. */
export type FramingChoice = FramingSpec | { readonly kind: 'none'; readonly messageBytesMax: number }

type Choose = (limit: number | undefined) => FramingChoice

const lengthPrefix = (prefix: 'u32le' | 'u32be' | 'u16le' | 'u16be'): Choose => {
  return (limit) => ({ kind: 'length-prefix', prefix, ...messageLimit(limit) })
}
const messageLimit = (limit: number | undefined) => (limit === undefined ? {} : { messageBytesMax: limit })
const payloadLimit = (limit: number | undefined) => (limit === undefined ? {} : { payloadBytesMax: limit })

const choices: Readonly<Record<string, Choose>> = Object.freeze({
  u32le: lengthPrefix('u32le'),
  u32be: lengthPrefix('u32be'),
  u16le: lengthPrefix('u16le'),
  u16be: lengthPrefix('u16be'),
  varint: (limit) => ({ kind: 'varint', ...messageLimit(limit) }),
  tlv: (limit) => ({ kind: 'tlv', ...payloadLimit(limit) }),
  packet: (limit) => ({ kind: 'packet', ...payloadLimit(limit) }),
  line: (limit) => ({ kind: 'line', ...messageLimit(limit) }),
  none: (limit) => ({ kind: 'none', messageBytesMax: limit ?? MESSAGE_BYTES_MAX }),
})

/** What `--framing` takes. */
export const framingNames: readonly string[] = Object.freeze(Object.keys(choices))

/** Throws `UsageError` (`invalid-option`) naming option, value and what it may be. */
export function parseFramingOption(name: string, messageBytesMax?: number): FramingChoice {
  if (Object.hasOwn(choices, name)) return choices[name]!(messageBytesMax)
  throw new UsageError('invalid-option', `--framing must be one of ${framingNames.join(', ')}, got '${name}'`)
}

/** A number of bytes: `65536`, `64KiB`, `16MiB`. Throws as `parseFramingOption`. */
export function parseMaxBytesOption(text: string): number {
  const [, digits, unit] = /^(\d{1,10})(KiB|MiB|GiB)?$/.exec(text) ?? []
  const bytes = digits === undefined ? Number.NaN : Number(digits) * unitBytes[unit ?? '']!
  if (bytes <= LIMIT_BYTES_MAX) return bytes
  throw new UsageError(
    'invalid-option',
    `--max-bytes must be a whole number from 0 to ${LIMIT_BYTES_MAX}, or one of KiB, MiB or GiB, got '${text}'`,
  )
}

const unitBytes: Readonly<Record<string, number>> = Object.freeze({ '': 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 })
