import { ARRIVED, DEAD_LETTERED, HANDLED } from '../kernel/directory.ts'
import type { SystemMemory } from '../memory/system-memory.ts'

/** What an actor had taken in when it was looked at: until it has settled that many, its oldest message is that old. */
interface Mark {
  readonly generation: number
  readonly arrived: number
  readonly sinceMs: number
}

/**
 * How long the oldest message of each thread has waited, from nothing but the counts in the directory: messages carry no
 * time. Each look costs O(slots ever used) and nothing where messages pass; ages are true to the time between two looks.
 */
export class MailboxAges {
  readonly #memory: SystemMemory
  #marks = new Map<number, Mark>()

  constructor(memory: SystemMemory) {
    this.#memory = memory
  }

  /** Writes the gauge `oldest-queued-ms` of every seat, of which this is the one writer. */
  look(nowMs: number): void {
    const { directory, options } = this.#memory
    const marks = new Map<number, Mark>()
    const oldestMs = new Array<number>(options.seatsMax).fill(0)
    directory.forEach((slot) => {
      const mark = this.#markOf(slot, nowMs)
      if (mark === undefined) return
      marks.set(slot, mark)
      const seat = directory.hostSeat(slot)
      oldestMs[seat] = Math.max(oldestMs[seat] as number, nowMs - mark.sinceMs)
    })
    this.#marks = marks
    for (const [seat, ageMs] of oldestMs.entries()) this.#memory.counters(seat).setGauge('oldest-queued-ms', ageMs)
  }

  /** Undefined where nothing waits. */
  #markOf(slot: number, nowMs: number): Mark | undefined {
    const { directory } = this.#memory
    const { accounts } = directory
    const account = directory.accountIndex(slot)
    const arrived = accounts[account + ARRIVED] as number
    const settled = (accounts[account + HANDLED] as number) + (accounts[account + DEAD_LETTERED] as number)
    if (settled >= arrived) return undefined
    const generation = directory.generation(slot)
    const mark = this.#marks.get(slot)
    const isPassed = mark === undefined || settled >= mark.arrived || mark.generation !== generation
    return isPassed ? { generation, arrived, sinceMs: nowMs } : mark
  }
}
