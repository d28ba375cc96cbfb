import { deadLetterReasons } from '../kernel/dead-letters.ts'
import { ARRIVED, DEAD_LETTERED, HANDLED, LIMBO } from '../kernel/directory.ts'
import { actorPath, handlerName, stepOf } from '../memory/actor-path.ts'
import type { SeatLoad } from '../memory/seat-table.ts'
import type { SystemMemory } from '../memory/system-memory.ts'
import { threadName } from './seats.ts'

/** One actor, as shared memory shows it. */
export interface ActorInspection {
  readonly path: string
  /** The last step of its path; `$` and more for an actor that was given none. */
  readonly name: string
  /** Name of its definition, '' while its thread has not got it. */
  readonly definition: string
  readonly state: string
  /** Seat of its thread. */
  readonly thread: number
  /** Messages that arrived and are neither handled nor dead-lettered. */
  readonly queued: number
  readonly handled: number
  readonly restarts: number
  readonly children: readonly ActorInspection[]
}

/** What a thread is doing right now. */
export interface RunningInspection {
  readonly path: string
  /** Of the message that is handled; undefined between messages, and where the definition is not known. */
  readonly handler: string | undefined
}

export interface ThreadInspection {
  readonly seat: number
  readonly name: string
  readonly state: string
  readonly incarnation: number
  readonly actors: number
  readonly queued: number
  /** The actor that has the thread, if one has. */
  readonly running: RunningInspection | undefined
  readonly isParked: boolean
  /** What it reported last, about once a second; `reportedMs` is 0 before the first time. */
  readonly load: SeatLoad
}

export interface SystemInspection {
  readonly threads: readonly ThreadInspection[]
  /** The tree of all actors. */
  readonly root: ActorInspection
  /** The same actors one by one, the root included; those whose parent is gone already are only here. */
  readonly actors: readonly ActorInspection[]
  /** Of actors, since the system was created, those that ended since included. */
  readonly restarts: number
  /** Messages for which there is a reason why they were not handled, since the system was created. */
  readonly deadLetters: number
}

type Growing = ActorInspection & { readonly children: ActorInspection[] }

/** What is shown where a system has no root any more. */
const NO_ROOT: ActorInspection = Object.freeze({
  ...{ path: '/', name: '', definition: '', state: 'stopped', thread: -1 },
  ...{ queued: 0, handled: 0, restarts: 0, children: [] },
})

/** Reads threads and actors out of shared memory; asks nobody, so a stuck thread shows like any other. */
export function inspect(memory: SystemMemory): SystemInspection {
  const { directory } = memory
  const bySlot = new Map<number, Growing>()
  directory.forEach((slot) => {
    if (directory.parentSlot(slot) === LIMBO || directory.state(slot) === 'stopped') return
    bySlot.set(slot, readActor(memory, slot))
  })
  let root = NO_ROOT
  for (const [slot, actor] of bySlot) {
    const parentSlot = directory.parentSlot(slot)
    if (parentSlot < 0) root = actor
    else bySlot.get(parentSlot)?.children.push(actor)
  }
  const actors = [...bySlot.values()]
  return { threads: readThreads(memory, actors), root, actors, ...readTotals(memory) }
}

function readActor(memory: SystemMemory, slot: number): Growing {
  const { directory } = memory
  const index = directory.accountIndex(slot)
  const handled = directory.accounts[index + HANDLED] as number
  const arrived = directory.accounts[index + ARRIVED] as number
  const isRoot = directory.parentSlot(slot) < 0
  return {
    path: actorPath(memory, slot),
    name: isRoot ? '' : stepOf(memory, slot),
    definition: memory.definitions.read(directory.definition(slot))?.name ?? '',
    state: directory.state(slot),
    thread: directory.hostSeat(slot),
    queued: arrived - handled - (directory.accounts[index + DEAD_LETTERED] as number),
    handled,
    restarts: directory.restarts(slot),
    children: [],
  }
}

function readThreads(memory: SystemMemory, actors: readonly ActorInspection[]): readonly ThreadInspection[] {
  const { seats } = memory
  const counts = Array.from({ length: memory.options.seatsMax }, () => ({ actors: 0, queued: 0 }))
  for (const actor of actors) {
    const count = counts[actor.thread]
    if (count === undefined) continue
    count.actors++
    count.queued += actor.queued
  }
  const threads: ThreadInspection[] = []
  for (const [seat, count] of counts.entries()) {
    if (seats.state(seat) === 'free') continue
    threads.push({
      ...{ seat, name: threadName(seat), state: seats.state(seat), incarnation: seats.incarnation(seat), ...count },
      ...{ running: readRunning(memory, seat), isParked: seats.isParked(seat), load: seats.load(seat) },
    })
  }
  return threads
}

function readRunning(memory: SystemMemory, seat: number): RunningInspection | undefined {
  const slot = memory.seats.runningSlot(seat)
  if (slot < 0) return undefined
  return { path: actorPath(memory, slot), handler: handlerName(memory, slot, memory.seats.runningHandler(seat)) }
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
