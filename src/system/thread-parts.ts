import { systemClock } from '../base/clock.ts'
import { systemRandom } from '../base/random.ts'
import type { ActorRef } from '../kernel/actor-ref.ts'
import type { ComputePool } from '../kernel/compute-pool.ts'
import type { SystemEvent } from '../kernel/system-event.ts'
import type { SystemMemory } from '../memory/system-memory.ts'
import { RingLog } from '../observe/ring-log.ts'
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
  name: string,
  ports: {
    readonly compute: ComputePool
    readonly onEvent: (event: SystemEvent) => void
    readonly onOther: (from: number, signal: OtherSignal) => void
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
    loadModule: (url) => import(url),
    ...ports,
  })
  return { host, post }
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
