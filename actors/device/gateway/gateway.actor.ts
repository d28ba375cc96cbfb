import { type ActorRef, implement, type Self, systemClock, systemRandom, UsageError } from 'troupe'
import type { ConnectionInfo } from '../../connection/connection-info.ts'
import { listen } from '../../connection/listen.ts'
import type { ListenerProtocol, ListenerStatistics } from '../../connection/listener.actor.ts'
import type { ListenerObserver } from '../../connection/listener-options.ts'
import { MessageIds } from '../../reliable/message-id.ts'
import { repetitionOf } from '../cync/command.ts'
import { CommandLog, type InterruptedCommand } from './command-log.ts'
import type { CommandRequest } from './command-request.ts'
import type { CommandResult, CommandState } from './command-result.ts'
import {
  type ControllerKeeper,
  type ControllerProtocol,
  type ControllerSetup,
  CyncController,
} from './controller.actor.ts'
import { GatewayDesk } from './gateway-desk.ts'
import {
  type ControllerInfo,
  type GatewayOptions,
  type ResolvedGatewayOptions,
  resolveGatewayOptions,
} from './gateway-options.ts'
import { type GatewayStatistics, gatewayMetrics } from './gateway-statistics.ts'
import type { KnownDevice } from './mesh-states.ts'
import { addTotals, newTotals, type SessionTotals } from './session-totals.ts'
import { checkDeviceCertificate } from './tls-endpoint.ts'

export interface CyncGatewayProtocol {
  /** Where it listens, with the ports that the operating system chose, in the order in which they were given. */
  endpoints(): Promise<readonly string[]>
  /**
   * Sends a command until it has its result, which it has after its `ttlMs` and some 5 s at the latest, with `confirm` some 12 s later: ask with a
   * deadline behind that. A request that is none, or out of range, is answered with its error. When the asker's deadline is over the
   * command goes on; see `result`.
   */
  command(request: CommandRequest): Promise<CommandResult | UsageError>
  /** As `command`, but answers the id at once, with an outbox when the command is on disk; the observer is told the result. */
  submit(request: CommandRequest): Promise<string | UsageError>
  /** Ends a command that lives; what was sent may be carried out all the same. Answers whether it lived. */
  cancel(id: string): boolean
  /** How a command ended, if it is one of the last 1,000, or where it is. */
  result(id: string): CommandResult | { readonly id: string; readonly state: CommandState } | undefined
  /**
   * What the devices of a home do, or of all homes (`undefined`): those from the `from`th (0) on, at most `countMax` (500, and no more than 1,000): a
   * message has its limit.
   */
  states(home?: string | number, from?: number, countMax?: number): readonly KnownDevice[]
  state(address: number, home?: string | number): KnownDevice | undefined
  /** In the order of their logins, as many as of `states`. */
  controllers(from?: number, countMax?: number): readonly ControllerInfo[]
  statistics(): Promise<GatewayStatistics>
  /** Prometheus text. */
  metrics(): Promise<string>
  /** A connection on each thread that has some, by the thread's name: to find or to end that thread. */
  connectionThreads(): Readonly<Record<string, ActorRef<ControllerProtocol>>>
  /** Makes the connection of a controller fail, for exercises. Answers whether it was there. */
  crash(deviceId: number): boolean
  /** Reads the certificates again, for connections from now on. Answers why it keeps the old ones, if it does. */
  reloadCertificates(): Promise<Error | undefined>
  /**
   * Takes no more commands and connections; waits for those that live, cancels what is left after half of `graceMs` (5_000), ends all
   * connections, and stops. Answers how many connections were cut off.
   */
  close(graceMs?: number): Promise<number>
}

interface OwnMessages extends ControllerKeeper, ListenerObserver {
  tick(): void
  /** Goes on with the commands of an earlier life. */
  recover(): void
}

export interface GatewaySettings {
  readonly endpoints: readonly string[]
  readonly options: GatewayOptions
}

type Handle = ActorRef<ControllerProtocol>

