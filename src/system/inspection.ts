import { deadLetterReasons } from '../kernel/dead-letters.ts'
import { ARRIVED, DEAD_LETTERED, HANDLED } from '../kernel/directory.ts'
import type { SystemMemory } from '../memory/system-memory.ts'
import { GUARDIAN_SEAT, MAIN_SEAT } from './seats.ts'

/** One actor, as shared memory shows it. */
export interface ActorInspection {
  readonly path: string
  readonly state: string
  /** Seat of its thread. */
  readonly thread: number
  /** Messages that arrived and are neither handled nor dead-lettered. */
  readonly queued: number
  readonly handled: number
  readonly restarts: number
}

export interface ThreadInspection {
  readonly seat: number
  readonly name: string
  readonly state: string
  readonly incarnation: number
  readonly actors: number
  readonly queued: number
  /** The slot of the actor that runs right now, or -1. */
  readonly runningSlot: number
  readonly isParked: boolean
}

export interface SystemInspection {
  readonly threads: readonly ThreadInspection[]
  readonly actors: readonly ActorInspection[]
  /** Of actors, since the system was created, those that ended since included. */
  readonly restarts: number
  /** Messages for which there is a reason why they were not handled, since the system was created. */
  readonly deadLetters: number
}

/** Reads threads and actors out of shared memory; asks nobody, so a stuck thread shows like any other. */
export function inspect(memory: SystemMemory): SystemInspection {
  const { directory, seats } = memory
  const actors: ActorInspection[] = []
  const queuedBySeat = new Map<number, number>()
  const actorsBySeat = new Map<number, number>()
  directory.forEach((slot) => {
    if (directory.parentSlot(slot) === -2 || directory.state(slot) === 'stopped') return
    const index = directory.accountIndex(slot)
    const handled = directory.accounts[index + HANDLED] as number
    const queued =
      (directory.accounts[index + ARRIVED] as number) - handled - (directory.accounts[index + DEAD_LETTERED] as number)
    const thread = directory.hostSeat(slot)
    queuedBySeat.set(thread, (queuedBySeat.get(thread) ?? 0) + queued)
    actorsBySeat.set(thread, (actorsBySeat.get(thread) ?? 0) + 1)
    const restarts = directory.restarts(slot)
    actors.push({ path: pathOf(memory, slot), state: directory.state(slot), thread, queued, handled, restarts })
  })
  const threads: ThreadInspection[] = []
  for (let seat = 0; seat < memory.options.seatsMax; seat++) {
    if (seats.state(seat) === 'free') continue
    threads.push({
      seat,
      name: threadName(seat),
      state: seats.state(seat),
      incarnation: seats.incarnation(seat),
      actors: actorsBySeat.get(seat) ?? 0,
      queued: queuedBySeat.get(seat) ?? 0,
      runningSlot: seats.runningSlot(seat),
      isParked: seats.isParked(seat),
    })
  }
  return { threads, actors, ...readTotals(memory) }
}

function readTotals(memory: SystemMemory): Pick<SystemInspection, 'restarts' | 'deadLetters'> {
  let restarts = 0
  let deadLetters = 0
  for (let seat = 0; seat < memory.options.seatsMax; seat++) {
    const counters = memory.counters(seat)
    restarts += counters.get('restarts')
    for (const reason of deadLetterReasons) deadLetters += counters.get(`dead-letters-${reason}`)
  }
  return { restarts, deadLetters }
}

export function threadName(seat: number): string {
  if (seat === GUARDIAN_SEAT) return 'guardian'
  return seat === MAIN_SEAT ? 'main' : `worker-${seat}`
}

function pathOf(memory: SystemMemory, slot: number): string {
  return memory.directory.parentSlot(slot) === -1 ? '/' : `#${slot}`
}
