import { ProtocolError } from 'troupe'
import { invalidValue } from '../codec/misfit.ts'
import { ShortTexts } from '../codec/short-texts.ts'

/** Longest name of a topic, inclusive. Bytes of UTF-8. */
export const TOPIC_BYTES_MAX = 1_024

/** Longest name that is looked up instead of being decoded anew with every message. Bytes. */
const KEPT_BYTES_MAX = 64

const encoder = new TextEncoder()
/** Strict, and a byte order mark is a character like any other. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const keptNames = new ShortTexts()

/** The UTF-8 of a topic's name. Throws `UsageError` (`invalid-value`) for what is no name: 1 to 1,024 bytes of well-formed text. */
export function encodeTopic(name: string): Uint8Array {
  topicBytes(name)
  return encoder.encode(name)
}

/** How many bytes of UTF-8 a topic's name has. Throws as `encodeTopic` does. */
export function topicBytes(name: string): number {
  if (typeof name !== 'string') throw invalidValue(`broker: topic must be a string, got ${typeof name}`)
  const length = Buffer.byteLength(name)
  if (length < 1 || length > TOPIC_BYTES_MAX) {
    throw invalidValue(`broker: topic must have 1 to ${TOPIC_BYTES_MAX} bytes, got ${length}`)
  }
  if (!name.isWellFormed()) throw invalidValue('broker: topic must be text without lone surrogates')
  return length
}

/** The name in `length` bytes at `at`. Throws `ProtocolError` (`invalid-utf8`). */
export function decodeTopic(bytes: Uint8Array, at: number, length: number): string {
  return length > KEPT_BYTES_MAX ? decodeName(bytes, at, length) : keptNames.read(bytes, at, length, decodeName)
}

function decodeName(bytes: Uint8Array, at: number, length: number): string {
  return decodeText(bytes, at, length, 'topic')
}

/** The text in `length` bytes at `at`. Throws `ProtocolError` (`invalid-utf8`), which calls it `what`. */
export function decodeText(bytes: Uint8Array, at: number, length: number, what: string): string {
  try {
    return decoder.decode(bytes.subarray(at, at + length))
  } catch (cause) {
    throw new ProtocolError('invalid-utf8', `invalid UTF-8 in ${what}: ${length} bytes at offset ${at}`, { cause })
  }
}
