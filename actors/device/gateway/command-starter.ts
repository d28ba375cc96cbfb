import type { HomeRegistry } from './home-registry.ts'
import type { LiveCommand } from './live-command.ts'
import type { ServiceWakes } from './service-wakes.ts'
import type { TargetLane } from './target-lane.ts'

/** Starts commands when it is their turn at their targets, and forgets targets that nothing is to be remembered of. */
export class CommandStarter {
  readonly #coalesceMs: number
  readonly #homes: HomeRegistry
  readonly #wakes: ServiceWakes
  readonly #start: (command: LiveCommand, nowMs: number) => void
  /** Targets whose next command may start. */
  readonly #ready: TargetLane[] = []
  #isStarting = false
  #isStopped = false

  /** @param coalesceMs least time between two commands to one target */
  constructor(
    coalesceMs: number,
    homes: HomeRegistry,
    wakes: ServiceWakes,
    start: (command: LiveCommand, nowMs: number) => void,
  ) {
    this.#coalesceMs = coalesceMs
    this.#homes = homes
    this.#wakes = wakes
    this.#start = start
  }

  /** Starts what may start. Where one that ends at once lets another start, they do so one after the other, and not one inside the other. */
  advance(lane: TargetLane, nowMs: number): void {
    this.#ready.push(lane)
    if (this.#isStarting) return
    this.#isStarting = true
    for (let ready = this.#ready.pop(); ready !== undefined; ready = this.#ready.pop()) this.#startNext(ready, nowMs)
    this.#isStarting = false
  }

  /** The time of a target has come, or one of its commands has ended: it goes on, or is forgotten. */
  goOn(lane: TargetLane, nowMs: number): void {
    this.advance(lane, nowMs)
    if (lane.commands.length > 0) return
    if (nowMs < lane.nextStartMs) this.#wakes.forLane(lane)
    else this.#homes.dropLane(lane)
  }

  /** Starts nothing any more. */
  stop(): void {
    this.#isStopped = true
  }

  #startNext(lane: TargetLane, nowMs: number): void {
    if (this.#isStopped) return
    for (let command = lane.next(); command !== undefined; command = lane.next()) {
      if (nowMs < lane.nextStartMs) return this.#wakes.forLane(lane)
      if (command.order.aspects !== 0) lane.nextStartMs = nowMs + this.#coalesceMs
      this.#start(command, nowMs)
    }
  }
}
