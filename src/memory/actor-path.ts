import type { SystemMemory } from './system-memory.ts'

/** Deeper trees show `…` for what is above. */
const DEPTH_MAX = 64

/**
 * The path of an actor as all threads can read it: names from the root down, `$` and the slot in base 36 for an actor
 * without one. While actors come and go it may be that of a neighbour in time.
 */
export function actorPath(memory: SystemMemory, slot: number): string {
  const { directory } = memory
  const steps: string[] = []
  let at = slot
  while (directory.parentSlot(at) >= 0 && steps.length < DEPTH_MAX) {
    steps.push(stepOf(memory, at))
    at = directory.parentSlot(at)
  }
  if (steps.length === DEPTH_MAX) steps.push('…')
  return `/${steps.reverse().join('/')}`
}

/** The last step of an actor's path. */
export function stepOf(memory: SystemMemory, slot: number): string {
  const { low, high } = memory.directory.nameHash(slot)
  return low === 0 && high === 0 ? `$${slot.toString(36)}` : memory.names.read(slot)
}

/** Name of a handler by its number, as far as shared memory says; undefined for -1 or an unknown definition. */
export function handlerName(memory: SystemMemory, slot: number, handler: number): string | undefined {
  if (handler < 0) return undefined
  return memory.definitions.read(memory.directory.definition(slot))?.handlerNames[handler]
}
