import type { Recording } from './recording.ts'

/** What comes between the last read of a recording and the first of its next loop. Milliseconds. */
export const LOOP_GAP_MS = 1_000

/** How many units (packets or reads) are due after `elapsedMs`, in all. Never falls. */
export type Pace = (elapsedMs: number) => number

/** A packet every 1/rate seconds, the first one after the first interval. */
export function steadyPace(packetsPerSecond: number): Pace {
  return (elapsedMs) => Math.floor((elapsedMs * packetsPerSecond) / 1_000)
}

/** The recorded reads at their recorded times, again and again, `LOOP_GAP_MS` between two loops. */
export function recordedPace(reads: Recording['reads']): Pace {
  const loopMs = reads.at(-1)!.atMs + LOOP_GAP_MS
  return (elapsedMs) => {
    const loops = Math.floor(elapsedMs / loopMs)
    return loops * reads.length + dueWithin(reads, elapsedMs - loops * loopMs)
  }
}

/** Reads with `atMs` <= `elapsedMs`, by bisection. */
function dueWithin(reads: Recording['reads'], elapsedMs: number): number {
  let low = 0
  let high = reads.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (reads[middle]!.atMs <= elapsedMs) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * Says how many units to send now. Told the time, it does not drift: a late call gets everything that came due since, up to
 * `burstMax` units; what is due beyond that is forgone for good, so that a long stall does not end in a flood.
 */
export class ReplaySchedule {
  readonly #pace: Pace
  readonly #startedMs: number
  readonly #burstMax: number
  #taken = 0
  #forgone = 0

  constructor(pace: Pace, startedMs: number, burstMax: number) {
    this.#pace = pace
    this.#startedMs = startedMs
    this.#burstMax = burstMax
  }

  /** Units that were due and will never be sent. */
  get forgone(): number {
    return this.#forgone
  }

  /** Units to send now. They count as sent. */
  take(nowMs: number): number {
    const due = this.#pace(nowMs - this.#startedMs) - this.#taken - this.#forgone
    const granted = Math.max(0, Math.min(due, this.#burstMax))
    this.#taken += granted
    this.#forgone += Math.max(0, due - granted)
    return granted
  }
}
