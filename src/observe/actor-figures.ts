import { ARRIVED, DEAD_LETTERED, HANDLED, LIMBO } from '../kernel/directory.ts'
import type { SystemMemory } from '../memory/system-memory.ts'

/** Messages and actors of one seat. */
export interface ActorFigures {
  arrived: number
  handled: number
  lost: number
  actors: number
  /** What waits in mailboxes, stashes and handlers. */
  queued: number
  /** The longest of its mailboxes. */
  deepest: number
}

/** Adds up the directory by seat. O(slots ever used). */
export function readActorFigures(memory: SystemMemory): readonly ActorFigures[] {
  const { directory } = memory
  const figures = Array.from({ length: memory.options.seatsMax }, (_, seat): ActorFigures => {
    const { arrived, handled, lost } = directory.settled(seat)
    return { arrived, handled, lost, actors: 0, queued: 0, deepest: 0 }
  })
  directory.forEach((slot) => {
    const figure = figures[directory.hostSeat(slot)] as ActorFigures
    const account = directory.accountIndex(slot)
    const arrived = directory.accounts[account + ARRIVED] as number
    const handled = directory.accounts[account + HANDLED] as number
    const queued = arrived - handled - (directory.accounts[account + DEAD_LETTERED] as number)
    figure.arrived += arrived
    figure.handled += handled
    if (directory.parentSlot(slot) === LIMBO || directory.state(slot) === 'stopped') return
    figure.actors++
    figure.queued += queued
    figure.deepest = Math.max(figure.deepest, queued)
  })
  return figures
}
