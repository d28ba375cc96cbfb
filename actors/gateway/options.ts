import { UsageError } from 'troupe'

/** Beyond it hardly a command gets through its retries. */
export const LOSS_MAX = 0.9

export interface GatewayOptions {
  /** Simulated controllers. Count, 1 to 10,000. @default 200 */
  readonly devices: number
  /** Worker threads. Count, 0 (everything on the main thread) to 32. @default 2 */
  readonly threads: number
  /** Commands a second to all of them together. 0.1 to 10,000. @default 20 */
  readonly rate: number
  /** Share of its answers and announcements that a device loses. 0 to 0.9. @default 0.05 */
  readonly loss: number
  /** How long devices take: as measured in a quiet home, in a busy one, or no time at all. @default 'quiet' */
  readonly profile: 'quiet' | 'busy' | 'instant'
  /** What is killed: nothing, actors (a connection or a device), threads, or all of these in turn. @default 'all' */
  readonly kill: 'none' | 'actor' | 'thread' | 'all'
  /** Time between two kills. Seconds, 0.1 to 3,600. @default 3 */
  readonly killEverySeconds: number
  /** Decides what is killed and when devices connect. Whole number, 0 to 4,294,967,295. @default a random one, printed */
  readonly seed: number | undefined
  /** How long to run. Seconds, 1 to 31,536,000. @default until Ctrl-C */
  readonly seconds: number | undefined
  /** Prints nothing but one JSON object of totals, at the end. @default false */
  readonly json: boolean
  /** Prints the usage text and ends. @default false */
  readonly help: boolean
}

export const gatewayDefaults: GatewayOptions = Object.freeze({
  devices: 200,
  threads: 2,
  rate: 20,
  loss: 0.05,
  profile: 'quiet',
  kill: 'all',
  killEverySeconds: 3,
  seed: undefined,
  seconds: undefined,
  json: false,
  help: false,
})

export const usageText = `Runs a Cync gateway and a fleet of simulated controllers over TCP on the loopback interface, sends commands, and kills parts of it.

npm start -- [options]

  --devices N        simulated controllers                               1 to 10000       default 200
  --threads N        worker threads                                      0 to 32          default 2
  --rate N           commands a second, to all of them together          0.1 to 10000     default 20
  --loss N           share of answers that devices lose                  0 to 0.9         default 0.05
  --profile WHICH    quiet, busy or instant: how long devices take                        default quiet
  --kill WHAT        none, actor, thread or all                                           default all
  --kill-every N     seconds between two kills                           0.1 to 3600      default 3
  --seed N           decides what is killed                              0 to 4294967295  default random
  --seconds N        end by itself after so long                         1 to 31536000    default until Ctrl-C
  --json             print one JSON object of totals at the end, and nothing else
  --help             print this

Keys, on a terminal: g switches a group, k kills a thread, + and - change the loss, q ends.

Exit code 0: every message and every command is accounted for, and every device was online at the end. 1: not so.
2: wrong options.`

interface NumberRange {
  readonly min: number
  readonly max: number
  readonly isWhole: boolean
  readonly unit: string
}

type Parse = (value: string, flag: string) => Partial<GatewayOptions>

const numberOptions = {
  devices: { min: 1, max: 10_000, isWhole: true, unit: 'devices' },
  threads: { min: 0, max: 32, isWhole: true, unit: 'threads' },
  rate: { min: 0.1, max: 10_000, isWhole: false, unit: 'commands a second' },
  loss: { min: 0, max: LOSS_MAX, isWhole: false, unit: '' },
  killEverySeconds: { min: 0.1, max: 3_600, isWhole: false, unit: 'seconds' },
  seed: { min: 0, max: 0xffff_ffff, isWhole: true, unit: '' },
  seconds: { min: 1, max: 31_536_000, isWhole: false, unit: 'seconds' },
} as const satisfies Partial<Record<keyof GatewayOptions, NumberRange>>

const valueFlags: Readonly<Record<string, Parse>> = {
  '--devices': number('devices'),
  '--threads': number('threads'),
  '--rate': number('rate'),
  '--loss': number('loss'),
  '--profile': (value, flag) => ({ profile: choice(value, flag, ['quiet', 'busy', 'instant']) }),
  '--kill': (value, flag) => ({ kill: choice(value, flag, ['none', 'actor', 'thread', 'all']) }),
  '--kill-every': number('killEverySeconds'),
  '--seed': number('seed'),
  '--seconds': number('seconds'),
}

const switches: Readonly<Record<string, Partial<GatewayOptions>>> = {
  '--json': { json: true },
  '--help': { help: true },
}

/**
 * Reads `--name value` and `--name=value`; the last of two equal flags counts. Throws `UsageError` naming the flag, its value
 * and what it may be.
 */
export function parseGatewayOptions(args: readonly string[]): GatewayOptions {
  let given: Partial<GatewayOptions> = {}
  const rest = [...args]
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const [flag, inlineValue] = splitFlag(arg)
    const switched = switches[flag]
    const parse = valueFlags[flag]
    if (switched !== undefined && inlineValue === undefined) given = { ...given, ...switched }
    else if (parse !== undefined) given = { ...given, ...parse(requiredValue(flag, inlineValue ?? rest.shift()), flag) }
    else throw unknownOption(arg)
  }
  return withoutThreads({ ...gatewayDefaults, ...given }, given.kill)
}

/** Without worker threads there is none to kill: the default gives way, an explicit wish is refused. */
function withoutThreads(options: GatewayOptions, kill: GatewayOptions['kill'] | undefined): GatewayOptions {
  if (options.threads > 0) return options
  if (kill === undefined) return { ...options, kill: 'actor' }
  if (kill === 'none' || kill === 'actor') return options
  throw new UsageError('invalid-option', `--kill must be one of none, actor with --threads 0, got '${kill}'`)
}

function splitFlag(arg: string): [flag: string, value: string | undefined] {
  const at = arg.indexOf('=')
  return at < 0 ? [arg, undefined] : [arg.slice(0, at), arg.slice(at + 1)]
}

function requiredValue(flag: string, value: string | undefined): string {
  if (value === undefined)
    throw new UsageError('invalid-option', `${flag} needs a value; npm start -- --help lists them`)
  return value
}

function number(key: keyof typeof numberOptions): Parse {
  const { min, max, isWhole, unit } = numberOptions[key]
  return (text, flag) => {
    const value = text.trim() === '' ? Number.NaN : Number(text)
    if (value >= min && value <= max && (!isWhole || Number.isInteger(value))) return { [key]: value }
    const range = `${isWhole ? 'a whole number' : 'a number'} from ${min} to ${max}${unit === '' ? '' : ` ${unit}`}`
    throw new UsageError('invalid-option', `${flag} must be ${range}, got '${text}'`)
  }
}

function choice<T extends string>(value: string, flag: string, choices: readonly T[]): T {
  const chosen = choices.find((candidate) => candidate === value)
  if (chosen !== undefined) return chosen
  throw new UsageError('invalid-option', `${flag} must be one of ${choices.join(', ')}, got '${value}'`)
}

function unknownOption(arg: string): UsageError {
  const known = [...Object.keys(valueFlags), ...Object.keys(switches)]
  return new UsageError('unknown-option', `unknown option '${arg}'; known options: ${known.join(', ')}`)
}
