import type { CommandOrder } from './command-order.ts'
import type { CommandResult } from './command-result.ts'
import type { ControllerLine } from './controller-line.ts'

/** What the service does, carried out by whoever owns it. */
export interface ServiceOutput {
  /** Sends an attempt through a controller. Answers false where its connection took it not. */
  send(line: ControllerLine, inner: number, code: number, data: Uint8Array): boolean
  /** The first attempt at it has gone out. */
  started(order: CommandOrder): void
  /** A controller or the mesh has it. Once for each command, and not for each. */
  taken(order: CommandOrder): void
  /** Asks for the states of the devices of a home. */
  refresh(home: string): void
  finished(order: CommandOrder, result: CommandResult): void
}

/** What is counted by device; all of it may happen often. */
export interface ServiceMeter {
  /** @param tookMs from the attempt to its first answer */
  answered(line: ControllerLine, isTaken: boolean, tookMs: number): void
  timedOut(line: ControllerLine): void
  /** @param retry 1 for the first */
  retried(line: ControllerLine, retry: number): void
}

/** Times of retries. */
export interface RetryDelays {
  delayMs(retries: number): number
}

/** Counts. */
export interface ServiceTotals {
  given: number
  /** Attempts that were not the first of their command. */
  retransmits: number
  attempts: number
  ackTimeouts: number
  resultTimeouts: number
  /** Answers to attempts of commands that had ended. */
  lateAnswers: number
  readonly ended: Record<CommandResult['state'], number>
}

export function newServiceTotals(): ServiceTotals {
  return {
    given: 0,
    retransmits: 0,
    attempts: 0,
    ackTimeouts: 0,
    resultTimeouts: 0,
    lateAnswers: 0,
    ended: { done: 0, rejected: 0, abandoned: 0, cancelled: 0, superseded: 0 },
  }
}
