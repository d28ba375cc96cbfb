import { type TroupeError, UnreachableError } from '../base/errors.ts'
import type { ActorCell } from './actor-cell.ts'
import { PARKED, RUNNING, STARTING, STOPPED, STOPPING, SUSPENDED } from './actor-stage.ts'
import { isThenable } from './call-handler.ts'
import type { DeadLetterReason } from './dead-letters.ts'
import { type Envelope, INTERNAL, type QueuedMessage } from './envelope.ts'
import { Incarnation } from './incarnation.ts'
import { actorStopped } from './pending-ask.ts'
import { becauseOf, describeExit, type ExitReason, isAbnormal, killedExit } from './supervision/exit-reason.ts'
import { shouldRestart } from './supervision/restart-policy.ts'
import { WindUp } from './wind-up.ts'

/** Runs `start`. Called in the actor's own turn, with the stage STARTING. */
export function startIncarnation(cell: ActorCell): void {
  cell.incarnation++
  cell.handlers = cell.definition.handlers
  const self = new Incarnation(cell)
  cell.self = self
  let state: unknown
  let later: Promise<unknown> | undefined
  try {
    state = cell.definition.start(self, ...cell.args)
    if (isThenable(state)) later = Promise.resolve(state)
  } catch (error) {
    return crash(cell, { kind: 'start-failed', error })
  }
  if (later === undefined) return started(cell, self, state)
  later.then(
    (value) => started(cell, self, value),
    (error) => {
      if (cell.self === self) crash(cell, { kind: 'start-failed', error })
    },
  )
}

function started(cell: ActorCell, self: Incarnation, state: unknown): void {
  if (cell.self !== self) return // killed meanwhile
  self.state = state
  self.isStarted = true
  if (cell.stage === STOPPING) return continueStop(cell)
  if (cell.stage !== STARTING) return
  cell.stage = RUNNING
  cell.tellRoom()
  cell.kernel.directory.setState(cell.slot, 'running')
  cell.parent.started(cell)
  cell.kernel.orphans?.release(cell.slot)
  settleReady(cell)
  cell.schedule()
}

/** A handler threw, or its promise was rejected: first its message is dealt with, then the actor. */
export function fail(
  cell: ActorCell,
  error: unknown,
  code: number,
  a: unknown,
  b: unknown,
  extra: Envelope | undefined,
): void {
  if (cell.extras !== undefined) cell.extras.isStashing = false
  if (cell.stage === RUNNING) dropMailbox(cell) // before the failing message may be put back
  settleFailedMessage(cell, error, code, a, b, extra)
  crash(cell, { kind: 'failure', error }, true)
}

/** The incarnation has failed. It is wound up, and the parent decides what comes next. */
export function crash(cell: ActorCell, reason: ExitReason, isAfterMessage = false): void {
  if (cell.windUp !== undefined || cell.stage >= STOPPED || cell.stage === PARKED) return
  if (cell.stage !== STOPPING) {
    cell.stage = SUSPENDED
    cell.kernel.directory.setState(cell.slot, 'restarting')
    if (!isAfterMessage) dropMailbox(cell)
  }
  if (isAbnormal(reason)) {
    cell.kernel.log.error({ path: cell.path, err: 'error' in reason ? reason.error : undefined }, describeExit(reason))
  }
  windUp(cell, reason, cell.options.shutdownMs)
}

/** Stops after the current messages. Ignored by an actor that is ending already. */
export function stop(cell: ActorCell, reason: ExitReason): void {
  if (cell.windUp !== undefined || cell.stage >= STOPPING) return
  if (cell.stage === SUSPENDED || cell.stage === PARKED) return
  cell.stage = STOPPING
  cell.stopReason = reason
  cell.kernel.directory.setState(cell.slot, 'stopping')
  if (cell.self === undefined)
    windUp(cell, reason, undefined) // was to start in its next turn
  else continueStop(cell)
}

/** Goes on with a stop as soon as no handler and no `start` is under way. */
export function continueStop(cell: ActorCell): void {
  if (cell.windUp !== undefined || cell.inFlight > 0 || cell.kernel.running === cell) return
  if (cell.self?.isStarted !== true) return
  windUp(cell, cell.stopReason ?? killedExit, undefined)
}

/** Ends the incarnation at once. */
export function kill(cell: ActorCell): void {
  if (cell.windUp !== undefined) return cell.windUp.force()
  if (cell.stage === SUSPENDED || cell.stage === PARKED || cell.stage === STOPPED) return
  cell.stage = STOPPING
  const end = new WindUp(cell, killedExit, () => exited(cell, killedExit))
  cell.windUp = end
  end.force()
}

function windUp(cell: ActorCell, reason: ExitReason, deadlineMs: number | undefined): void {
  const end = new WindUp(cell, reason, () => exited(cell, reason))
  cell.windUp = end
  end.begin(deadlineMs)
}

function exited(cell: ActorCell, reason: ExitReason): void {
  cell.stage = SUSPENDED
  cell.parent.exited(cell, reason)
}

/** The last of an actor: see `Child.forget`. */
export function forget(cell: ActorCell, reason: ExitReason): void {
  if (cell.stage === STOPPED) return
  cell.stage = STOPPED
  cell.stopReason = reason
  deadLetterAll(cell, 'actor-stopped')
  rejectReady(cell, () => {
    return new UnreachableError('actor-stopped', `${cell.path} has stopped: ${describeExit(reason)}`, becauseOf(reason))
  })
  cell.extras?.watches?.ended(reason)
  cell.kernel.forget(cell)
  cell.extras = undefined
  cell.args = []
}

