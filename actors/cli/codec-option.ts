import { readFileSync } from 'node:fs'
import { ProtocolError, UsageError } from 'troupe'
import type { Codec } from '../codec/codec.ts'
import { DeliCodec } from '../codec/deli-codec.ts'
import { JsonCodec } from '../codec/json-codec.ts'
import { MessagePackCodec } from '../codec/message-pack-codec.ts'
import { RawCodec } from '../codec/raw-codec.ts'
import { type DeliType, parseDeliSchema } from './deli-schema-file.ts'
import { jsonFaultAt, utf8FaultAt } from './text-faults.ts'

/** What `--codec` takes. */
export const codecNames = Object.freeze(['raw', 'text', 'json', 'msgpack', 'deli'] as const)
export type CodecName = (typeof codecNames)[number]

/** The value in the bytes of a message. Throws `ProtocolError` that names the offset in the message. */
export type ReadValue = (message: Uint8Array) => unknown

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Throws `UsageError` (`invalid-option`) for `deli` without a schema, and for a schema that is not used. */
export function readerOf(name: CodecName, type: DeliType | undefined): ReadValue {
  if (name === 'text') return readText
  if (name === 'raw') return (message) => message
  const codec = codecOf(name, type)
  return name === 'json' ? (message) => readJson(codec, message) : (message) => codec.decode(message)
}

/** As `readerOf`: the codec itself, both ways. */
export function codecOf(name: Exclude<CodecName, 'text'>, type: DeliType | undefined): Codec<unknown> {
  // Behind a value that was read with the wrong schema there mostly are bytes: here they are to be seen.
  if (name === 'deli' && type !== undefined) return new DeliCodec(type.schema, { trailing: 'refuse' })
  if (name === 'deli') throw new UsageError('invalid-option', '--codec deli needs --schema FILE')
  if (name === 'json') return new JsonCodec()
  return name === 'msgpack' ? new MessagePackCodec() : (new RawCodec() as Codec<unknown>)
}

/** What `--schema` names. Throws `UsageError` for a file that cannot be read, and where the codec has no use for one. */
export function schemaOption({
  codec,
  schema,
}: {
  readonly codec: CodecName
  readonly schema: string | undefined
}): DeliType | undefined {
  if (schema === undefined) return undefined
  if (codec !== 'deli') throw new UsageError('invalid-option', `--schema goes with --codec deli, got '${codec}'`)
  let text: string
  try {
    text = readFileSync(schema, 'utf8')
  } catch (cause) {
    throw new UsageError('file-unreadable', `cannot read ${schema}: ${(cause as Error).message}`, { cause })
  }
  return parseDeliSchema(text)
}

function readText(message: Uint8Array): string {
  const text = message.length <= FEW_BYTES ? (asciiText(message) ?? decoder.decode(message)) : decoder.decode(message)
  // What is no UTF-8 has become U+FFFD; so may have been what stands there.
  if (text.includes('\ufffd')) checkUtf8(message)
  return text
}

/** Up to here, single characters are faster than a call of the decoder. Bytes. */
const FEW_BYTES = 32

function asciiText(message: Uint8Array): string | undefined {
  let text = ''
  for (let index = 0; index < message.length; index++) {
    const code = message[index]!
    if (code > 0x7f) return undefined
    text += String.fromCharCode(code)
  }
  return text
}

/** The codec says what is wrong, but not always where. */
function readJson(codec: Codec<unknown>, message: Uint8Array): unknown {
  try {
    return codec.decode(message)
  } catch (cause) {
    checkUtf8(message)
    const text = decoder.decode(message)
    const fault = jsonFaultAt(text)
    if (fault === undefined) throw cause
    const offset = Buffer.byteLength(text.slice(0, fault))
    throw new ProtocolError('invalid-json', `invalid JSON at offset ${offset} of ${message.length} bytes`, { cause })
  }
}

function checkUtf8(message: Uint8Array): void {
  const offset = utf8FaultAt(message)
  if (offset === undefined) return
  throw new ProtocolError('invalid-utf8', `invalid UTF-8 at offset ${offset} of ${message.length} bytes`)
}