interface GatewayState {
  readonly endpoints: readonly string[]
  readonly desk: GatewayDesk<Handle>
  readonly log: CommandLog | undefined
  readonly interrupted: readonly InterruptedCommand[]
  readonly listeners: readonly ActorRef<ListenerProtocol>[]
  readonly packets: SessionTotals
  readonly alarm: { dueMs: number }
  readonly onIdle: (() => void)[]
}

type GatewaySelf = Self<GatewayState, CyncGatewayProtocol & OwnMessages>

const ids = new MessageIds()
const GRACE_MS = 5_000
const GRACE_MS_MAX = 3_600_000
/** Entries of one answer, unless it says otherwise; and at most. Count. */
const PAGE = 500
const PAGE_MAX = 1_000
/** For an answer of a listener or connection of ours, beyond what it was asked to wait. Milliseconds. */
const ANSWER_MS = 10_000
const TOTALS_MS = 2_000
const INNER_MAX = 2 ** 32

/** The server that Cync controllers log in to. Spawned by `serveCync`. */
export const CyncGateway = implement<CyncGatewayProtocol & OwnMessages>()({
  name: 'CyncGateway',
  module: import.meta.url,
  attributeErrors: false, // nothing of it runs on
  concurrency: 1_000_000, // each command that is asked waits for its result
  start: (self, settings: GatewaySettings): Promise<GatewayState> =>
    start(self, settings).catch((error: Error) => {
      // As of a listener: no restart cures a wrong option or an address in use.
      throw Object.assign(error, { retryable: false })
    }),
  on: {
    endpoints: (self) => ofAll(self, (listener) => listener.endpoint()),
    async command(self, request) {
      const taken = await take(self, request)
      if (taken instanceof UsageError) return taken
      return new Promise((resolve) => give(self, taken, resolve))
    },
    async submit(self, request) {
      const taken = await take(self, request)
      if (taken instanceof UsageError) return taken
      give(self, taken, () => {})
      return taken.request.id
    },
    cancel: (self, id) => self.state.desk.cancel(id, systemClock.nowMs()),
    result: ({ state }, id) => state.desk.outcome(id),
    states: ({ state }, home, from, countMax) => page(state.desk.states(home), from, countMax),
    state: ({ state }, address, home) => state.desk.state(address, home),
    controllers: ({ state }, from, countMax) => page(state.desk.controllers(), from, countMax),
    statistics,
    async metrics(self) {
      const figures = await statistics(self)
      return self.state.desk.metrics() + gatewayMetrics(figures)
    },
    connectionThreads: ({ state }) => Object.fromEntries(state.desk.handleOfThreads()),
    crash({ state }, deviceId) {
      const handle = state.desk.handleOf(deviceId)
      return handle?.tell.crash() === 'accepted'
    },
    async reloadCertificates(self) {
      for (const endpoint of self.state.endpoints) {
        const error = await checkDeviceCertificate(endpoint).catch((reason: Error) => reason)
        if (error !== undefined) return error
      }
      return (await ofAll(self, (listener) => listener.reloadCertificates())).find((error) => error !== undefined)
    },
    async close(self, givenMs = GRACE_MS) {
      const { desk } = self.state
      const graceMs = givenMs >= 0 ? Math.min(givenMs, GRACE_MS_MAX) : GRACE_MS // what is no time is the default
      desk.refuse()
      await idle(self, graceMs / 2)
      desk.close(systemClock.nowMs())
      const left = await ofAll(self, (listener) => listener.close(graceMs / 2), graceMs + ANSWER_MS)
      self.stop()
      return left.reduce((sum, count) => sum + count, 0)
    },

    controllerLoggedIn(self, connection, deviceId, session, thread) {
      const login = { handle: connection, deviceId, session, path: connection.path, thread }
      self.state.desk.loggedIn(login, systemClock.nowMs())
      arm(self)
    },
    controllerNews(self, deviceId, session, news) {
      self.state.desk.news(deviceId, session, news, systemClock.nowMs())
      arm(self)
    },
    controllerLeft(self, deviceId, session, why) {
      self.state.desk.left(deviceId, session, why, systemClock.nowMs())
      arm(self)
    },
    sessionTotals: ({ state }, totals) => addTotals(state.packets, totals),
    connectionOpened() {},
    connectionClosed(self, { id }: ConnectionInfo) {
      self.state.desk.connectionClosed(id, systemClock.nowMs())
      arm(self)
    },
    listening(self, listener) {
      self.state.desk.listenerLost(listener, systemClock.nowMs())
      arm(self)
    },
    recover,
    tick(self) {
      self.state.alarm.dueMs = Number.POSITIVE_INFINITY
      self.state.desk.tick(systemClock.nowMs())
      arm(self)
    },
  },
  stop: (self) => self.state.log?.close(),
})

