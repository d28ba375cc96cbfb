import { availableParallelism } from 'node:os'
import { UsageError } from '../base/errors.ts'
import { checkChoice, checkRange, resolveOptions } from '../base/options.ts'
import { resolveSuperviseOptions, type SuperviseOptions } from '../kernel/supervision/supervise-options.ts'
import type { LogThreshold } from '../observe/log-line.ts'
import { type LogOptions, logDefaults, type ResolvedLogOptions, resolveLogOptions } from './log-options.ts'

export interface SystemOptions {
  /**
   * Worker threads beside the main one. 0: everything on the calling thread, for debuggers, unit tests and profilers.
   * Count, 0 to 60. The environment variable TROUPE_THREADS, where it is set, goes before this option.
   * @default availableParallelism() − 1, at least 1
   */
  readonly threads?: number
  /**
   * Worker threads that there can be, those of `pinned` actors included. Count, `threads` to 62. @default `threads` + 4
   */
  readonly threadsMax?: number
  /** How the root supervises top-level actors. @default one-for-one, 1 restart in 5 s */
  readonly supervise?: SuperviseOptions
  /**
   * When the root's window is exceeded: `shutdown` ends the system, `terminated` rejects; `stop-child` ends only the actor
   * that failed too often. @default 'shutdown'
   */
  readonly onRootFailure?: 'shutdown' | 'stop-child'
  /** Keep the process alive until `shutdown()`. @default true */
  readonly keepAlive?: boolean
  /** SIGINT and SIGTERM shut the system down; a second one ends the process at once. @default true */
  readonly signals?: boolean
  /** Local messages are encoded and decoded as between threads: finds programs that share what they send. @default false */
  readonly debug?: boolean
  /** Overall time for `shutdown()`. Milliseconds, 1 to 3_600_000. @default 10_000 */
  readonly shutdownMs?: number
  /** Actors that may live under the actors of one thread. Count, a power of two, 64 to 2^20. @default 2^20 */
  readonly actorsMax?: number
  /** Capacity of the ring between two threads; a message takes at most an eighth. Bytes, a power of two. @default 1 MiB */
  readonly ringBytes?: number
  /** Frames that one thread may have allocated. Bytes, a power of two, 4 KiB to 1 GiB. @default 64 MiB */
  readonly arenaBytes?: number
  /** A spare thread, started and with the modules of actors loaded, so that a lost one is replaced at once. @default true */
  readonly spare?: boolean
  /** A thread that makes no progress for that long is ended. Milliseconds, 100 to 3_600_000; Infinity: off. @default 5_000 */
  readonly watchdogMs?: number
  /** Time a thread gets to end once it is told to. Milliseconds, 10 to 60_000. @default 3_000 */
  readonly killMs?: number
  /**
   * Heap that a worker thread may fill; one that comes near it is ended and replaced, before Node ends it or the process.
   * Bytes, 16 MiB to 64 GiB; Infinity: as much as Node allows. @default Infinity
   */
  readonly heapMaxBytes?: number
  /** Dead letters kept for `recent` and `replay`. Count, 0 to 1_000_000. @default 1_000 */
  readonly deadLettersKept?: number
  /** What is logged, and where to. A level alone, or `silent`, is short for `{ level }`. @default 'warn', to standard error */
  readonly log?: LogThreshold | LogOptions
}

export type ResolvedSystemOptions = Readonly<Required<Omit<SystemOptions, 'log'>> & { log: ResolvedLogOptions }>

export const systemDefaults: ResolvedSystemOptions = Object.freeze({
  threads: Math.max(availableParallelism() - 1, 1),
  threadsMax: Number.NaN, // depends on `threads`
  heapMaxBytes: Number.POSITIVE_INFINITY,
  supervise: resolveSuperviseOptions(undefined),
  onRootFailure: 'shutdown',
  keepAlive: true,
  signals: true,
  debug: false,
  shutdownMs: 10_000,
  actorsMax: 2 ** 20,
  ringBytes: 2 ** 20,
  arenaBytes: 2 ** 26,
  spare: true,
  watchdogMs: 5_000,
  killMs: 3_000,
  deadLettersKept: 1_000,
  log: logDefaults,
})

const OWNER = 'createSystem'
/** Threads for `pinned` actors beside the workers. */
const PINNED_DEFAULT = 4
/** 64 seats, less the guardian's and main's. */
const THREADS_MAX = 62

export function resolveSystemOptions(given: SystemOptions | undefined): ResolvedSystemOptions {
  const resolved = resolveOptions<Required<SystemOptions>>(given, systemDefaults, OWNER)
  const options = { ...resolved, threads: threadsOf(resolved.threads), log: resolveLogOptions(resolved.log, OWNER) }
  checkRange(OWNER, 'threads', options.threads, { min: 0, max: 60, unit: 'threads' })
  const threadsMax = given?.threadsMax ?? Math.min(options.threads + PINNED_DEFAULT, THREADS_MAX)
  checkRange(OWNER, 'threadsMax', threadsMax, { min: options.threads, max: THREADS_MAX, unit: 'threads' })
  if (options.heapMaxBytes !== Number.POSITIVE_INFINITY) {
    checkRange(OWNER, 'heapMaxBytes', options.heapMaxBytes, { min: 2 ** 24, max: 2 ** 36, unit: 'bytes' })
  }
  checkChoice(OWNER, 'onRootFailure', options.onRootFailure, ['shutdown', 'stop-child'])
  checkRange(OWNER, 'shutdownMs', options.shutdownMs, { min: 1, max: 3_600_000, unit: 'ms' })
  checkRange(OWNER, 'actorsMax', options.actorsMax, { min: 64, max: 2 ** 20, unit: 'actors' })
  checkRange(OWNER, 'ringBytes', options.ringBytes, { min: 1_024, max: 2 ** 28, unit: 'bytes' })
  checkRange(OWNER, 'arenaBytes', options.arenaBytes, { min: 4_096, max: 2 ** 30, unit: 'bytes' })
  checkRange(OWNER, 'killMs', options.killMs, { min: 10, max: 60_000, unit: 'ms' })
  checkRange(OWNER, 'deadLettersKept', options.deadLettersKept, { min: 0, max: 1_000_000, unit: 'letters' })
  if (options.watchdogMs !== Number.POSITIVE_INFINITY) {
    checkRange(OWNER, 'watchdogMs', options.watchdogMs, { min: 100, max: 3_600_000, unit: 'ms' })
  }
  for (const flag of ['keepAlive', 'signals', 'debug', 'spare'] as const) {
    checkChoice(OWNER, flag, options[flag], [true, false])
  }
  for (const size of ['actorsMax', 'ringBytes', 'arenaBytes'] as const) checkPowerOfTwo(size, options[size])
  return Object.freeze({ ...options, threadsMax, supervise: resolveSuperviseOptions(options.supervise) })
}

/** The environment says it over the program's head, so that a profiler which sees one thread can have all on one. */
function threadsOf(given: number): number {
  const forced = process.env['TROUPE_THREADS']
  if (forced === undefined || forced === '') return given
  if (/^\d+$/.test(forced)) return Number(forced)
  throw new UsageError('invalid-option', `TROUPE_THREADS must be a whole number from 0 to 60, got '${forced}'`)
}

function checkPowerOfTwo(option: string, value: number): void {
  if (Number.isInteger(Math.log2(value))) return
  throw new UsageError('invalid-option', `${OWNER}: ${option} must be a power of two, got ${value}`)
}
