import type { CommandOrder } from './command-order.ts'
import type { CommandReason, CommandResult, CommandState } from './command-result.ts'
import { ControllerLine } from './controller-line.ts'
import type { DeviceReport } from './device-report.ts'
import { DueQueue } from '../../clock/due-queue.ts'
import { endOfFailed, isForAnotherNow } from './failed-attempt.ts'
import { HomeRegistry } from './home-registry.ts'
import { type LiveAttempt, LiveCommand } from './live-command.ts'
import { PastAttempts } from './past-attempts.ts'
import type { CommandOptions } from './service-options.ts'
import { newServiceTotals, type RetryDelays, type ServiceMeter, type ServiceOutput } from './service-ports.ts'
import type { AttemptEnd } from './session-ports.ts'
import type { TargetLane } from './target-lane.ts'

type Wake =
  | { readonly kind: 'phase'; readonly command: LiveCommand; readonly stamp: number }
  | { readonly kind: 'expiry'; readonly command: LiveCommand }
  | { readonly kind: 'lane'; readonly lane: TargetLane }
  | { readonly kind: 'line'; readonly line: ControllerLine }

/** Of `confirmMs`: what is left once states were asked for. */
const LAST_SHARE = 0.2
const INNER_MAX = 0xffff_ffff

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
  readonly #lines = new Map<number, ControllerLine>()
  readonly #byInner = new Map<number, LiveCommand>()
  readonly #wakes = new DueQueue<Wake>()
  readonly #past = new PastAttempts()
  #inner: number

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
    this.#inner = firstInner >>> 0
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
    if (this.#live.has(order.id)) return this.#refuse(command, 'duplicate-id', nowMs)
    const older = this.#homes.findLane(order.home, order.destination)?.replacedBy(order) ?? []
    for (const replaced of older) this.#supersede(replaced, order.id, nowMs)
    if (this.#live.size >= this.#options.commandsMax) return this.#refuse(command, 'queue-full', nowMs)
    this.#live.set(order.id, command)
    const lane = this.#homes.lane(order)
    lane.commands.push(command)
    this.#wakes.add(command.expiresMs, { kind: 'expiry', command })
    this.#advance(lane, nowMs)
  }

  /** Answers whether it lived. What was sent may be carried out all the same. */
  cancel(id: string, nowMs: number): boolean {
    const command = this.#live.get(id)
    if (command === undefined) return false
    this.#finish(command, 'cancelled', 'asked-to', nowMs)
    return true
  }

  /** Ends all that live. */
  close(nowMs: number): void {
    for (const command of [...this.#live.values()]) this.#finish(command, 'cancelled', 'closing', nowMs)
  }

  /** @param key of this login alone */
  controllerUp(key: number, deviceId: number, home: string, nowMs: number): ControllerLine {
    const line = new ControllerLine(key, deviceId, home)
    this.#lines.set(key, line)
    const found = this.#homes.home(home)
    found.lines.push(line)
    for (const command of [...found.waiting]) {
      found.waiting.delete(command)
      this.#dispatch(command, nowMs)
    }
    return line
  }

  /** Its connection is gone: what it had goes to another controller, or ends. */
  controllerDown(key: number, nowMs: number): void {
    const line = this.#lines.get(key)
    if (line === undefined) return
    this.#lines.delete(key)
    line.isOnline = false
    const home = this.#homes.home(line.home)
    home.remove(line)
    for (const command of [...line.openCommands]) {
      line.open.delete(command)
      if (command.phase === 'pacing') this.#dispatch(command, nowMs)
      else if (command.phase === 'sent' || command.phase === 'acked') {
        this.#attemptFailed(command, command.lastAttempt!, 'controller-lost', undefined, nowMs)
      }
    }
    line.queue.length = 0
    this.#homes.dropIfEmpty(line.home)
  }

  /** A controller has said which device it is. */
  controllerAddress(key: number, address: number): void {
    const line = this.#lines.get(key)
    if (line !== undefined && line.address !== address) this.#homes.home(line.home).setAddress(line, address)
  }

  /** The controller has got an attempt. */
  acked(inner: number, nowMs: number): void {
    const [command, attempt] = this.#answered(inner)
    if (command === undefined || attempt === undefined || attempt.ackedMs !== undefined) return
    attempt.ackedMs = nowMs
    attempt.line.ack.answered(nowMs - attempt.sentMs)
    this.#meter.answered(attempt.line, true, nowMs - attempt.sentMs)
    this.#taken(command)
    // One that had been given up has arrived: it is not sent again as long as its result may come.
    const isLast = attempt === command.lastAttempt
    if (!(command.phase === 'sent' && isLast) && !(command.isIdle && command.attempts.length > 0)) return
    this.#leaveLine(command)
    this.#wait(command, 'acked', attempt.line.result.ms, nowMs)
    attempt.line.open.add(command)
    command.line = attempt.line
  }

  /** The controller has refused an attempt, or the mesh has answered it. */
  ended(inner: number, end: AttemptEnd, nowMs: number): void {
    const [command, attempt] = this.#answered(inner)
    if (command === undefined || attempt === undefined) return
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
    this.#past.forgetOld(nowMs)
    for (let wake = this.#wakes.take(nowMs); wake !== undefined; wake = this.#wakes.take(nowMs)) {
      if (wake.kind === 'phase') {
        if (wake.command.stamp === wake.stamp) this.#overdue(wake.command, nowMs)
      } else if (wake.kind === 'expiry') this.#expired(wake.command, nowMs)
      else if (wake.kind === 'lane') {
        wake.lane.isWaking = false
        this.#advance(wake.lane, nowMs)
        this.#dropLane(wake.lane, nowMs)
      } else {
        wake.line.isWaking = false
        this.#pump(wake.line, nowMs)
      }
    }
  }

  /** Begins what may begin. */
  #advance(lane: TargetLane, nowMs: number): void {
    for (let command = lane.next(); command !== undefined; command = lane.next()) {
      if (nowMs < lane.nextStartMs) return this.#wakeLane(lane)
      if (command.order.aspects !== 0) lane.nextStartMs = nowMs + this.#options.coalesceMs
      this.#dispatch(command, nowMs)
    }
  }

  #wakeLane(lane: TargetLane): void {
    if (lane.isWaking) return
    lane.isWaking = true
    this.#wakes.add(lane.nextStartMs, { kind: 'lane', lane })
  }

  /** Gives it to a controller. */
  #dispatch(command: LiveCommand, nowMs: number): void {
    const home = this.#homes.home(command.order.home)
    const line = home.choose(command, this.#options.attemptsPerController)
    if (line === undefined) {
      command.enter('controller')
      home.waiting.add(command)
      return
    }
    command.enter('pacing')
    command.line = line
    line.queue.push(command)
    line.open.add(command)
    this.#pump(line, nowMs)
  }

  /** Sends what the pace allows. */
  #pump(line: ControllerLine, nowMs: number): void {
    while (line.queuedCount > 0) {
      const command = line.queue[0]!
      if (command.phase !== 'pacing' || command.line !== line) {
        line.queue.shift() // ended meanwhile
        continue
      }
      if (nowMs < line.nextSendMs) return this.#wakeLine(line)
      line.queue.shift()
      this.#send(command, line, nowMs)
    }
  }

  #wakeLine(line: ControllerLine): void {
    if (line.isWaking) return
    line.isWaking = true
    this.#wakes.add(line.nextSendMs, { kind: 'line', line })
  }

  #send(command: LiveCommand, line: ControllerLine, nowMs: number): void {
    const { order, attempts } = command
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
    attempts.push(attempt)
    this.#byInner.set(inner, command)
    if (!order.isOwn) this.totals.attempts++
    line.nextSendMs = nowMs + this.#options.paceMs
    if (attempts.length === 1) this.#output.started(order)
    else {
      if (!order.isOwn) this.totals.retransmits++
      this.#meter.retried(line, attempts.length - 1)
    }
    this.#wait(command, 'sent', line.ack.ms, nowMs)
    if (!this.#output.send(line, inner, order.code, order.data(inner))) {
      this.#attemptFailed(command, attempt, 'not-sent', undefined, nowMs)
    }
  }

  #wait(command: LiveCommand, phase: 'sent' | 'acked' | 'backoff' | 'confirming', ms: number, nowMs: number): void {
    command.enter(phase)
    this.#wakes.add(nowMs + ms, { kind: 'phase', command, stamp: command.stamp })
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
    this.#leaveLine(command)
    this.#wait(command, 'confirming', this.#options.confirmMs, nowMs)
    this.#advance(this.#homes.lane(order), nowMs)
  }

  /** What it waited for did not come. */
  #overdue(command: LiveCommand, nowMs: number): void {
    switch (command.phase) {
      case 'backoff':
        return this.#dispatch(command, nowMs)
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
    const attempt = command.lastAttempt!
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
    if (attempt !== command.lastAttempt || (command.phase !== 'sent' && command.phase !== 'acked')) return
    this.#leaveLine(command)
    const { attemptsMax } = this.#options
    const hasOther = this.#homes.home(command.order.home).hasOther(command)
    const isLast = command.attempts.length >= attemptsMax || nowMs >= command.expiresMs
    const { isOnce } = command.order
    const end =
      command.supersededBy === undefined ? endOfFailed({ why, status, isOnce, isLast, hasOther }) : 'superseded'
    if (end !== undefined) return this.#finish(command, end, end === 'superseded' ? 'newer-command' : why, nowMs)
    const delayMs = isForAnotherNow(why, hasOther) ? 0 : this.#retry.delayMs(command.attempts.length - 1)
    if (delayMs === 0) this.#dispatch(command, nowMs)
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
    this.totals.ended.rejected++
    this.#output.finished(command.order, command.result('rejected', reason, nowMs))
  }

  #finish(command: LiveCommand, state: CommandResult['state'], reason: CommandReason | undefined, nowMs: number): void {
    const { order, attempts } = command
    if (state !== 'superseded') command.supersededBy = undefined
    this.#leaveLine(command)
    this.#live.delete(order.id)
    command.enter('over')
    for (const { inner } of attempts) {
      this.#byInner.delete(inner)
      this.#past.add(inner)
    }
    if (!order.isOwn) this.totals.ended[state]++
    const lane = this.#homes.lane(order)
    lane.remove(command)
    this.#output.finished(order, command.result(state, reason, nowMs))
    this.#advance(lane, nowMs)
    this.#dropLane(lane, nowMs)
  }

  /** It is no longer the business of the controller that it was with, and waits for none. */
  #leaveLine(command: LiveCommand): void {
    if (command.phase === 'controller') this.#homes.find(command.order.home)?.waiting.delete(command)
    command.line?.open.delete(command)
  }

  #answered(inner: number): readonly [LiveCommand | undefined, LiveAttempt | undefined] {
    const command = this.#byInner.get(inner)
    if (command !== undefined) return [command, command.attempt(inner)]
    if (this.#past.has(inner)) this.totals.lateAnswers++
    return [undefined, undefined]
  }

  #nextInner(): number {
    const inner = this.#inner
    this.#inner = inner >= INNER_MAX ? 1 : inner + 1
    return inner === 0 ? this.#nextInner() : inner
  }

  /** Where nothing is left to be remembered. */
  #dropLane(lane: TargetLane, nowMs: number): void {
    if (lane.commands.length > 0) return
    if (nowMs < lane.nextStartMs) this.#wakeLane(lane)
    else this.#homes.dropLane(lane)
  }
}