/** What an asker hears whose message became a dead letter. */
export function notHandled(cell: ActorCell, reason: DeadLetterReason): TroupeError {
  const { path, stage, stopReason } = cell
  if (stage === PARKED && reason === 'actor-stopped') return parkedError(cell)
  return actorStopped(path, reason, stage === STOPPED && stopReason !== undefined ? becauseOf(stopReason) : undefined)
}

export function park(cell: ActorCell, reason: ExitReason): void {
  cell.stage = PARKED
  cell.stopReason = reason
  cell.kernel.directory.setState(cell.slot, 'parked')
  cell.kernel.orphans?.release(cell.slot)
  const parked = parkedError(cell)
  rejectReady(cell, () => parked)
  // Tells wait for the unparking; who asks does not wait for that.
  const { mailbox } = cell
  for (const { extra } of cell.extras?.stash ?? []) refuseAsk(extra, parked)
  for (let position = 0; position < mailbox.count; position++) {
    const offset = mailbox.offsetAt(position)
    if (mailbox.elements[offset] === INTERNAL) continue
    const extra = mailbox.elements[offset + 3] as Envelope | undefined
    refuseAsk(extra?.replacedBy?.extra ?? extra, parked)
  }
}

function parkedError({ path, stopReason }: ActorCell): UnreachableError {
  if (stopReason === undefined) return new UnreachableError('actor-parked', `${path} is parked`)
  const message = `${path} is parked: ${describeExit(stopReason)}`
  return new UnreachableError('actor-parked', message, becauseOf(stopReason))
}

function refuseAsk(extra: Envelope | undefined, error: unknown): void {
  if (extra?.reply === undefined) return
  extra.reply.reject(error)
  extra.isWanted = false
}

/** Resolves when the actor runs and has room; rejects when it has stopped, or cannot start for good. */
export function whenReady(cell: ActorCell): Promise<void> {
  if (cell.stage === RUNNING && cell.hasRoom) return Promise.resolve()
  if (cell.stage === PARKED) return Promise.reject(parkedError(cell))
  if (cell.stage >= STOPPING) return Promise.reject(new UnreachableError('actor-stopped', `${cell.path} has stopped`))
  return new Promise((resolve, reject) => {
    cell.more.ready.add({ resolve, reject })
    if (cell.stage === RUNNING) cell.markFull()
  })
}

/** Tells those who wait for the actor to be running and to have room. */
export function settleReady(cell: ActorCell): void {
  const waiting = cell.extras?.ready
  if (waiting === undefined || waiting.size === 0 || cell.stage !== RUNNING) return
  if (!cell.hasRoom) return cell.markFull() // they are told when it has
  for (const waiter of waiting) waiter.resolve()
  waiting.clear()
}

function rejectReady(cell: ActorCell, makeError: () => unknown): void {
  const waiting = cell.extras?.ready
  if (waiting === undefined || waiting.size === 0) return
  const error = makeError()
  for (const waiter of waiting) waiter.reject(error)
  waiting.clear()
}

function settleFailedMessage(
  cell: ActorCell,
  error: unknown,
  code: number,
  a: unknown,
  b: unknown,
  extra: Envelope | undefined,
): void {
  const { message, retriesMax } = cell.options.onFailure
  if (message === 'drop') return cell.deadLetter('failed', code, a, b, extra, error)
  const delivery = extra?.delivery ?? 1
  if (message === 'quarantine' || delivery > retriesMax) return cell.deadLetter('quarantined', code, a, b, extra, error)
  const envelope = extra ?? cell.newEnvelope()
  envelope.delivery = delivery + 1
  cell.giveBack(code, a, b, envelope)
}

function dropMailbox(cell: ActorCell): void {
  const { mailbox } = cell.options.onFailure
  if (mailbox !== 'keep') deadLetterAll(cell, 'restarted', mailbox === 'drop')
}

/** Everything that waits goes to dead letters, in order: the stash was there first. */
function deadLetterAll(cell: ActorCell, reason: 'actor-stopped' | 'restarted', isOnlyCounted = false): void {
  const letGo = ({ code, a, b, extra }: QueuedMessage): void => {
    if (isOnlyCounted) cell.drop(reason, extra)
    else cell.deadLetter(reason, code, a, b, extra)
  }
  const stash = cell.extras?.stash ?? []
  for (const message of stash.splice(0)) letGo(message)
  cell.extras?.keyed?.clear()
  const { mailbox } = cell
  const kept: unknown[] = []
  while (mailbox.count > 0) {
    const { elements, offset } = mailbox
    const [code, a, b, extra] = elements.slice(offset, offset + 4) as [number, unknown, unknown, Envelope | undefined]
    mailbox.drop()
    if (code === INTERNAL) kept.push(a)
    else letGo(extra?.replacedBy ?? { code, a, b, extra })
  }
  cell.queued = 0
  cell.bytes = 0
  if (reason === 'restarted') for (const item of kept) mailbox.push(INTERNAL, item, undefined, undefined)
}

/** Whether it is stopping only to start again: then its mailbox takes messages for the next incarnation. */
export function isComingBack({ stage, phase, stopReason, options }: ActorCell): boolean {
  if (stage !== STOPPING) return false
  if (phase === 'halting') return true
  return phase === 'running' && stopReason !== undefined && shouldRestart(options.restart, stopReason)
}

/** Ends for good by itself: the thread of its parent has died. */
export function abandon(cell: ActorCell, reason: ExitReason): void {
  if (cell.windUp === undefined && (cell.stage === SUSPENDED || cell.stage === PARKED)) return cell.forget(reason)
  stop(cell, reason)
  const { shutdownMs } = cell.options
  if (shutdownMs !== Number.POSITIVE_INFINITY) cell.kernel.clock.schedule(shutdownMs, () => cell.kill())
}
