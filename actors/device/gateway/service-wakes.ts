import { DueQueue } from '../../clock/due-queue.ts'
import type { ControllerLine } from './controller-line.ts'
import type { LiveCommand } from './live-command.ts'
import type { TargetLane } from './target-lane.ts'

export type Wake =
  /** The command has been in its phase for as long as it may. */
  | { readonly kind: 'phase'; readonly command: LiveCommand; readonly stamp: number }
  /** The command is as old as it may become. */
  | { readonly kind: 'expiry'; readonly command: LiveCommand }
  /** The next command of the target may begin. */
  | { readonly kind: 'lane'; readonly lane: TargetLane }
  /** The next command may go through the controller. */
  | { readonly kind: 'line'; readonly line: ControllerLine }

/** With fewer, those that have come to nothing are not looked for. Count. */
const WAKES_MIN = 1_024

/**
 * What a command service is to be woken for, and when. Most wakes come to nothing, since answers come in time: those are taken out when they may be half of
 * all, so that a command that is over is not kept until the end of the day that it might have lived.
 */
export class ServiceWakes {
  readonly #due = new DueQueue<Wake>()
  #sweepAt = WAKES_MIN

  /** When the next is due, also one that has come to nothing; `Infinity` when there is none. */
  get nextMs(): number {
    return this.#due.nextMs
  }

  get count(): number {
    return this.#due.count
  }

  /** When `command` has been in the phase that it is in until then. */
  whenOverdue(command: LiveCommand, dueMs: number): void {
    this.#add(dueMs, { kind: 'phase', command, stamp: command.stamp })
  }

  whenExpired(command: LiveCommand): void {
    this.#add(command.expiresMs, { kind: 'expiry', command })
  }

  /** When it may go on. Once, however often that is said. */
  forLane(lane: TargetLane): void {
    if (lane.isWaking) return
    lane.isWaking = true
    this.#add(lane.nextStartMs, { kind: 'lane', lane })
  }

  /** When it may send again. Once, however often that is said. */
  forLine(line: ControllerLine): void {
    if (line.isWaking) return
    line.isWaking = true
    this.#add(line.nextSendMs, { kind: 'line', line })
  }

  /** The next that is due and has not come to nothing. */
  take(nowMs: number): Wake | undefined {
    let wake = this.#due.take(nowMs)
    while (wake !== undefined && !isNeeded(wake)) wake = this.#due.take(nowMs)
    if (wake?.kind === 'lane') wake.lane.isWaking = false
    else if (wake?.kind === 'line') wake.line.isWaking = false
    return wake
  }

  #add(dueMs: number, wake: Wake): void {
    if (this.#due.count >= this.#sweepAt) {
      this.#due.retain(isNeeded)
      this.#sweepAt = Math.max(WAKES_MIN, this.#due.count * 2)
    }
    this.#due.add(dueMs, wake)
  }
}

function isNeeded(wake: Wake): boolean {
  switch (wake.kind) {
    case 'phase':
      return wake.command.stamp === wake.stamp
    case 'expiry':
      return wake.command.phase !== 'over'
    default:
      return true
  }
}
