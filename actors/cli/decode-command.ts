import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { ProtocolError, UsageError } from 'troupe'
import { type CodecName, readerOf, schemaOption } from './codec-option.ts'
import type { FramingChoice } from './framing-option.ts'
import { HexReader } from './hex-text.ts'
import { jsonText } from './json-text.ts'
import { Printer } from './printer.ts'
import type { StandardStreams } from './program.ts'
import { type DecodedMessage, StreamDecoder } from './stream-decoder.ts'

export interface DecodeOptions {
  readonly framing: FramingChoice
  readonly codec: CodecName
  /** File that describes the deli schema. */
  readonly schema: string | undefined
  readonly input: 'binary' | 'hex'
  readonly json: boolean
}

/**
 * Prints every message of a file, or of standard input for `-`. Answers whether all was as it should be; what was not stands on
 * standard error. Throws `UsageError` for options that do not go together and files that cannot be read.
 */
export async function decodeFile(file: string, options: DecodeOptions, streams: StandardStreams): Promise<boolean> {
  const { stdin, stdout, stderr } = streams
  let isGood = true
  let lines = ''
  const onFault = (text: string) => {
    isGood = false
    stderr.write(`troupe decode: ${text}\n`)
  }
  const line = options.json ? jsonObject : columns
  const onMessage = (message: DecodedMessage) => {
    lines += `${line(message)}\n`
  }
  const decoder = new StreamDecoder(options.framing, readerOf(options.codec, schemaOption(options)), {
    onMessage,
    onFault,
  })
  const printer = new Printer(stdout)
  const source = file === '-' ? stdin : createReadStream(file)
  const bytesOf = options.input === 'hex' ? new HexInput() : new BinaryInput()
  const step = async (run: () => void) => {
    const fault = faultOf(run)
    // What was complete before a fault is printed before it.
    await printer.write(lines)
    lines = ''
    if (fault !== undefined) onFault(fault)
    return fault === undefined && !printer.isClosed
  }

  let goesOn = true
  for await (const chunk of chunksOf(source, file)) {
    goesOn = await step(() => decoder.push(bytesOf.push(chunk)))
    if (!goesOn) break
  }
  if (goesOn) await step(() => endOf(bytesOf, decoder))
  await printer.flush()
  return isGood
}

/** Index, offset, length, type if there is one, and value, with tabs between them. */
function columns({ index, offset, length, type, value }: DecodedMessage): string {
  return `${index}\t${offset}\t${length}\t${type === undefined ? '' : `${type}\t`}${jsonText(value)}`
}

function jsonObject({ index, offset, length, type, value }: DecodedMessage): string {
  const typeField = type === undefined ? '' : `"type":${type},`
  return `{"index":${index},"offset":${offset},"length":${length},${typeField}"value":${jsonText(value)}}`
}

function endOf(input: Input, decoder: StreamDecoder): void {
  input.end()
  decoder.end()
}

/** What is wrong with the data, as text. */
function faultOf(run: () => void): string | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    const isAboutData = error instanceof ProtocolError || (error instanceof UsageError && error.code === 'invalid-hex')
    if (!isAboutData) throw error
    return error.message
  }
}

interface Input {
  push(chunk: Uint8Array): Uint8Array
  end(): void
}

class BinaryInput implements Input {
  push(chunk: Uint8Array): Uint8Array {
    return chunk
  }

  end(): void {}
}

class HexInput extends HexReader implements Input {}

async function* chunksOf(source: Readable, file: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of source) yield chunk as Uint8Array
  } catch (cause) {
    throw unreadable(file === '-' ? 'standard input' : file, cause)
  }
}

function unreadable(file: string, cause: unknown): UsageError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new UsageError('file-unreadable', `cannot read ${file}: ${why}`, { cause })
}