/** A request that is none the worse, on disk if there is an outbox. */
interface Taken {
  readonly request: CommandRequest & { readonly id: string }
  /** In the outbox. */
  readonly sequence: number | undefined
  /** Why the outbox has not taken it. */
  readonly isRefused: boolean
}

async function take({ state }: GatewaySelf, given: CommandRequest): Promise<Taken | UsageError> {
  const fault = state.desk.faultOf(given)
  if (fault !== undefined) return fault
  const request = { ...given, id: given.id ?? ids.nextText() }
  if (state.log === undefined) return { request, sequence: undefined, isRefused: false }
  const sequence = await state.log.store(request)
  return typeof sequence === 'number'
    ? { request, sequence, isRefused: false }
    : { request, sequence: undefined, isRefused: true }
}

/** Gives a command to the desk; it is finished with in the outbox when it has its result. */
function give(self: GatewaySelf, taken: Taken, onFinished: (result: CommandResult | UsageError) => void): void {
  const { desk, log } = self.state
  const { request, sequence, isRefused } = taken
  if (isRefused) return onFinished(desk.end(request.id, 'rejected', 'not-stored'))
  const finish = (result: CommandResult | UsageError): void => {
    if (sequence !== undefined) log?.finished(sequence)
    onFinished(result)
  }
  const answer = desk.submit(request, systemClock.nowMs(), finish)
  if (answer instanceof UsageError) finish(answer) // as of a home that is gone meanwhile
  arm(self)
}

function recover(self: GatewaySelf): void {
  const { desk, interrupted, log } = self.state
  for (const { request, sequence, ageMs } of interrupted) {
    const ttlMs = (request.ttlMs ?? desk.ttlMs) - ageMs
    const why = repetitionOf(request.command) === 'at-most-once' ? 'interrupted' : ttlMs < 1 ? 'expired' : undefined
    if (why === undefined) give(self, { request: { ...request, ttlMs }, sequence, isRefused: false }, () => {})
    else {
      desk.end(request.id, 'abandoned', why)
      log?.finished(sequence)
    }
  }
}

async function start(self: GatewaySelf, { endpoints, options: given }: GatewaySettings): Promise<GatewayState> {
  const options = resolveGatewayOptions(given)
  for (const endpoint of endpoints) await checkDeviceCertificate(endpoint)
  const log = options.outbox && (await CommandLog.open(options.outbox))
  try {
    return await open(self, endpoints, options, log)
  } catch (error) {
    await log?.close()
    throw error
  }
}

