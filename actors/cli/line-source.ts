import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { UsageError } from 'troupe'
import { LineFraming } from '../connection/line-framing.ts'
import { LIMIT_BYTES_MAX } from '../connection/message-limit.ts'
import type { MessageFormat } from './message-format.ts'

/** One message a line. */
export type MessageOfLine = (line: Uint8Array, lineNumber: number) => Uint8Array

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Text stays the bytes that it is; everything else is read as the format says. */
export function messageOfLine(format: MessageFormat, isText: boolean): MessageOfLine {
  if (isText) return (line) => new Uint8Array(line)
  return (line, lineNumber) => format.parse(decoder.decode(line), lineNumber)
}

export interface MessageTarget {
  /** Answers false where `send` is needed. */
  trySend(message: Uint8Array): boolean
  /** Resolves when it was taken. Answers false where nothing more is wanted. */
  send(message: Uint8Array): Promise<boolean>
}

export interface Pacing {
  /** Times that each message is sent. */
  readonly repeat: number
  /** Messages a second; Infinity for as many as are taken. */
  readonly rate: number
  nowMs(): number
}

/** Sends what comes, no faster than it is taken: meanwhile nothing more is read. */
export class MessagePump {
  readonly #target: MessageTarget
  readonly #pacing: Pacing
  readonly #startMs: number
  #sent = 0

  constructor(target: MessageTarget, pacing: Pacing) {
    this.#target = target
    this.#pacing = pacing
    this.#startMs = pacing.nowMs()
  }

  /** Without a promise, so that what one read has brought leaves in few writes. Answers false where `push` is needed. */
  pushNow(message: Uint8Array): boolean {
    const { repeat, rate } = this.#pacing
    if (repeat !== 1 || rate !== Number.POSITIVE_INFINITY || this.#sent % BURST === BURST - 1) return false
    if (!this.#target.trySend(message)) return false
    this.#sent++
    return true
  }

  /** Answers whether more is wanted. */
  async push(message: Uint8Array): Promise<boolean> {
    const { repeat, rate, nowMs } = this.#pacing
    for (let round = 0; round < repeat; round++) {
      const waitMs = this.#startMs + (this.#sent * 1_000) / rate - nowMs()
      if (waitMs >= 1) await delay(waitMs)
      if (!this.#target.trySend(message) && !(await this.#target.send(message))) return false
      this.#sent++
      // Sockets and signals get their turn, however fast the link takes what it gets.
      if (this.#sent % BURST === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    return true
  }
}

/** Messages sent before the event loop goes on. Count. */
const BURST = 1_024

/**
 * Passes on the message of each line; the last one need not have an end. Answers whether it came to the end of the input. Throws
 * `UsageError` for a line that is no message: those before it have been passed on.
 */
export async function pumpLines(source: Readable, toMessage: MessageOfLine, pump: MessagePump): Promise<boolean> {
  const lines = new LineFraming({ lineBytesMax: LIMIT_BYTES_MAX })
  let lineNumber = 0
  let messages: Uint8Array[] = []
  const onLine = (line: Uint8Array): void => void messages.push(toMessage(line, ++lineNumber))
  const cut = async (chunk: Uint8Array): Promise<boolean> => {
    let fault: unknown
    try {
      lines.push(chunk, onLine)
    } catch (error) {
      fault = error
    }
    for (const message of messages) if (!pump.pushNow(message) && !(await pump.push(message))) return false
    messages = []
    if (fault !== undefined) throw fault
    return true
  }
  for await (const chunk of source) if (!(await cut(chunk as Uint8Array))) return false
  return lines.heldBytes === 0 || cut(Uint8Array.of(LF))
}

const LF = 0x0a

/** A file, or standard input for `-`. Rejects with `UsageError` (`file-unreadable`). */
export async function openLines(file: string, stdin: Readable): Promise<Readable> {
  if (file === '-') return stdin
  const stream = createReadStream(file)
  await new Promise<void>((resolve, reject) => {
    const fail = (cause: Error): void =>
      reject(new UsageError('file-unreadable', `cannot read ${file}: ${cause.message}`, { cause }))
    stream.once('error', fail)
    stream.once('open', () => {
      stream.off('error', fail)
      resolve()
    })
  })
  return stream
}
