import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import type { Executor } from '../kernel/executor.ts'
import type { LogSink } from '../kernel/log.ts'
import type { RunQueue } from '../kernel/run-queue.ts'

/** What a test puts in the place of the real thing. With a clock and an executor of its own nothing happens by itself. */
export interface SystemParts {
  readonly clock?: Clock
  readonly random?: Random
  readonly executor?: Executor
  readonly runQueue?: RunQueue
  readonly logSink?: LogSink
}
