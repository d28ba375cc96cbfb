import type { Command } from 'commander'
import { ProtocolError, UsageError } from 'troupe'
import { LineFraming } from '../connection/line-framing.ts'
import { CyncFraming } from '../device/cync/cync-framing.ts'
import { cyncJson } from './cync-json.ts'
import { HexReader, toHex } from './hex-text.ts'
import { printable } from './json-text.ts'
import { openLines } from './line-source.ts'
import { Printer } from './printer.ts'
import type { StandardStreams } from './program.ts'

/** `troupe cync`. */
export function addCync(program: Command, streams: StandardStreams, onEnd: (isGood: boolean) => void): void {
  program
    .command('cync')
    .summary('look at the Cync protocol')
    .description('Tools for the protocol of Cync smart-home controllers.')
    .command('decode')
    .summary('print Cync packets as JSON')
    .description('Reads hexadecimal digits, a packet a line, and prints a JSON object a line.')
    .argument('[file]', 'file to read; - is standard input', '-')
    .option('--stream', 'the lines are pieces of one byte stream, cut anywhere', false)
    .action(async (file: string, flags: { readonly stream: boolean }) => {
      onEnd(await decodeCync(file, flags, streams))
    })
}

interface CyncDecodeOptions {
  /** The lines are pieces of one stream. Otherwise each is a packet. */
  readonly stream: boolean
}

/**
 * Prints each Cync packet of a file, or of standard input for `-`, as a JSON object. Answers whether all of it could be read: a line that
 * is no hexadecimal text is named on standard error, and so is a stream that ends inside a packet. What is odd about a packet stands in
 * its object. Throws `UsageError` for a file that cannot be read.
 */
async function decodeCync(file: string, { stream }: CyncDecodeOptions, streams: StandardStreams): Promise<boolean> {
  const source = await openLines(file, streams.stdin)
  const printer = new Printer(streams.stdout)
  let isGood = true
  let output = ''
  const print = (fields: object): void => {
    output += `${printable(JSON.stringify(fields))}\n`
  }
  const onFault = (text: string): void => {
    isGood = false
    streams.stderr.write(`troupe cync decode: ${text}\n`)
  }
  const sink = stream ? new StreamSink(print) : new PacketSink(print)
  const lines = new LineFraming({ lineBytesMax: LINE_BYTES_MAX })
  let lineNumber = 0
  const onLine = (line: Uint8Array): void => {
    lineNumber++
    const bytes = bytesOf(line, lineNumber, onFault)
    if (bytes !== undefined && bytes.length > 0) sink.take(bytes)
  }
  const push = async (chunk: Uint8Array): Promise<boolean> => {
    try {
      lines.push(chunk, onLine)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      onFault(error.message)
      return false
    }
    await printer.write(output)
    output = ''
    return !printer.isClosed
  }

  let goesOn = true
  for await (const chunk of source) {
    goesOn = await push(chunk as Uint8Array)
    if (!goesOn) break
  }
  // The last line need not have an end.
  if (goesOn) goesOn = await push(Uint8Array.of(LF))
  const fault = goesOn ? sink.end() : undefined
  await printer.write(output)
  if (fault !== undefined) onFault(fault)
  await printer.flush()
  return isGood
}

const LF = 0x0a

/** What a line prints has to fit a string. Many times what the largest packet takes. Bytes. */
const LINE_BYTES_MAX = 1_048_576

/** Undefined for a line that is no hexadecimal text. */
function bytesOf(line: Uint8Array, lineNumber: number, onFault: (text: string) => void): Uint8Array | undefined {
  try {
    const reader = new HexReader(lineNumber)
    const bytes = reader.push(line)
    reader.end()
    return bytes
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    onFault(error.message)
    return undefined
  }
}

interface Sink {
  take(bytes: Uint8Array): void
  /** What is wrong with the end, as text. */
  end(): string | undefined
}

class PacketSink implements Sink {
  readonly #print: (fields: object) => void

  constructor(print: (fields: object) => void) {
    this.#print = print
  }

  take(bytes: Uint8Array): void {
    this.#print(cyncJson(bytes))
  }

  end(): undefined {}
}

/** Packets with where they begin in the stream; what is skipped between them is an object of its own. */
class StreamSink implements Sink {
  readonly #print: (fields: object) => void
  // A file may hold any amount of garbage: it costs nobody anything.
  readonly #framing = new CyncFraming({
    onSkipped: (count, position) => this.#skip(count, position),
    skippedBytesMax: Number.POSITIVE_INFINITY,
  })
  #skipped = 0
  #skippedFrom = 0
  #tail = ''

  constructor(print: (fields: object) => void) {
    this.#print = print
  }

  take(bytes: Uint8Array): void {
    this.#framing.push(bytes, (packet) => {
      this.#printSkipped()
      this.#print({ offset: this.#framing.position - packet.length, ...cyncJson(packet) })
    })
    const { heldBytes } = this.#framing
    this.#tail = heldBytes === 0 ? '' : (this.#tail + toHex(bytes)).slice(-2 * heldBytes)
  }

  end(): string | undefined {
    this.#printSkipped()
    const { heldBytes, position } = this.#framing
    if (heldBytes === 0) return undefined
    const { length } = this.#tail
    this.#print({ offset: position, incompleteBytes: length / 2, hex: this.#tail, problems: ['unexpected-end'] })
    return `the stream ends inside a packet: it begins at stream offset ${position}, and ${heldBytes} bytes of it are there`
  }

  #skip(count: number, position: number): void {
    if (this.#skipped === 0) this.#skippedFrom = position
    this.#skipped += count
  }

  #printSkipped(): void {
    if (this.#skipped === 0) return
    this.#print({ offset: this.#skippedFrom, skippedBytes: this.#skipped, problems: ['skipped-bytes'] })
    this.#skipped = 0
  }
}
