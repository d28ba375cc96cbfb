import { ProtocolError } from 'troupe'
import type { DeliReader } from './deli-reader.ts'
import type { DeliSchema } from './deli-schema.ts'
import { type DeliWriter, putU32 } from './deli-writer.ts'
import { misfit } from './misfit.ts'
import { SHORT_TEXT_BYTES_MAX, ShortTexts } from './short-texts.ts'

const shortTexts = new ShortTexts()
const encoder = new TextEncoder()
/** Strict, and a byte order mark is a character like any other, as for Rust. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Well-formed text: a lone surrogate has no UTF-8, so it is refused. */
export const string: DeliSchema<string> = Object.freeze({
  typeName: 'String',
  bytesMin: 4,
  isFixed: false,
  sizeOf(value: string): number {
    if (typeof value !== 'string') throw misfit('String', 'a string', value)
    return 4 + Buffer.byteLength(value)
  },
  write(value: string, writer: DeliWriter): void {
    if (typeof value !== 'string') throw misfit('String', 'a string', value)
    const lengthAt = writer.claim(4)
    if (writeShort(value, writer)) putU32(writer.bytes, lengthAt, value.length)
    else putU32(writer.bytes, lengthAt, writeLong(value, writer))
  },
  read(reader: DeliReader): string {
    const length = reader.takeU32('String')
    const at = reader.take(length, 'String')
    if (length > SHORT_TEXT_BYTES_MAX) return decoded(reader.bytes, at, length)
    return shortTexts.read(reader.bytes, at, length, decoded)
  },
})

/** Up to there a loop over ASCII is faster than a call into the runtime. Answers false, having claimed nothing, for what is long, not ASCII or has no room. */
function writeShort(value: string, writer: DeliWriter): boolean {
  const length = value.length
  if (length > SHORT_TEXT_BYTES_MAX || !writer.hasRoom(length)) return false
  const bytes = writer.bytes
  const at = writer.offset
  for (let index = 0; index < length; index++) {
    const unit = value.charCodeAt(index)
    if (unit > 0x7f) return false
    bytes[at + index] = unit
  }
  writer.claim(length)
  return true
}

/** Answers how many bytes it wrote. */
function writeLong(value: string, writer: DeliWriter): number {
  if (!value.isWellFormed()) throw misfit('String', 'text without lone surrogates', value)
  const length = Buffer.byteLength(value)
  if (length > 0xffff_ffff) throw misfit('String', 'at most 4294967295 bytes', length)
  const at = writer.claim(length)
  encoder.encodeInto(value, writer.bytes.subarray(at, at + length))
  return length
}

function decoded(bytes: Uint8Array, at: number, length: number): string {
  try {
    return decoder.decode(bytes.subarray(at, at + length))
  } catch (cause) {
    throw new ProtocolError('invalid-utf8', `invalid UTF-8 in string: ${length} bytes at offset ${at}`, { cause })
  }
}
