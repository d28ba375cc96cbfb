import type { Readable, Writable } from 'node:stream'
import { Command, CommanderError, Option } from 'commander'
import { UsageError } from 'troupe'
import { type CodecName, codecNames } from './codec-option.ts'
import { addCync } from './cync-command.ts'
import { decodeFile } from './decode-command.ts'
import { addFleet } from './fleet-command.ts'
import { type FramingChoice, framingNames, parseFramingOption, parseMaxBytesOption } from './framing-option.ts'
import { addGateway } from './gateway-command.ts'
import { addReplay } from './replay-command.ts'
import { listenCommand, receiveCommand, type StreamOptions, sendCommand } from './stream-commands.ts'

export interface StandardStreams {
  readonly stdin: Readable
  readonly stdout: Writable
  readonly stderr: Writable
}

const EXIT_BAD_DATA = 1
const EXIT_USAGE = 2

/**
 * Runs the program `troupe` with these arguments; answers its exit code. 0: all was right. 1: the data were not. 2: it was called
 * wrongly. An error that is none of these is thrown.
 */
export async function runProgram(args: readonly string[], streams: StandardStreams, version: string): Promise<number> {
  let exitCode = 0
  const program = makeProgram(streams, version, (isGood) => {
    exitCode = isGood ? 0 : EXIT_BAD_DATA
  })
  try {
    await program.parseAsync([...args], { from: 'user' })
    return exitCode
  } catch (error) {
    // Help and version are "errors" with exit code 0; what commander has to say, it has said.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE
    if (!(error instanceof UsageError)) throw error
    streams.stderr.write(`${error.name}: ${error.message}\n`)
    return EXIT_USAGE
  }
}

function makeProgram(streams: StandardStreams, version: string, onEnd: (isGood: boolean) => void): Command {
  const program = new Command('troupe')
    .description('Try and debug streams of messages without code.')
    .version(version, '--version', 'print the version')
    .helpOption('--help', 'print this')
    .helpCommand('help [command]', 'print the help of a command')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void streams.stdout.write(text),
      writeErr: (text) => void streams.stderr.write(text),
    })
    .addHelpText('after', '\nExit code 0: all was right. 1: the data were not. 2: the program was called wrongly.')
  addDecode(program, streams, onEnd)
  addListen(program, streams, onEnd)
  addSend(program, streams, onEnd)
  addReceive(program, streams, onEnd)
  addCync(program, streams, onEnd)
  addReplay(program, streams, onEnd)
  addGateway(program, streams, onEnd)
  addFleet(program, streams, onEnd)
  return program
}

/** As commander makes it of the options. */
interface DecodeFlags {
  readonly framing: string
  readonly maxBytes?: string
  readonly codec: CodecName
  readonly schema?: string
  readonly input: 'binary' | 'hex'
  readonly json: boolean
}

function addDecode(program: Command, streams: StandardStreams, onEnd: (isGood: boolean) => void): void {
  const command = program
    .command('decode')
    .summary('print the messages of a byte stream')
    .description(
      'Cuts a byte stream into messages and prints one line for each: index, offset in the stream, length and value.',
    )
    .argument('[file]', 'file to read; - is standard input', '-')
  addMessageOptions(command, 'raw')
    .addOption(new Option('--input <form>', 'how the bytes come').choices(['binary', 'hex']).default('binary'))
    .option('--json', 'print one JSON object a line', false)
    .action(async (file: string, flags: DecodeFlags) => {
      onEnd(await decodeFile(file, { ...flags, schema: flags.schema, framing: framingOf(flags) }, streams))
    })
}

/** As commander makes it of the options that `listen`, `send` and `receive` share, and of their own. */
interface StreamFlags {
  readonly framing: string
  readonly maxBytes?: string
  readonly codec: CodecName
  readonly schema?: string
  readonly type?: string
  readonly json: boolean
  readonly showPeer?: boolean
  readonly count?: number
  readonly quiet: boolean
  readonly reconnect?: boolean
  readonly echo?: boolean
  readonly send?: string
  readonly file?: string
  readonly repeat?: number
  readonly rate?: number
}

