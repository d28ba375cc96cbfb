import { performance } from 'node:perf_hooks'
import { type TroupeError, UnreachableError } from 'troupe'
import type { Link } from '../connection/link.ts'
import type { ReadValue } from './codec-option.ts'
import { ConsoleFraming } from './console-framing.ts'
import type { FramingChoice } from './framing-option.ts'
import { jsonText } from './json-text.ts'
import type { MessageFormat } from './message-format.ts'
import { Printer } from './printer.ts'
import type { StandardStreams } from './program.ts'
import { RateMeter, type RateSample, rateJson, rateLine } from './rate-line.ts'
import { StatusLine } from './status-line.ts'
import { type DecodedMessage, StreamDecoder } from './stream-decoder.ts'

export interface SessionOptions {
  /** For errors: `troupe send`. */
  readonly command: string
  readonly framing: FramingChoice
  readonly format: MessageFormat
  /** For `json`. */
  readonly readValue: ReadValue
  readonly json: boolean
  readonly showPeer: boolean
  readonly echo: boolean
  /** The session ends after so many messages have come. */
  readonly count: number
  /** No status, no totals. */
  readonly quiet: boolean
  /** Peers that have ended their side may still be sent to. */
  readonly isSending: boolean
  /** A connection that breaks is made again. */
  readonly reconnect: boolean
  /** The end of the only connection is that of the session. */
  readonly endsWithPeer: boolean
}

/** One connection of the session. */
export interface Peer {
  readonly number: number
  readonly link: Link
  readonly decoder: StreamDecoder
  /** Messages to echo that one read has brought and the queue has had no room for. */
  readonly unsent: Uint8Array[]
  hasEnded: boolean
}

/** What one run of `listen`, `send` or `receive` does with its connections: prints, counts, answers, and knows when it is over. */
export class ConsoleSession {
  /** Resolves when there is nothing more to be done; see `stop`. */
  readonly over: Promise<void>
  isOver = false
  isGood = true
  /** By a person, or because all that was wanted is there. */
  wasStopped = false
  readonly #options: SessionOptions
  readonly #streams: StandardStreams
  readonly #printer: Printer
  readonly #peers = new Set<Peer>()
  readonly #received = new RateMeter(performance.now())
  readonly #sent = new RateMeter(performance.now())
  readonly #status: StatusLine | undefined
  #resolveOver = (): void => {}
  /** Waits for a peer, or the end. */
  #onChange: (() => void)[] = []
  #isSending: boolean
  /** All was sent that was to be. */
  #isDone = false
  #lastNumber = 0
  #left: number
  #lines = ''

  constructor(options: SessionOptions, streams: StandardStreams) {
    this.#options = options
    this.#streams = streams
    this.#printer = new Printer(streams.stdout)
    this.#isSending = options.isSending
    this.#left = options.count
    this.over = new Promise((resolve) => {
      this.#resolveOver = resolve
    })
    const isTerminal = (streams.stderr as { isTTY?: boolean }).isTTY === true
    const isShown = !options.quiet && (isTerminal || options.json)
    if (isShown) this.#status = new StatusLine(streams.stderr, isTerminal && !options.json, () => this.#rates('sample'))
  }

