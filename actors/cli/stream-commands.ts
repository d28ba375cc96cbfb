import { performance } from 'node:perf_hooks'
import { createSystem, type System, TroupeError, UsageError } from 'troupe'
import { type Endpoint, formatEndpoint, resolveEndpoint } from '../connection/endpoint.ts'
import { dial, listen } from '../connection/listen.ts'
import { type CodecName, codecOf, readerOf, schemaOption } from './codec-option.ts'
import { ConsoleConnection } from './console-connection.actor.ts'
import { parseTypeOption, withHeader } from './console-framing.ts'
import { ConsoleSession, consoleSessions } from './console-session.ts'
import type { FramingChoice } from './framing-option.ts'
import { type MessageOfLine, MessagePump, messageOfLine, openLines, pumpLines } from './line-source.ts'
import { hexFormat, jsonFormat, type MessageFormat, textFormat } from './message-format.ts'
import type { StandardStreams } from './program.ts'

/** What `listen`, `send` and `receive` have in common. */
export interface StreamOptions {
  readonly framing: FramingChoice
  readonly codec: CodecName
  /** File that describes the deli schema. */
  readonly schema: string | undefined
  /** As given: of the frames that are sent. */
  readonly type: string | undefined
  readonly json: boolean
  readonly showPeer: boolean
  readonly count: number
  readonly quiet: boolean
  readonly reconnect: boolean
}

export interface ListenCommandOptions extends StreamOptions {
  readonly echo: boolean
  /** File of lines to send to everybody; `-` for standard input. */
  readonly send: string | undefined
}

export interface SendCommandOptions extends StreamOptions {
  readonly file: string
  /** The only message, instead of a file. */
  readonly message: string | undefined
  readonly repeat: number
  readonly rate: number
}

/** Time for connections to send what they have and to be ended by their peers. Milliseconds. */
const END_MS = 5_000

/** All three answer whether all went well. They throw `UsageError` for options that cannot be. */
export async function listenCommand(
  url: string,
  options: ListenCommandOptions,
  streams: StandardStreams,
): Promise<boolean> {
  const { send, json } = options
  const isSending = send !== undefined
  const run = await StreamRun.start('troupe listen', url, options, streams, { isSending, endsWithPeer: false })
  const { session, system } = run
  return run.toTheEnd(async () => {
    const listening = { spread: 'one-thread', spawn: { placement: 'here' } } as const
    const listener = listen(system, ConsoleConnection, run.endpoint, [run.number], listening)
    await listener.ready()
    const where = await listener.ask.endpoint()
    streams.stderr.write(json ? `${JSON.stringify({ listening: where })}\n` : `listening on ${where}\n`)
    await Promise.race([session.over, send === undefined ? session.over : run.pump(send, 1, Number.POSITIVE_INFINITY)])
    await session.over
    await listener.with({ deadlineMs: 2 * END_MS }).ask.close(END_MS)
  })
}

export async function receiveCommand(url: string, options: StreamOptions, streams: StandardStreams): Promise<boolean> {
  const run = await StreamRun.start('troupe receive', url, options, streams, { isSending: false, endsWithPeer: true })
  return run.toTheEnd(async () => {
    const closed = await run.connect(options.reconnect)
    await run.session.over
    await closed()
  })
}

export async function sendCommand(
  url: string,
  options: SendCommandOptions,
  streams: StandardStreams,
): Promise<boolean> {
  const run = await StreamRun.start('troupe send', url, options, streams, { isSending: true, endsWithPeer: true })
  const { file, message, repeat, rate, reconnect } = options
  return run.toTheEnd(async () => {
    const closed = await run.connect(reconnect)
    const input = message === undefined ? file : { line: message }
    const { session } = run
    let isAllSent = false
    const pumped = run.pump(input, repeat, rate).then(() => {
      isAllSent = true
    })
    await Promise.race([session.over, pumped])
    if (!isAllSent && !session.wasStopped && session.isGood) session.fault('the peer ended before all was sent')
    await session.over
    await closed()
  })
}

interface RunKind {
  readonly isSending: boolean
  readonly endsWithPeer: boolean
}

