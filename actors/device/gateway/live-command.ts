import type { CommandOrder } from './command-order.ts'
import type { AttemptRecord, CommandReason, CommandResult, CommandState } from './command-result.ts'
import type { ControllerLine } from './controller-line.ts'

/** One attempt, while its command lives. */
export interface LiveAttempt {
  readonly inner: number
  readonly line: ControllerLine
  readonly sentMs: number
  ackedMs: number | undefined
  endedMs: number | undefined
  outcome: AttemptRecord['outcome']
  status: number | undefined
}

/**
 * What a live command waits for: its turn at its target, a controller, the turn of its controller, the end of its backoff, the controller's answer, the
 * mesh's answer, the state that it wants.
 */
export type CommandPhase = 'lane' | 'controller' | 'pacing' | 'backoff' | 'sent' | 'acked' | 'confirming' | 'over'

/** A command that has not ended. */
export class LiveCommand {
  readonly order: CommandOrder
  readonly givenMs: number
  readonly attempts: LiveAttempt[] = []
  phase: CommandPhase = 'lane'
  /** Counts changes of phase: what was to happen in an earlier one does not. */
  stamp = 0
  /** The controller it waits for, or was last sent to. */
  line: ControllerLine | undefined
  /** The attempt whose answer it waits for, or has waited for last: the last one, unless the controller of an earlier one has answered late. */
  awaited: LiveAttempt | undefined
  /** Id of a newer command that says all that this one says: it is not sent again. */
  supersededBy: string | undefined
  /** Its controller has it; told once. */
  isTaken = false
  isConfirmed = false
  hasAskedForStates = false

  constructor(order: CommandOrder, givenMs: number) {
    this.order = order
    this.givenMs = givenMs
  }

  get expiresMs(): number {
    return this.givenMs + this.order.ttlMs
  }

  get state(): CommandState {
    if (this.phase === 'sent') return 'sent'
    return this.phase === 'acked' || this.phase === 'confirming' ? 'acked' : 'queued'
  }

  get lastAttempt(): LiveAttempt | undefined {
    return this.attempts.at(-1)
  }

  /** Nothing was sent, or nothing is on its way. */
  get isIdle(): boolean {
    return this.phase === 'lane' || this.phase === 'controller' || this.phase === 'pacing' || this.phase === 'backoff'
  }

  enter(phase: CommandPhase): void {
    this.phase = phase
    this.stamp++
  }

  attempt(inner: number): LiveAttempt | undefined {
    return this.attempts.find((attempt) => attempt.inner === inner)
  }

  attemptsOn(line: ControllerLine): number {
    let count = 0
    for (const attempt of this.attempts) if (attempt.line === line) count++
    return count
  }

  /** It has said no. */
  wasRefusedBy(line: ControllerLine): boolean {
    return this.attempts.some((attempt) => attempt.line === line && isRefusal(attempt.outcome))
  }

  result(state: CommandResult['state'], reason: CommandReason | undefined, nowMs: number): CommandResult {
    const { givenMs } = this
    const since = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms - givenMs)
    return {
      id: this.order.id,
      state,
      reason,
      isConfirmed: this.isConfirmed,
      tookMs: nowMs - givenMs,
      attempts: this.attempts.map(({ line, sentMs, ackedMs, endedMs, outcome, status }) => ({
        controller: line.deviceId,
        sentMs: sentMs - givenMs,
        ackedMs: since(ackedMs),
        endedMs: since(endedMs),
        outcome,
        status,
      })),
      supersededBy: this.supersededBy,
    }
  }
}

export function isRefusal(outcome: AttemptRecord['outcome']): boolean {
  return outcome === 'refused' || outcome === 'failed'
}