async function open(
  self: GatewaySelf,
  endpoints: readonly string[],
  options: ResolvedGatewayOptions,
  commandLog: CommandLog | undefined,
): Promise<GatewayState> {
  const { observer, log } = { observer: options.observer?.tell, log: self.log }
  const desk = new GatewayDesk<Handle>(
    options,
    {
      sendFrame: (handle, inner, code, data) => handle.tell.sendFrame(inner, code, data) === 'accepted',
      replace: (handle) => void handle.tell.replace(),
      stateChanged: (device) => void observer?.stateChanged(device),
      controllerConnected: (controller) => void observer?.controllerConnected(controller),
      controllerGone(controller, why) {
        const { deviceId, path } = controller
        log.debug({ deviceId, path, why }, 'a controller is gone')
        observer?.controllerGone(controller, why)
      },
      commandFinished(result) {
        const { id, state, reason, tookMs, attempts } = result
        if (state === 'rejected' || state === 'abandoned') {
          log.info({ correlationId: id, state, reason, tookMs, attempts }, 'a command was not done')
        } else log.debug({ correlationId: id, state, tookMs }, 'a command has ended')
        observer?.commandFinished(result)
        for (const look of self.state.onIdle.splice(0)) look()
      },
    },
    Math.floor(systemRandom.next() * INNER_MAX),
  )
  const { authorize, timeZone, probeAfterMs, silenceMs, loginTimeoutMs, wrongChecksums, threads } = options
  const setup: ControllerSetup = {
    gateway: self.ref as ActorRef<ControllerKeeper>,
    key: `${self.path}:${systemClock.nowMs()}`,
    options: { authorize, timeZone, probeAfterMs, silenceMs, loginTimeoutMs, wrongChecksums },
  }
  const listeners = endpoints.map((endpoint, index) =>
    listen(self, CyncController, endpoint, [setup], {
      link: { ...options.link, overflow: 'reject' },
      connectionsMax: options.connectionsMax,
      addressConnectionsMax: options.addressConnectionsMax,
      ...(threads !== undefined && { threads }),
      observer: self.ref as ActorRef<ListenerObserver>,
      spawn: { name: `listener-${index}` },
    }),
  )
  for (const listener of listeners) await listener.ready()
  const interrupted = commandLog?.interrupted() ?? []
  if (interrupted.length > 0) {
    log.info({ commands: interrupted.length }, 'goes on with the commands of an earlier life')
    self.timers.once('recover', 0, 'recover') // when there is a state
  }
  const alarm = { dueMs: Number.POSITIVE_INFINITY }
  return { endpoints, desk, log: commandLog, interrupted, listeners, packets: newTotals(), alarm, onIdle: [] }
}

/** What fits into an answer. */
function page<T>(all: readonly T[], from = 0, countMax = PAGE): readonly T[] {
  return all.slice(from, from + Math.min(countMax, PAGE_MAX))
}

/** One timer, for whatever is due first. */
function arm(self: GatewaySelf): void {
  const { desk, alarm } = self.state
  const { dueMs } = desk
  if (dueMs >= alarm.dueMs) return
  alarm.dueMs = dueMs
  self.timers.once('tick', Math.max(0, dueMs - systemClock.nowMs()), 'tick')
}

async function statistics(self: GatewaySelf): Promise<GatewayStatistics> {
  const { desk, packets } = self.state
  const counted = [...desk.handleOfThreads().values()].map(
    (handle) =>
      self
        .ask(handle, { deadlineMs: TOTALS_MS })
        .takeTotals()
        .then((totals) => addTotals(packets, totals))
        .catch(() => {}), // the connection has ended: its thread tells later
  )
  const listeners = await ofAll(self, (listener) => listener.statistics()).catch((): ListenerStatistics[] => [])
  await Promise.all(counted)
  const { online, homes, ...figures } = desk.figures()
  const sum = (pick: (listener: ListenerStatistics) => number): number =>
    listeners.reduce((total, listener) => total + pick(listener), 0)
  return {
    controllers: {
      online,
      homes,
      connections: sum(({ openCount }) => openCount),
      refusedConnections: sum(({ refusedCounts }) => refusedCounts['address-max'] + refusedCounts['connections-max']),
      failedHandshakes: sum(({ handshakesFailedCount }) => handshakesFailedCount),
      lost: desk.lostCount,
    },
    packets: { ...packets, received: { ...packets.received } },
    ...figures,
  }
}

/** Resolves when no command lives, or after so long. */
async function idle({ state }: GatewaySelf, patienceMs: number): Promise<void> {
  const { desk, onIdle } = state
  let isOver = false
  const over = new Promise<void>((resolve) =>
    systemClock.schedule(patienceMs, () => {
      isOver = true
      resolve()
    }),
  )
  while (desk.liveCount > 0 && !isOver) await Promise.race([over, new Promise<void>((look) => onIdle.push(look))])
}

function ofAll<T>(
  self: GatewaySelf,
  ask: (listener: ActorRef<ListenerProtocol>['ask']) => Promise<T>,
  deadlineMs = ANSWER_MS,
): Promise<T[]> {
  return Promise.all(self.state.listeners.map((ref) => ask(self.ask(ref, { deadlineMs }))))
}
