import type { ActorInspection, System, SystemEvent, ThreadInspection } from 'troupe'
import type { GatewayView, ThreadView } from './view.ts'

/** Where the actors of a listener's connections live in the tree. */
const CONNECTION_PATH = /\/host-\d+\/connection-\d+$/

/** What shared memory shows of the system: asks no thread, so a stuck one shows like any other. */
export type Glance = Pick<
  GatewayView,
  'threads' | 'actorCount' | 'queuedCount' | 'deepest' | 'restartCount' | 'deadLetterCount'
>

export function readGlance(system: System): Glance {
  const { threads, actors, restarts, deadLetters } = system.inspect()
  // The guardian's thread runs nothing of ours.
  const shown = threads.filter((thread) => thread.name !== 'guardian')
  const deepest = actors.reduce<Queue>((most, actor) => (actor.queued > most.queued ? actor : most), nobody)
  const connections = actors.filter(({ path }) => CONNECTION_PATH.test(path))
  return {
    threads: shown.map((thread) => threadView(thread, connections)),
    actorCount: total(shown, 'actors'),
    queuedCount: total(shown, 'queued'),
    deepest: deepest.queued === 0 ? undefined : { path: deepest.path, queuedCount: deepest.queued },
    restartCount: restarts,
    deadLetterCount: deadLetters,
  }
}

interface Queue {
  readonly path: string
  readonly queued: number
}

const nobody: Queue = Object.freeze({ path: '', queued: 0 })

function threadView(thread: ThreadInspection, connections: readonly ActorInspection[]): ThreadView {
  const { name, state, actors, queued, incarnation, seat } = thread
  const connectionCount = connections.filter((connection) => connection.thread === seat).length
  return { name, state, actorCount: actors, connectionCount, queuedCount: queued, replacedCount: incarnation - 1 }
}

function total(threads: readonly ThreadInspection[], count: 'actors' | 'queued'): number {
  return threads.reduce((sum, thread) => sum + thread[count], 0)
}

/** One line for each event, such that what happens to many actors at once has one text. Threads' names are those of `readGlance`. */
export function eventText(event: SystemEvent): string {
  switch (event.type) {
    case 'restarted':
    case 'parked':
    case 'escalated':
      return `${event.type} below ${parentPath(event.path)}: ${event.reason.kind}`
    case 'actor-stuck':
      return `${event.path} stuck in ${event.handler} for ${Math.round(event.forMs)} ms`
    case 'thread-lost':
      return `${seatName(event.thread)} lost, and ${event.lost} ${event.lost === 1 ? 'message' : 'messages'} with it`
    case 'thread-started':
      return `${seatName(event.thread)} taken over in ${event.tookMs.toFixed(1)} ms`
    case 'thread-unkillable':
      return `${seatName(event.thread)} cannot be ended`
    case 'main-blocked':
      return `the main thread was busy for ${Math.round(event.forMs)} ms`
    case 'memory-high':
      return `${seatName(event.thread)} uses ${event.usedBytes} of ${event.limitBytes} bytes`
  }
}

/** The name of the thread on that seat, as `readGlance` has it. Only workers are ever lost. */
export function seatName(seat: number): string {
  return `worker-${seat}`
}

function parentPath(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/'
}