function addListen(program: Command, streams: StandardStreams, onEnd: (isGood: boolean) => void): void {
  const command = program
    .command('listen')
    .summary('accept connections, print what they send')
    .description(
      'Listens on tcp://host:port, tls://host:port?certFile=…&keyFile=… or unix:///path; prints each message.',
    )
    .argument('<endpoint>', 'where to listen; port 0 is any that is free')
  addStreamOptions(command)
    .option('--show-peer', 'print number and address of the connection in front of each message', false)
    .option('--echo', 'answer each message with itself', false)
    .option('--send <file>', 'send each line of a file to everybody; - is standard input')
    .action(async (endpoint: string, flags: StreamFlags) => {
      const { echo = false, send } = flags
      onEnd(await listenCommand(endpoint, { ...streamOptions(flags), echo, send }, streams))
    })
}

function addSend(program: Command, streams: StandardStreams, onEnd: (isGood: boolean) => void): void {
  const command = program
    .command('send')
    .summary('connect and send lines')
    .description('Connects and sends each line of standard input, of a file, or one message. Prints what comes back.')
    .argument('<endpoint>', 'whom to connect to')
    .argument('[message]', 'the only message, instead of lines')
  addStreamOptions(command)
    .option('--file <file>', 'file of lines to send; - is standard input', '-')
    .option('--repeat <n>', 'send each message n times', count('--repeat'), 1)
    .option('--rate <n>', 'messages a second (default: as many as are taken)', count('--rate'))
    .option('--reconnect', 'connect again when the connection ends, breaks or cannot be made', false)
    .action(async (endpoint: string, message: string | undefined, flags: StreamFlags) => {
      const { file = '-', repeat = 1, rate = Number.POSITIVE_INFINITY } = flags
      onEnd(await sendCommand(endpoint, { ...streamOptions(flags), file, message, repeat, rate }, streams))
    })
}

function addReceive(program: Command, streams: StandardStreams, onEnd: (isGood: boolean) => void): void {
  const command = program
    .command('receive')
    .summary('connect and print what comes')
    .description('Connects and prints each message until the peer ends.')
    .argument('<endpoint>', 'whom to connect to')
  addStreamOptions(command)
    .option('--reconnect', 'connect again when the connection ends, breaks or cannot be made', false)
    .action(async (endpoint: string, flags: StreamFlags) => {
      onEnd(await receiveCommand(endpoint, streamOptions(flags), streams))
    })
}

function streamOptions(flags: StreamFlags): StreamOptions {
  const { codec, schema, type, json, quiet, showPeer = false, reconnect = false } = flags
  const { count = Number.POSITIVE_INFINITY } = flags
  return { framing: framingOf(flags), codec, schema, type, json, quiet, showPeer, reconnect, count }
}

function framingOf({ framing, maxBytes }: { readonly framing: string; readonly maxBytes?: string }): FramingChoice {
  return parseFramingOption(framing, maxBytes === undefined ? undefined : parseMaxBytesOption(maxBytes))
}

const COUNT_MAX = 1_000_000_000

/** A whole number from 1 on. */
function count(option: string): (text: string) => number {
  return (text) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
    if (value >= 1 && value <= COUNT_MAX) return value
    throw new UsageError('invalid-option', `${option} must be a whole number from 1 to ${COUNT_MAX}, got '${text}'`)
  }
}

/** What the commands with connections take. Lines of text are what a person types. */
function addStreamOptions(command: Command): Command {
  return addMessageOptions(command, 'text')
    .option('--type <n>', 'type of the frames that are sent, for --framing tlv and packet (default: 0)')
    .option('--count <n>', 'end after so many messages have come', count('--count'))
    .option('--json', 'print one JSON object a line, counts too', false)
    .option('--quiet', 'no counts', false)
}

/** What every command takes that has to do with messages. */
function addMessageOptions(command: Command, codec: CodecName): Command {
  return command
    .addOption(new Option('--framing <name>', 'where one message ends').choices(framingNames).default('u32le'))
    .option('--max-bytes <n>', 'largest message; KiB, MiB and GiB may follow (default: what the framing has)')
    .addOption(new Option('--codec <name>', 'what a message means').choices(codecNames).default(codec))
    .option('--schema <file>', 'JSON file that describes the type of the messages, for --codec deli')
}
