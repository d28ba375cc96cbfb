import { UsageError } from '../base/errors.ts'
import { checkChoice, resolveOptions } from '../base/options.ts'
import type { LogDestination } from '../observe/log-collector.ts'
import { LEVEL_NUMBERS, type LogThreshold } from '../observe/log-line.ts'

export interface LogOptions {
  /** Least level that is logged; `silent` logs nothing. @default 'warn' */
  readonly level?: LogThreshold
  /**
   * Where JSON lines go: the path of a file, a file descriptor, or a stream as pino takes it. Written by the thread that
   * created the system; a path or descriptor synchronously. @default 2, standard error
   */
  readonly destination?: LogDestination
}

export type ResolvedLogOptions = Readonly<Required<LogOptions>>

export const logDefaults: ResolvedLogOptions = Object.freeze({ level: 'warn', destination: 2 })

/** A level alone stands for all defaults with that level. */
export function resolveLogOptions(given: LogThreshold | LogOptions, owner: string): ResolvedLogOptions {
  const options = resolveOptions<ResolvedLogOptions>(
    typeof given === 'string' ? { level: given } : given,
    logDefaults,
    `${owner}: log`,
  )
  checkChoice(owner, 'log', options.level, Object.keys(LEVEL_NUMBERS))
  if (isDestination(options.destination)) return options
  throw new UsageError(
    'invalid-option',
    `${owner}: log.destination must be a path, a file descriptor or a stream, got ${String(options.destination)}`,
  )
}

/** Without the stream, which stays on its thread. */
export function forOtherThreads({ level }: ResolvedLogOptions): ResolvedLogOptions {
  return { level, destination: logDefaults.destination }
}

function isDestination(value: unknown): value is LogDestination {
  if (typeof value === 'number') return Number.isInteger(value) && value >= 0
  if (typeof value === 'string') return value !== ''
  return typeof value === 'object' && value !== null && typeof (value as { write?: unknown }).write === 'function'
}
