import { UsageError } from '../base/errors.ts'
import { checkRange } from '../base/options.ts'
import { SeededRandom, systemRandom } from '../base/random.ts'
import { startOnOneThread } from '../system/one-thread.ts'
import { SystemEvents } from '../system/system-events.ts'
import { resolveSystemOptions, type SystemOptions } from '../system/system-options.ts'
import { ManualClock } from './manual-clock.ts'
import { SeededRunQueue } from './seeded-run-queue.ts'
import { SteppingExecutor } from './stepping-executor.ts'
import { TestSystem } from './test-system.ts'

type SharedOptions =
  | 'supervise'
  | 'onRootFailure'
  | 'debug'
  | 'shutdownMs'
  | 'actorsMax'
  | 'ringBytes'
  | 'arenaBytes'
  | 'deadLettersKept'
  | 'log'

/** As those of `createSystem`, but for `debug`, which is true by default, and `log`, which is 'silent'. */
export interface TestSystemOptions extends Pick<SystemOptions, SharedOptions> {
  /** Decides everything that is left to chance. 0 to 2^32 − 1. @default the environment's TROUPE_SEED, else a new one */
  readonly seed?: number
  /** How probable it is that some actor crashes before the next message is handled. 0 to 1. @default 0 */
  readonly crashRate?: number
  /** Messages within one `settle`, after which it gives up. Count, 1 to 10^9. @default 1_000_000 */
  readonly stepsMax?: number
}

const OWNER = 'createTestSystem'
const SEED_MAX = 2 ** 32 - 1

/** Starts an actor system for a test: one thread, virtual time, and an order of events that its seed decides. */
export async function createTestSystem(options: TestSystemOptions = {}): Promise<TestSystem> {
  const { seed = seedOf(process.env['TROUPE_SEED']), crashRate = 0, stepsMax = 1_000_000, ...rest } = options
  checkRange(OWNER, 'seed', seed, { min: 0, max: SEED_MAX })
  checkRange(OWNER, 'crashRate', crashRate, { min: 0, max: 1, fraction: true })
  checkRange(OWNER, 'stepsMax', stepsMax, { min: 1, max: 1e9, unit: 'messages' })
  const resolved = resolveSystemOptions({
    debug: true,
    log: 'silent',
    actorsMax: 2 ** 16,
    arenaBytes: 2 ** 20,
    ...rest,
    threads: 0,
  })
  const random = new SeededRandom(seed)
  const simulation = { clock: new ManualClock(), executor: new SteppingExecutor(), random, stepsMax }
  const events = new SystemEvents()
  const runQueue = new SeededRunQueue(random)
  const engine = await startOnOneThread(resolved, events, { ...simulation, runQueue })
  await simulation.executor.whenIdle(stepsMax)
  const system = new TestSystem(engine, resolved, events, simulation)
  system.crashRate = crashRate
  return system
}

/**
 * Runs `body` with a test system that is shut down afterwards. When it fails, the seed is printed to standard error: with
 * `TROUPE_SEED` set to it the same happens again.
 */
export async function withTestSystem<R>(
  body: (system: TestSystem) => R | Promise<R>,
  options?: TestSystemOptions,
): Promise<R> {
  const system = await createTestSystem(options)
  try {
    const result = await body(system)
    system.crashRate = 0
    await system.shutdown()
    return result
  } catch (error) {
    process.stderr.write(`seed ${system.seed}: TROUPE_SEED=${system.seed} does the same again\n`)
    system.crashRate = 0
    await system.shutdown().catch(() => {}) // what went wrong first is what counts
    throw error
  }
}

function seedOf(text: string | undefined): number {
  if (text === undefined || text === '') return Math.floor(systemRandom.next() * (SEED_MAX + 1))
  const seed = Number(text)
  if (Number.isInteger(seed) && seed >= 0 && seed <= SEED_MAX) return seed
  throw new UsageError('invalid-option', `TROUPE_SEED must be a whole number from 0 to ${SEED_MAX}, got '${text}'`)
}
