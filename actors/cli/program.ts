import type { Readable, Writable } from 'node:stream'
import { Command, CommanderError, Option } from 'commander'
import { UsageError } from 'troupe'
import { type CodecName, codecNames } from './codec-option.ts'
import { decodeFile } from './decode-command.ts'
import { framingNames, parseFramingOption, parseMaxBytesOption } from './framing-option.ts'

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
  addMessageOptions(command)
    .addOption(new Option('--input <form>', 'how the bytes come').choices(['binary', 'hex']).default('binary'))
    .option('--json', 'print one JSON object a line', false)
    .action(async (file: string, { framing, maxBytes, ...flags }: DecodeFlags) => {
      const choice = parseFramingOption(framing, maxBytes === undefined ? undefined : parseMaxBytesOption(maxBytes))
      const { schema, ...others } = flags
      onEnd(await decodeFile(file, { ...others, schema, framing: choice }, streams))
    })
}

/** What every command takes that has to do with messages. */
function addMessageOptions(command: Command): Command {
  return command
    .addOption(new Option('--framing <name>', 'where one message ends').choices(framingNames).default('u32le'))
    .option('--max-bytes <n>', 'largest message; KiB, MiB and GiB may follow (default: what the framing has)')
    .addOption(new Option('--codec <name>', 'what a message means').choices(codecNames).default('raw'))
    .option('--schema <file>', 'JSON file that describes the type of the messages, for --codec deli')
}