  newFraming(): ConsoleFraming {
    return new ConsoleFraming(this.#options.framing)
  }

  opened(link: Link): Peer {
    const { framing, json, format, readValue } = this.#options
    const read: ReadValue = json ? readValue : (message) => format.print(message)
    const decoder = new StreamDecoder(framing, read, {
      onFrame: (frame) => this.#echo(peer, frame),
      onMessage: (message) => this.#print(peer, message),
      onFault: (text) => this.fault(text),
    })
    const peer: Peer = { number: ++this.#lastNumber, link, decoder, unsent: [], hasEnded: false }
    this.#peers.add(peer)
    if (this.isOver) link.end()
    this.#changed()
    return peer
  }

  /** Resolves when all of it is printed and answered: until then the peer waits. */
  async received(peer: Peer, chunk: Uint8Array): Promise<void> {
    let broken: unknown
    try {
      peer.decoder.push(chunk)
    } catch (error) {
      broken = error
    }
    await this.#passOn(peer)
    if (broken === undefined) return
    this.fault((broken as Error).message)
    peer.link.destroy()
  }

  /** The peer sends no more. */
  async ended(peer: Peer): Promise<void> {
    try {
      peer.decoder.end()
    } catch (error) {
      this.fault((error as Error).message)
    }
    await this.#passOn(peer)
    peer.hasEnded = true
    if (!this.#isSending) peer.link.end()
  }

  /** Throws where the connection is to come back. */
  closed(peer: Peer, error: TroupeError | undefined): void {
    this.#peers.delete(peer)
    const { endsWithPeer, reconnect } = this.#options
    if (error !== undefined && !reconnect && !this.isOver) {
      if (endsWithPeer) this.fault(error.message)
      else this.note(error.message)
    }
    const comesBack = reconnect && !this.isOver && !this.#isDone
    if (endsWithPeer && !comesBack) this.stop()
    this.#changed()
    // Its supervisor starts the connection again.
    if (comesBack) throw error ?? new UnreachableError('connection-closed', `${peer.link.remote} ended the connection`)
  }

  /** Sends to all who are there; waits for the first to come, and for those whose queue is full. Answers false when it is over. */
  async send(message: Uint8Array): Promise<boolean> {
    for (let isSent = false; !isSent; ) {
      if (this.isOver) return false
      if (this.#peers.size === 0) await this.#change()
      for (const peer of [...this.#peers]) isSent = (await this.#sendTo(peer, message)) || isSent
    }
    return true
  }

  /** As `send`, for the one who is there and has room. Answers false where it needs `send`. */
  trySend(message: Uint8Array): boolean {
    if (this.isOver || this.#peers.size !== 1) return false
    for (const { link } of this.#peers) if (link.send(message) !== 'accepted') return false
    this.#sent.count(message.length)
    return true
  }

  /** Everything is with the operating system, or its connection is gone. */
  async flushed(): Promise<void> {
    await Promise.all([...this.#peers].map(({ link }) => link.flushed()))
  }

  /** There is nothing more to send: who has ended is let go. */
  endSending(): void {
    this.#isSending = false
    this.#isDone = true
    const { endsWithPeer } = this.#options
    for (const { link, hasEnded } of this.#peers) if (hasEnded || endsWithPeer) link.end()
  }

  /** Upon a signal. */
  interrupt(): void {
    this.wasStopped = true
    this.stop()
  }

  /** What is still to be sent is, then the connections end. */
  stop(): void {
    if (this.isOver) return
    this.isOver = true
    for (const { link } of this.#peers) link.end()
    this.#changed()
    this.#resolveOver()
  }

  /** Something is wrong: it decides the exit code. */
  fault(text: string): void {
    this.isGood = false
    this.note(text)
  }

  note(text: string): void {
    this.#status?.hide()
    this.#streams.stderr.write(`${this.#options.command}: ${text}\n`)
  }

  /** Prints what is left, and the totals. */
  async close(): Promise<void> {
    this.#status?.end()
    await this.#printer.flush()
    const hasTotals = this.isGood || this.#lastNumber > 0
    if (hasTotals && !this.#options.quiet) this.#streams.stderr.write(`${this.#rates('total')}\n`)
  }

  async #sendTo(peer: Peer, message: Uint8Array): Promise<boolean> {
    for (;;) {
      const result = peer.link.send(message)
      if (result === 'accepted') {
        this.#sent.count(message.length)
        return true
      }
      if (result === 'closed') {
        this.#peers.delete(peer) // its end is told in a moment
        return false
      }
      await peer.link.ready()
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => void this.#onChange.push(resolve))
  }

  #changed(): void {
    for (const resolve of this.#onChange.splice(0)) resolve()
  }

  #echo({ link, unsent }: Peer, frame: Uint8Array): void {
    if (!this.#options.echo || this.#left === 0) return
    if (unsent.length > 0 || link.send(frame) === 'queue-full') unsent.push(new Uint8Array(frame))
    else this.#sent.count(frame.length)
  }

  #print(peer: Peer, { index, offset, length, type, value }: DecodedMessage): void {
    if (this.#left === 0) return
    this.#left--
    this.#received.count(length)
    const { json, showPeer } = this.#options
    const { number, link } = peer
    if (json) {
      const about = `"connection":${number},"peer":${JSON.stringify(link.remote)},"index":${index},"offset":${offset}`
      const typeField = type === undefined ? '' : `"type":${type},`
      this.#lines += `{${about},"length":${length},${typeField}"value":${jsonText(value)}}\n`
      return
    }
    const who = showPeer ? `${number}\t${link.remote}\t` : ''
    this.#lines += `${who}${type === undefined ? '' : `${type}\t`}${value as string}\n`
  }

  async #passOn({ link, unsent }: Peer): Promise<void> {
    const lines = this.#lines
    this.#lines = ''
    if (lines !== '') this.#status?.hide()
    await this.#printer.write(lines)
    for (const message of unsent.splice(0)) {
      while (link.send(message) === 'queue-full') await link.ready()
      this.#sent.count(message.length)
    }
    if (this.#left === 0 || this.#printer.isClosed) this.interrupt()
  }

  #rates(which: 'sample' | 'total'): string {
    const { json } = this.#options
    const nowMs = performance.now()
    const received = this.#received[which](nowMs)
    const sent = this.#sent[which](nowMs)
    const connections = this.#peers.size
    if (!json) return [...part('received', received), ...part('sent', sent)].join('   ') || 'no messages'
    return `{"${which}":{"connections":${connections},"received":${rateJson(received)},"sent":${rateJson(sent)}}}`
  }
}

function part(name: string, sample: RateSample): string[] {
  return sample.messages === 0 ? [] : [`${name} ${rateLine(sample)}`]
}

/** The sessions of this thread, by number. */
class ConsoleSessions {
  readonly #sessions: ConsoleSession[] = []

  add(session: ConsoleSession): number {
    return this.#sessions.push(session) - 1
  }

  at(number: number): ConsoleSession {
    return this.#sessions[number]!
  }
}

export const consoleSessions = new ConsoleSessions()