/** A session with the system that its connections live in. */
class StreamRun {
  readonly endpoint: Endpoint
  readonly session: ConsoleSession
  readonly number: number
  readonly system: System
  readonly #toMessage: MessageOfLine
  readonly #streams: StandardStreams

  static async start(
    command: string,
    url: string,
    options: StreamOptions & { readonly echo?: boolean },
    streams: StandardStreams,
    kind: RunKind,
  ): Promise<StreamRun> {
    const endpoint = resolveEndpoint(url)
    if (endpoint.protocol === 'udp') {
      throw new UsageError('invalid-endpoint', `${formatEndpoint(endpoint)}: ${command} takes tcp, tls and unix`)
    }
    const { framing, codec, type } = options
    const schema = schemaOption(options)
    const format = formatOf(codec, schema)
    const header = withHeader(framing, type === undefined ? 0 : parseTypeOption(type, framing))
    const toPayload = messageOfLine(format, codec === 'text')
    const { json, showPeer, count, quiet, reconnect, echo = false } = options
    const shared = { json, showPeer, count, quiet, reconnect, echo }
    const readValue = readerOf(codec, schema)
    const session = new ConsoleSession({ command, framing, format, readValue, ...shared, ...kind }, streams)
    const system = await createSystem({ threads: 0, signals: false, log: 'silent', onRootFailure: 'stop-child' })
    return new StreamRun(endpoint, session, system, (line, number) => header(toPayload(line, number)), streams)
  }

  private constructor(
    endpoint: Endpoint,
    session: ConsoleSession,
    system: System,
    toMessage: MessageOfLine,
    streams: StandardStreams,
  ) {
    this.endpoint = endpoint
    this.session = session
    this.system = system
    this.number = consoleSessions.add(session)
    this.#toMessage = toMessage
    this.#streams = streams
  }

  /** Connects; rejects when that fails, unless it is tried again. Answers how to wait for the end of the connection. */
  async connect(reconnect: boolean): Promise<() => Promise<void>> {
    const { session, system } = this
    const restart = reconnect ? 'transient' : 'temporary'
    const link = { endTimeoutMs: END_MS }
    const ref = dial(system, ConsoleConnection, this.endpoint, [this.number], { restart, link, placement: 'here' })
    if (!reconnect) await ref.ready()
    system.events.on('restarted', ({ reason }) => {
      if ('error' in reason) session.note(`${textOf(reason.error)}; trying again`)
    })
    return () => system.stop(ref)
  }

  /** Sends each line of a file, or one message; then the connection has nothing more to wait for. */
  async pump(input: string | { readonly line: string }, repeat: number, rate: number): Promise<void> {
    const { session } = this
    const pump = new MessagePump(session, { repeat, rate, nowMs: () => performance.now() })
    try {
      if (typeof input === 'string') {
        await pumpLines(await openLines(input, this.#streams.stdin), this.#toMessage, pump)
      } else await pump.push(this.#toMessage(Buffer.from(input.line), 1))
    } catch (error) {
      // Where it is over, the input was closed under it.
      if (!session.isOver) session.fault(textOf(error))
    }
    await session.flushed()
    session.endSending()
  }

  /** Runs it; what it rejects with is told. Ctrl-C ends it in order, a second one at once. */
  async toTheEnd(body: () => Promise<void>): Promise<boolean> {
    const { session, system } = this
    const interrupt = (): void => session.interrupt()
    process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
    try {
      await body()
    } catch (error) {
      session.fault(textOf(error))
    } finally {
      session.stop()
      await system.shutdown()
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
      await session.close()
      this.#streams.stdin.destroy()
    }
    return session.isGood
  }
}

function formatOf(codec: CodecName, schema: ReturnType<typeof schemaOption>): MessageFormat {
  if (codec === 'text') return textFormat
  return codec === 'raw' ? hexFormat : jsonFormat(codecOf(codec, schema), schema?.fromJson)
}

/** What went wrong at first: `ready` and restarts wrap why an actor did not start in errors of their own. */
function textOf(error: unknown): string {
  let first = error
  for (let cause = error; cause instanceof TroupeError; cause = cause.cause) first = cause
  return first instanceof Error ? first.message : String(first)
}
