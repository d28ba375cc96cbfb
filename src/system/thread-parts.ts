import { systemClock } from '../base/clock.ts'
import { UsageError } from '../base/errors.ts'
import { systemRandom } from '../base/random.ts'
import '../kernel/routing/router.ts'
import '../kernel/routing/work-pool.ts'
import type { ActorRef } from '../kernel/actor-ref.ts'
import type { ComputePool } from '../kernel/compute-pool.ts'
import type { SystemEvent } from '../kernel/system-event.ts'
import type { SystemMemory } from '../memory/system-memory.ts'
import { RingLog } from '../observe/ring-log.ts'
import { StrayErrors } from '../threads/stray-errors.ts'
import { type OtherSignal, rootAddressOf, type SeatPlace, ThreadHost } from '../threads/thread-host.ts'
import { DeadLetterOffice, DeadLetterPost, type DeadLetterProtocol, OFFICE_PATH } from './dead-letter-office.ts'
import type { ResolvedSystemOptions } from './system-options.ts'
import type { SystemParts } from './system-parts.ts'

/** The root's thread has limbo, root and dead-letter office as its first three entries. */
const OFFICE_OFFSET = 1

export interface ThreadParts {
  readonly host: ThreadHost
  readonly post: DeadLetterPost
}

/** Puts one thread of a system together: the same on main, guardian and workers but for where events and CPU work go. */
export function composeThread(
  memory: SystemMemory,
  place: SeatPlace,
  options: ResolvedSystemOptions,
  ports: {
    readonly compute: ComputePool
    readonly onEvent: (event: SystemEvent) => void
    readonly onOther: (from: number, signal: OtherSignal) => void
    /** Told of each module that was loaded for an actor. */
    readonly onLoaded?: (module: string) => void
  } & SystemParts,
): ThreadParts {
  const counters = memory.counters(place.seat)
  const post = new DeadLetterPost(() => counters.add('dead-letters-unkept', 1))
  const host = new ThreadHost(memory, place, {
    clock: systemClock,
    random: systemRandom,
    isDebug: options.debug,
    logSink: new RingLog(memory.logWriter(place.seat), options.log.level),
    deadLetters: post,
    loadModule: async (url) => {
      const module = await loadActorModule(url)
      ports.onLoaded?.(url)
      return module
    },
    errorScope: new StrayErrors(),
    ...ports,
  })
  return { host, post }
}

/** Node runs TypeScript by itself from 22.18 on. */
async function loadActorModule(url: string): Promise<unknown> {
  try {
    return await import(url)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_UNKNOWN_FILE_EXTENSION') throw error
    throw new UsageError(
      'typescript-unsupported',
      `Node ${process.versions.node} cannot load ${url}: build it to JavaScript, or use Node 22.18 or later`,
      { cause: error },
    )
  }
}

/** Tells the guardian that something was sent to a seat which has no thread. */
export function needThread(host: ThreadHost, seat: number): void {
  host.route.signal(host.place.rootSeat, { kind: 'need-thread', seat } as never)
}

/** The dead-letter office, which every thread knows by its address. */
export function officeRef(host: ThreadHost): ActorRef<DeadLetterProtocol> {
  const { slot, generation } = rootAddressOf(host.memory, host.place.rootSeat)
  const { module, name } = DeadLetterOffice
  return host.kernel.remote.refTo(
    slot + OFFICE_OFFSET,
    generation,
    OFFICE_PATH,
    module,
    name,
  ) as unknown as ActorRef<DeadLetterProtocol>
}
