import { UsageError } from 'troupe'
import type { Framing } from '../connection/framing.ts'
import { noSuffix } from '../connection/framing.ts'
import { makeFraming } from '../connection/framing-spec.ts'
import { PACKET_HEADER_BYTES } from '../connection/packet-framing.ts'
import { encodeTlv } from '../connection/tlv-framing.ts'
import type { FramingChoice } from './framing-option.ts'

type Sending = Pick<Framing, 'prefixBytes' | 'writePrefix' | 'suffix' | 'checkMessage'>

/**
 * Frames what is sent, and passes on what comes as it was read: the command line's `StreamDecoder` cuts it, which knows the place of each
 * message in the stream, and what is no frame at all.
 */
export class ConsoleFraming implements Framing {
  /** A pause inside a message is nothing to a person: no link gives up because of it. */
  readonly heldBytes = 0
  position = 0
  readonly suffix: Uint8Array
  readonly #sending: Sending

  constructor(choice: FramingChoice) {
    this.#sending = choice.kind === 'none' ? unframed : makeFraming(choice)
    this.suffix = this.#sending.suffix
  }

  push(chunk: Uint8Array, onFrame: (frame: Uint8Array) => void): void {
    this.position += chunk.length
    onFrame(chunk)
  }

  prefixBytes(messageBytes: number): number {
    return this.#sending.prefixBytes(messageBytes)
  }

  writePrefix(target: Uint8Array, offset: number, messageBytes: number): number {
    return this.#sending.writePrefix(target, offset, messageBytes)
  }

  checkMessage(message: Uint8Array): void {
    this.#sending.checkMessage(message)
  }
}

const unframed: Sending = {
  suffix: noSuffix,
  prefixBytes: () => 0,
  writePrefix: (_target, offset) => offset,
  checkMessage: () => {},
}

const typesMax: Readonly<Record<string, number>> = Object.freeze({ tlv: 0xffff, packet: 0xff })

/** What `--type` takes: decimal, or hexadecimal behind `0x`. Throws `UsageError` naming what the framing takes. */
export function parseTypeOption(text: string, { kind }: FramingChoice): number {
  const typeMax = typesMax[kind]
  if (typeMax === undefined) throw invalid(`--type goes with --framing tlv and packet, got '${kind}'`)
  const type = /^(\d{1,5}|0x[0-9a-f]{1,4})$/i.test(text) ? Number(text) : Number.NaN
  if (type <= typeMax) return type
  throw invalid(`--type must be a whole number from 0 to ${typeMax}, got '${text}'`)
}

/** Puts the header in front that frames of this kind bring themselves. */
export function withHeader({ kind }: FramingChoice, type: number): (payload: Uint8Array) => Uint8Array {
  if (kind === 'tlv') return (payload) => encodeTlv(type, payload)
  if (kind !== 'packet') return (payload) => payload
  return (payload) => {
    const frame = new Uint8Array(PACKET_HEADER_BYTES + payload.length)
    const header = new DataView(frame.buffer)
    header.setUint8(0, type)
    header.setUint32(1, payload.length)
    frame.set(payload, PACKET_HEADER_BYTES)
    return frame
  }
}

function invalid(text: string): UsageError {
  return new UsageError('invalid-option', text)
}
