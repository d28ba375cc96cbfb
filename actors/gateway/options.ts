import { UsageError } from 'troupe'

export interface GatewayOptions {
  /** Simulated devices. Count, 1 to 10,000. @default 100 */
  readonly devices: number
  /** Worker threads. Count, 0 (everything on the main thread) to 32. @default 2 */
  readonly threads: number
  /** Packets a second that each device sends when `pace` is `steady`. 0.1 to 100,000. @default 200 */
  readonly rate: number
  /** `steady`: `rate` decides. `recorded`: every read at its recorded time. @default 'steady' */
  readonly pace: 'steady' | 'recorded'
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
  devices: 100,
  threads: 2,
  rate: 200,
  pace: 'steady',
  kill: 'all',
  killEverySeconds: 3,
  seed: undefined,
  seconds: undefined,
  json: false,
  help: false,
})

export const usageText = `Runs a gateway and a fleet of simulated devices over TCP on the loopback interface, and kills parts of it.

npm start -- [options]

  --devices N        simulated devices                                   1 to 10000       default 100
  --threads N        worker threads                                      0 to 32          default 2
  --rate N           packets a second that each device sends             0.1 to 100000    default 200
  --pace recorded    send at the recorded times, not at a rate
  --kill WHAT        none, actor, thread or all                                           default all
  --kill-every N     seconds between two kills                           0.1 to 3600      default 3
  --seed N           decides what is killed                              0 to 4294967295  default random
  --seconds N        end by itself after so long                         1 to 31536000    default until Ctrl-C
  --json             print one JSON object of totals at the end, and nothing else
  --help             print this

Exit code 0: every message is accounted for and every byte stream was verified. 1: not so. 2: wrong options.`

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
  rate: { min: 0.1, max: 100_000, isWhole: false, unit: 'packets a second' },
  killEverySeconds: { min: 0.1, max: 3_600, isWhole: false, unit: 'seconds' },
  seed: { min: 0, max: 0xffff_ffff, isWhole: true, unit: '' },
  seconds: { min: 1, max: 31_536_000, isWhole: false, unit: 'seconds' },
} as const satisfies Partial<Record<keyof GatewayOptions, NumberRange>>

const valueFlags: Readonly<Record<string, Parse>> = {
  '--devices': number('devices'),
  '--threads': number('threads'),
  '--rate': number('rate'),
  '--pace': (value, flag) => ({ pace: choice(value, flag, ['steady', 'recorded']) }),
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
