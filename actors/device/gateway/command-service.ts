import { type AnsweredAttempt, AttemptLedger } from './attempt-ledger.ts'
import { CommandDispatcher } from './command-dispatcher.ts'
import type { CommandOrder } from './command-order.ts'
import type { CommandReason, CommandResult, CommandState } from './command-result.ts'
import { CommandStarter } from './command-starter.ts'
import type { ControllerLine } from './controller-line.ts'
import type { DeviceReport } from './device-report.ts'
import { endOfFailed, isForAnotherNow } from './failed-attempt.ts'
import { HomeRegistry } from './home-registry.ts'
import { type LiveAttempt, LiveCommand } from './live-command.ts'
import type { CommandOptions } from './service-options.ts'
import { newServiceTotals, type RetryDelays, type ServiceMeter, type ServiceOutput } from './service-ports.ts'
import { ServiceWakes } from './service-wakes.ts'
import type { AttemptEnd } from './session-ports.ts'

/** Of `confirmMs`: what is left once states were asked for. */
const LAST_SHARE = 0.2

/**
 * Sends commands through the controllers of their homes until each has its result. Is told what happens and what time it is; knows no connection
 * and no clock.
 *
 *     queued --sent--> sent --7b--> acked --f9, 0--> done
 *       ^               |  `--------- f9, 0 ----------^
 *       `---backoff-----+-- no answer, refused, controller lost --> rejected or abandoned
 *
 * An attempt has sequences of its own, and every attempt of a living command is remembered: a late answer to the first ends it as well as any.
 */
export class CommandService {
  readonly totals = newServiceTotals()
  readonly #options: Readonly<Required<CommandOptions>>
  readonly #retry: RetryDelays
  readonly #output: ServiceOutput
  readonly #meter: ServiceMeter
  readonly #live = new Map<string, LiveCommand>()
  readonly #homes = new HomeRegistry()
  readonly #dispatcher: CommandDispatcher
  readonly #attempts: AttemptLedger
  readonly #wakes = new ServiceWakes()
  readonly #starter: CommandStarter
  #isClosed = false

