import { UsageError } from 'troupe'
import type { Codec } from '../codec/codec.ts'
import type { DeliType } from './deli-schema-file.ts'
import { HexReader, toHex } from './hex-text.ts'
import { jsonText, printable } from './json-text.ts'
import { jsonFaultAt } from './text-faults.ts'

/** How a person writes messages and reads them: one message is one line, without its end. */
export interface MessageFormat {
  /** The bytes of the message in a line. Throws `UsageError` that names line (`lineNumber`, from 1 on) and column. */
  parse(line: string, lineNumber: number): Uint8Array
  /** A message as one line. Throws `ProtocolError` for what the codec cannot decode. */
  print(message: Uint8Array): string
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** The text of a line is the message, in UTF-8. For looking: control characters are shown escaped, invalid bytes as `\ufffd`. */
export const textFormat: MessageFormat = Object.freeze({
  parse: (line: string) => new Uint8Array(encoder.encode(line)),
  print: (message: Uint8Array) => printable(decoder.decode(message)),
})

/** Two hexadecimal digits a byte, white space wherever one likes. Exact both ways. */
export const hexFormat: MessageFormat = Object.freeze({
  parse(line: string, lineNumber: number) {
    const reader = new HexReader(lineNumber)
    // Beyond ASCII a character is several bytes: what is reported is the first of them, at the right column.
    const bytes = reader.push(encoder.encode(line))
    reader.end()
    return bytes
  },
  print: toHex,
})

/**
 * One JSON value a line, through a codec. What JSON has no form for stands as `jsonText` writes it; `fromJson` leads back where
 * a schema says what is meant.
 */
export function jsonFormat(codec: Codec<unknown>, fromJson: DeliType['fromJson'] = (json) => json): MessageFormat {
  return Object.freeze({
    parse(line: string, lineNumber: number) {
      const fault = jsonFaultAt(line)
      if (fault !== undefined) throw invalidLine(lineNumber, fault + 1, 'this is no JSON value')
      try {
        return codec.encode(fromJson(JSON.parse(line)))
      } catch (error) {
        if (!(error instanceof UsageError)) throw error
        throw invalidLine(lineNumber, undefined, error.message)
      }
    },
    print: (message: Uint8Array) => jsonText(codec.decode(message)),
  })
}

function invalidLine(line: number, column: number | undefined, text: string): UsageError {
  return new UsageError('invalid-line', `line ${line}${column === undefined ? '' : `, column ${column}`}: ${text}`)
}
