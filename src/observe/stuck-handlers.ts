import { DEAD_LETTERED, HANDLED } from '../kernel/directory.ts'
import type { SystemEvent } from '../kernel/system-event.ts'
import { actorPath, handlerName } from '../memory/actor-path.ts'
import type { SystemMemory } from '../memory/system-memory.ts'

type ActorStuck = Extract<SystemEvent, { readonly type: 'actor-stuck' }>

/** One message that was seen to have a thread. */
interface Sighting {
  readonly slot: number
  /** Of the actor's account and of its thread: both stand still while one handler runs. */
  readonly settled: number
  readonly progress: number
  readonly sinceMs: number
  isTold: boolean
}

/**
 * Finds handlers that keep their thread for longer than their definition allows. For a thread that is not kept by any of
 * them: it sees the same message at two looks, so what it says lies between the true time and that less one look.
 */
export class StuckHandlers {
  readonly #memory: SystemMemory
  readonly #onStuck: (event: ActorStuck) => void
  readonly #seen: (Sighting | undefined)[] = []

  constructor(memory: SystemMemory, onStuck: (event: ActorStuck) => void) {
    this.#memory = memory
    this.#onStuck = onStuck
  }

  look(nowMs: number): void {
    for (let seat = 0; seat < this.#memory.options.seatsMax; seat++) this.#lookAt(seat, nowMs)
  }

  #lookAt(seat: number, nowMs: number): void {
    const { seats, directory, definitions } = this.#memory
    const slot = seats.runningSlot(seat)
    const handlerMs = slot < 0 ? undefined : definitions.read(directory.definition(slot))?.handlerMs
    if (seats.state(seat) !== 'running' || handlerMs === undefined || handlerMs === Number.POSITIVE_INFINITY) {
      this.#seen[seat] = undefined
      return
    }
    const settled = this.#settled(slot)
    const progress = seats.progress(seat)
    const before = this.#seen[seat]
    if (before?.slot !== slot || before.settled !== settled || before.progress !== progress) {
      this.#seen[seat] = { slot, settled, progress, sinceMs: nowMs, isTold: false }
      return
    }
    const forMs = nowMs - before.sinceMs
    if (before.isTold || forMs < handlerMs) return
    before.isTold = true
    const handler = handlerName(this.#memory, slot, seats.runningHandler(seat)) ?? ''
    this.#onStuck({ type: 'actor-stuck', path: actorPath(this.#memory, slot), handler, forMs })
  }

  #settled(slot: number): number {
    const { accounts } = this.#memory.directory
    const account = this.#memory.directory.accountIndex(slot)
    return (accounts[account + HANDLED] as number) + (accounts[account + DEAD_LETTERED] as number)
  }
}