  /** @param firstInner the first inner sequence to use, u32: another one at each start, since devices may remember */
  constructor(
    options: Readonly<Required<CommandOptions>>,
    retry: RetryDelays,
    output: ServiceOutput,
    meter: ServiceMeter,
    firstInner: number,
  ) {
    this.#options = options
    this.#retry = retry
    this.#output = output
    this.#meter = meter
    this.#attempts = new AttemptLedger(firstInner)
    this.#starter = new CommandStarter(options.coalesceMs, this.#homes, this.#wakes, (command, nowMs) =>
      this.#dispatcher.dispatch(command, nowMs),
    )
    this.#dispatcher = new CommandDispatcher(options, this.#homes, this.#wakes, (command, line, nowMs) =>
      this.#send(command, line, nowMs),
    )
  }

  /** Commands that have not ended. */
  get liveCount(): number {
    return this.#live.size
  }

  /** When `tick` is to be called next. */
  get dueMs(): number {
    return this.#wakes.nextMs
  }

  stateOf(id: string): CommandState | undefined {
    return this.#live.get(id)?.state
  }

  /** Live commands by state, counted. */
  countStates(): Record<'queued' | 'sent' | 'acked', number> {
    const counts = { queued: 0, sent: 0, acked: 0 }
    for (const { state } of this.#live.values()) counts[state as keyof typeof counts]++
    return counts
  }

  /** Whatever becomes of it, `finished` is called, perhaps at once. */
  submit(order: CommandOrder, nowMs: number): void {
    if (!order.isOwn) this.totals.given++
    const command = new LiveCommand(order, nowMs)
    if (this.#isClosed) return this.#refuse(command, 'closing', nowMs)
    if (this.#live.has(order.id)) return this.#refuse(command, 'duplicate-id', nowMs)
    const older = this.#homes.findLane(order.home, order.destination)?.replacedBy(order) ?? []
    const leaving = older.reduce((count, { isIdle }) => count + +isIdle, 0)
    // Before it makes others needless: one that is refused replaces nothing.
    if (this.#live.size - leaving >= this.#options.commandsMax) return this.#refuse(command, 'queue-full', nowMs)
    for (const replaced of older) this.#supersede(replaced, order.id, nowMs)
    this.#live.set(order.id, command)
    const lane = this.#homes.lane(order)
    lane.commands.push(command)
    this.#wakes.whenExpired(command)
    this.#starter.advance(lane, nowMs)
  }

  /** Answers whether it lived. What was sent may be carried out all the same. */
  cancel(id: string, nowMs: number): boolean {
    const command = this.#live.get(id)
    if (command === undefined) return false
    this.#finish(command, 'cancelled', 'asked-to', nowMs)
    return true
  }

  /** Ends all that live, and begins none of those that waited for them. */
  close(nowMs: number): void {
    this.#isClosed = true
    this.#starter.stop()
    for (const command of [...this.#live.values()]) this.#finish(command, 'cancelled', 'closing', nowMs)
  }

  /** It has logged in, and can be sent to from now on: what waits for one goes out. */
  controllerUp(line: ControllerLine, nowMs: number): void {
    this.#dispatcher.controllerUp(line, nowMs)
  }

  /** Its connection is gone: what it had goes to another controller, or ends. */
  controllerDown(line: ControllerLine, nowMs: number): void {
    for (const command of this.#dispatcher.controllerDown(line, nowMs)) {
      this.#attemptFailed(command, command.awaited!, 'controller-lost', undefined, nowMs)
    }
  }

  /** A controller has said which device it is. */
  controllerAddress(line: ControllerLine, address: number): void {
    this.#dispatcher.controllerAddress(line, address)
  }

  /** The controller has got an attempt. */
  acked(inner: number, nowMs: number): void {
    const answered = this.#answered(inner)
    if (answered === undefined || answered.attempt.ackedMs !== undefined) return
    const { command, attempt } = answered
    attempt.ackedMs = nowMs
    attempt.line.ack.answered(nowMs - attempt.sentMs)
    this.#meter.answered(attempt.line, true, nowMs - attempt.sentMs)
    this.#taken(command)
    // One that had been given up has arrived: it is not sent again as long as its result may come.
    const isAwaited = command.phase === 'sent' && attempt === command.awaited
    if (!isAwaited && !(command.isIdle && command.attempts.length > 0)) return
    this.#dispatcher.withdraw(command)
    this.#wait(command, 'acked', attempt.line.result.ms, nowMs)
    attempt.line.open.add(command)
    command.line = attempt.line
    command.awaited = attempt
  }

  /** The controller has refused an attempt, or the mesh has answered it. */
  ended(inner: number, end: AttemptEnd, nowMs: number): void {
    const answered = this.#answered(inner)
    if (answered === undefined) return
    const { command, attempt } = answered
    const { line } = attempt
    if (end.kind === 'result' && end.result === 0) {
      attempt.endedMs = nowMs
      attempt.outcome = 'done'
      attempt.status = 0
      if (attempt.ackedMs === undefined) this.#meter.answered(line, true, nowMs - attempt.sentMs)
      line.result.answered(nowMs - attempt.sentMs)
      this.#taken(command)
      return this.#done(command, nowMs)
    }
    this.#meter.answered(line, false, nowMs - attempt.sentMs)
    const status = end.kind === 'result' ? end.result : end.status
    this.#attemptFailed(command, attempt, end.kind === 'result' ? 'failed' : 'refused', status, nowMs)
  }

  /** What a device does was told. */
  stateSeen(home: string, report: DeviceReport, nowMs: number): void {
    const lane = this.#homes.findLane(home, report.address)
    if (lane === undefined || !report.isOnline) return
    for (const command of [...lane.commands]) {
      const { order, attempts, phase } = command
      if (attempts.length === 0 || order.address !== report.address || order.isReached === undefined) continue
      command.isConfirmed = order.isReached(report)
      if (command.isConfirmed && phase === 'confirming') this.#finish(command, 'done', undefined, nowMs)
    }
  }

  /** Time has passed. */
  tick(nowMs: number): void {
    this.#attempts.forgetOld(nowMs)
    for (let wake = this.#wakes.take(nowMs); wake !== undefined; wake = this.#wakes.take(nowMs)) {
      switch (wake.kind) {
        case 'phase':
          this.#overdue(wake.command, nowMs)
          break
        case 'expiry':
          this.#expired(wake.command, nowMs)
          break
        case 'lane':
          this.#starter.goOn(wake.lane, nowMs)
          break
        case 'line':
          this.#dispatcher.pump(wake.line, nowMs)
      }
    }
  }

  #send(command: LiveCommand, line: ControllerLine, nowMs: number): void {
    const { order, attempts } = command
    const attempt = this.#attempts.open(command, line, nowMs)
    command.awaited = attempt
    if (!order.isOwn) this.totals.attempts++
    if (attempts.length === 1) this.#output.started(order)
    else {
      if (!order.isOwn) this.totals.retransmits++
      this.#meter.retried(line, attempts.length - 1)
    }
    this.#wait(command, 'sent', line.ack.ms, nowMs)
    if (!this.#output.send(line, attempt.inner, order.code, order.data(attempt.inner))) {
      this.#attemptFailed(command, attempt, 'not-sent', undefined, nowMs)
    }
  }

  #wait(command: LiveCommand, phase: 'sent' | 'acked' | 'backoff' | 'confirming', ms: number, nowMs: number): void {
    command.enter(phase)
    this.#wakes.whenOverdue(command, nowMs + ms)
  }

  #taken(command: LiveCommand): void {
    if (command.isTaken) return
    command.isTaken = true
    this.#output.taken(command.order)
  }

  #done(command: LiveCommand, nowMs: number): void {
    const { order } = command
    if (!order.confirm || order.isReached === undefined || command.isConfirmed) {
      return this.#finish(command, 'done', undefined, nowMs)
    }
    if (command.phase === 'confirming') return
    this.#dispatcher.withdraw(command)
    this.#wait(command, 'confirming', this.#options.confirmMs, nowMs)
    this.#starter.advance(this.#homes.lane(order), nowMs)
  }

  /** What it waited for did not come. */
  #overdue(command: LiveCommand, nowMs: number): void {
    switch (command.phase) {
      case 'backoff':
        return this.#dispatcher.dispatch(command, nowMs)
      case 'sent':
      case 'acked':
        return this.#unanswered(command, nowMs)
      case 'confirming':
        if (command.hasAskedForStates) return this.#finish(command, 'done', undefined, nowMs)
        command.hasAskedForStates = true
        this.#output.refresh(command.order.home)
        return this.#wait(command, 'confirming', this.#options.confirmMs * LAST_SHARE, nowMs)
      default: // waits for something else
    }
  }

  #unanswered(command: LiveCommand, nowMs: number): void {
    const attempt = command.awaited!
    const isAck = command.phase === 'sent'
    const { line } = attempt
    if (isAck) this.totals.ackTimeouts++
    else this.totals.resultTimeouts++
    const timeout = isAck ? line.ack : line.result
    timeout.missed()
    this.#meter.timedOut(line)
    // The device has been seen to do it: only the answer was lost.
    if (command.isConfirmed) return this.#finish(command, 'done', undefined, nowMs)
    this.#attemptFailed(command, attempt, isAck ? 'ack-timeout' : 'result-timeout', undefined, nowMs)
  }

  #attemptFailed(
    command: LiveCommand,
    attempt: LiveAttempt,
    why: CommandReason,
    status: number | undefined,
    nowMs: number,
  ): void {
    attempt.endedMs = nowMs
    attempt.outcome = why
    attempt.status = status
    if (attempt !== command.awaited || (command.phase !== 'sent' && command.phase !== 'acked')) return
    this.#dispatcher.withdraw(command)
    const { attemptsMax } = this.#options
    const hasOther = this.#homes.home(command.order.home).hasOther(command)
    const isLast = command.attempts.length >= attemptsMax || nowMs >= command.expiresMs
    const { isOnce } = command.order
    const end =
      command.supersededBy === undefined ? endOfFailed({ why, status, isOnce, isLast, hasOther }) : 'superseded'
    if (end !== undefined) return this.#finish(command, end, end === 'superseded' ? 'newer-command' : why, nowMs)
    const delayMs = isForAnotherNow(why, hasOther) ? 0 : this.#retry.delayMs(command.attempts.length - 1)
    if (delayMs === 0) this.#dispatcher.dispatch(command, nowMs)
    else this.#wait(command, 'backoff', delayMs, nowMs)
  }

  /** It is too old to be sent; what is on its way may still be answered. */
  #expired(command: LiveCommand, nowMs: number): void {
    if (!command.isIdle) return
    const last = command.lastAttempt
    const reason = last === undefined && command.phase === 'controller' ? 'no-controller' : 'expired'
    const wasRefused = last?.outcome === 'refused' || last?.outcome === 'failed'
    this.#finish(command, wasRefused ? 'rejected' : 'abandoned', reason, nowMs)
  }

  #supersede(command: LiveCommand, by: string, nowMs: number): void {
    command.supersededBy = by
    if (command.isIdle) this.#finish(command, 'superseded', 'newer-command', nowMs)
  }

  #refuse(command: LiveCommand, reason: CommandReason, nowMs: number): void {
    if (!command.order.isOwn) this.totals.ended.rejected++
    this.#output.finished(command.order, command.result('rejected', reason, nowMs))
  }

  #finish(command: LiveCommand, state: CommandResult['state'], reason: CommandReason | undefined, nowMs: number): void {
    const { order } = command
    if (state !== 'superseded') command.supersededBy = undefined
    this.#dispatcher.withdraw(command)
    this.#live.delete(order.id)
    command.enter('over')
    this.#attempts.close(command)
    if (!order.isOwn) this.totals.ended[state]++
    const lane = this.#homes.lane(order)
    lane.remove(command)
    this.#output.finished(order, command.result(state, reason, nowMs))
    this.#starter.goOn(lane, nowMs)
  }

  #answered(inner: number): AnsweredAttempt | undefined {
    const answered = this.#attempts.find(inner)
    if (answered === undefined && this.#attempts.isPast(inner)) this.totals.lateAnswers++
    return answered
  }
}
