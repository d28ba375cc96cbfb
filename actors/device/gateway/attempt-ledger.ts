import type { ControllerLine } from './controller-line.ts'
import type { LiveAttempt, LiveCommand } from './live-command.ts'
import { PastAttempts } from './past-attempts.ts'

const INNER_MAX = 0xffff_ffff

/** An attempt that was answered, and its command. */
export interface AnsweredAttempt {
  readonly command: LiveCommand
  readonly attempt: LiveAttempt
}

/** The attempts at all living commands, by the inner sequence that each has for itself; and those of commands that are over, for a while. */
export class AttemptLedger {
  readonly #byInner = new Map<number, LiveCommand>()
  readonly #past = new PastAttempts()
  #inner: number

  /** @param firstInner the first inner sequence to use, u32 */
  constructor(firstInner: number) {
    this.#inner = firstInner >>> 0
  }

  /** Attempts at living commands. */
  get count(): number {
    return this.#byInner.size
  }

  open(command: LiveCommand, line: ControllerLine, nowMs: number): LiveAttempt {
    const inner = this.#nextInner()
    const attempt: LiveAttempt = {
      inner,
      line,
      sentMs: nowMs,
      ackedMs: undefined,
      endedMs: undefined,
      outcome: 'pending',
      status: undefined,
    }
    command.attempts.push(attempt)
    this.#byInner.set(inner, command)
    return attempt
  }

  /** Undefined where no living command has such an attempt. */
  find(inner: number): AnsweredAttempt | undefined {
    const command = this.#byInner.get(inner)
    const attempt = command?.attempt(inner)
    return command === undefined || attempt === undefined ? undefined : { command, attempt }
  }

  /** Whether a command that is over had it, lately. */
  isPast(inner: number): boolean {
    return this.#past.has(inner)
  }

  /** The command is over. */
  close({ attempts }: LiveCommand): void {
    for (const { inner } of attempts) {
      this.#byInner.delete(inner)
      this.#past.add(inner)
    }
  }

  /** To be called now and then. */
  forgetOld(nowMs: number): void {
    this.#past.forgetOld(nowMs)
  }

  /** Never 0. */
  #nextInner(): number {
    if (this.#inner === 0) this.#inner = 1
    const inner = this.#inner
    this.#inner = inner >= INNER_MAX ? 1 : inner + 1
    return inner
  }
}
