import { UsageError } from 'troupe'
import { MessageIds } from '../../reliable/message-id.ts'
import { RetryPolicy } from '../../reliable/retry-policy.ts'
import type { CyncTarget } from '../cync/command.ts'
import { AssumedStates } from './assumed-states.ts'
import type { CommandOrder } from './command-order.ts'
import { CommandOutcomes } from './command-outcomes.ts'
import { aspects, type CommandRequest, isForController, orderOf } from './command-request.ts'
import type { CommandReason, CommandResult, CommandState } from './command-result.ts'
import { CommandService } from './command-service.ts'
import { type Controller, ControllerDirectory, type ControllerLogin, infoOf } from './controller-directory.ts'
import { ControllerLine } from './controller-line.ts'
import type { ControllerNews } from './controller-news.ts'
import { DeskMeter } from './desk-meter.ts'
import type { ControllerInfo, ResolvedGatewayOptions } from './gateway-options.ts'
import type { GatewayStatistics } from './gateway-statistics.ts'
import { HomeRefreshes } from './home-refreshes.ts'
import { HomeFinder, ONLY_HOME } from './homes.ts'
import { type KnownDevice, MeshStates } from './mesh-states.ts'
import { checkRequest } from './request-check.ts'
import type { SessionEnd } from './session-ports.ts'

/** What the desk does, carried out by whoever owns it. */
export interface DeskOutput<C> {
  /** Answers false where the connection has not taken it. */
  sendFrame(handle: C, inner: number, code: number, data: Uint8Array): boolean
  /** The same controller is connected again. */
  replace(handle: C): void
  stateChanged(device: KnownDevice): void
  controllerConnected(controller: ControllerInfo): void
  controllerGone(controller: ControllerInfo, why: SessionEnd | 'lost'): void
  commandFinished(result: CommandResult): void
}

/** After a command for many: until their states are asked for. Milliseconds. */
const REFRESH_AFTER_MS = 500
const OWN_TTL_MS = 10_000
const EVERYBODY: CyncTarget = Object.freeze({ kind: 'broadcast' })

/**
 * What a gateway knows and decides: its controllers, the commands through them, and the states of the devices behind them. Is told what happened and
 * what time it is; knows no connection, actor or clock.
 */
export class GatewayDesk<C> {
  /** Of connections that broke. */
  lostCount = 0
  readonly #options: ResolvedGatewayOptions
  readonly #output: DeskOutput<C>
  readonly #homes: HomeFinder
  readonly #service: CommandService
  readonly #states = new MeshStates()
  readonly #meter: DeskMeter
  readonly #refreshes: HomeRefreshes
  readonly #ids = new MessageIds()
  readonly #controllers = new ControllerDirectory<C>()
  readonly #assumed: AssumedStates
  readonly #outcomes = new CommandOutcomes()
  #lastKey = 0
  #nowMs = 0
  #isClosing = false

  constructor(options: ResolvedGatewayOptions, output: DeskOutput<C>, firstInner: number) {
    this.#options = options
    this.#output = output
    this.#homes = new HomeFinder(options.homes)
    this.#meter = new DeskMeter(options.metricDevicesMax)
    this.#refreshes = new HomeRefreshes(options.refreshMs)
    this.#assumed = new AssumedStates(this.#states, options.groups)
    this.#service = new CommandService(
      options,
      new RetryPolicy(options.retry),
      {
        send: (line, inner, code, data) => this.#send(line, inner, code, data),
        started: (order) => this.#assumed.started(order, this.#nowMs),
        taken: (order) => this.#taken(order),
        refresh: (home) => this.#refreshes.want(home, 0, this.#nowMs),
        finished: (order, result) => this.#finished(order, result),
      },
      this.#meter,
      firstInner,
    )
  }

  /** When `tick` is to be called next. */
  get dueMs(): number {
    return Math.min(this.#service.dueMs, this.#refreshes.nextMs)
  }

  loggedIn(login: ControllerLogin<C>, nowMs: number): void {
    this.#nowMs = nowMs
    const { deviceId } = login
    const older = this.#controllers.withId(deviceId)
    if (older !== undefined) {
      this.#output.replace(older.handle)
      this.#remove(older, 'replaced', nowMs)
    }
    const home = this.#homes.homeOf(deviceId)
    const line = new ControllerLine(++this.#lastKey, deviceId, home)
    const controller: Controller<C> = { ...login, line, sinceMs: nowMs, address: undefined }
    const isFirst = this.#controllers.add(controller)
    const { probeAfterMs, queryAfterMs } = this.#options
    const queryMs = probeAfterMs === Number.POSITIVE_INFINITY ? queryAfterMs : probeAfterMs + queryAfterMs
    if (isFirst && queryMs !== Number.POSITIVE_INFINITY) this.#refreshes.want(home, queryMs, nowMs)
    const address = this.#homes.addressOf(deviceId)
    if (address !== undefined) this.#addressed(controller, address)
    this.#output.controllerConnected(infoOf(controller))
    this.#service.controllerUp(line, nowMs)
  }

  news(deviceId: number, session: number, news: ControllerNews, nowMs: number): void {
    this.#nowMs = nowMs
    const controller = this.#controllers.withId(deviceId)
    // Of a connection that was replaced: its answers are to attempts of its own, and its states no worse than others.
    const isCurrent = controller?.session === session
    const { acked = [], ended = [], reports = [], address, duplicates } = news
    if (isCurrent && address !== undefined) this.#addressed(controller, address)
    if (isCurrent && duplicates !== undefined) this.#meter.duplicates(controller.line, duplicates)
    const home = this.#homes.homeOf(deviceId)
    for (const inner of acked) this.#service.acked(inner, nowMs)
    // Before the results: where both come at once the command is confirmed.
    for (const report of reports) {
      const changed = this.#states.report(home, report, deviceId, nowMs)
      if (changed !== undefined) this.#output.stateChanged(changed)
      this.#service.stateSeen(home, report, nowMs)
    }
    for (const [inner, end] of ended) this.#service.ended(inner, end, nowMs)
  }

  /** Its session has ended. */
  left(deviceId: number, session: number, why: SessionEnd | 'lost', nowMs: number): void {
    this.#nowMs = nowMs
    const controller = this.#controllers.withId(deviceId)
    if (controller?.session === session) this.#remove(controller, why, nowMs)
  }

  /** A connection is closed, whoever says so. */
  connectionClosed(path: string, nowMs: number): void {
    this.#nowMs = nowMs
    const controller = this.#controllers.withPath(path)
    if (controller !== undefined) this.#remove(controller, 'lost', nowMs)
  }

  /** All connections of a listener are gone with it. @param path of the listener */
  listenerLost(path: string, nowMs: number): void {
    for (const controller of this.#controllers.all()) {
      if (controller.path.startsWith(`${path}/`)) this.connectionClosed(controller.path, nowMs)
    }
  }

  /**
   * Answers the id of the command, or the error for a request that is none. `onFinished` is called once, perhaps before this returns.
   */
  submit(request: CommandRequest, nowMs: number, onFinished?: (result: CommandResult) => void): string | UsageError {
    this.#nowMs = nowMs
    const id = request?.id ?? this.#ids.nextText()
    const asked = this.#orderOf(request, id)
    if (asked instanceof UsageError) return asked
    const { order, isKnown } = asked
    const why = this.#refusalOf(id, isKnown)
    if (why !== undefined) {
      onFinished?.(this.end(id, 'rejected', why))
      return id
    }
    if (onFinished !== undefined) this.#outcomes.await(id, onFinished)
    this.#service.submit(order, nowMs)
    return id
  }

  /** What is wrong with a request, before anything is done about it. */
  faultOf(request: CommandRequest): UsageError | undefined {
    const asked = this.#orderOf(request, '')
    return asked instanceof UsageError ? asked : undefined
  }

  /** The result of a command that was not even begun with. It counts as the others do. */
  end(id: string, state: 'rejected' | 'abandoned', reason: CommandReason): CommandResult {
    const result = { id, state, reason, isConfirmed: false, tookMs: 0, attempts: [], supersededBy: undefined }
    this.#service.totals.given++
    this.#service.totals.ended[state]++
    if (reason !== 'duplicate-id') this.#keep(result)
    return result
  }

  cancel(id: string, nowMs: number): boolean {
    this.#nowMs = nowMs
    return this.#service.cancel(id, nowMs)
  }

  /** The result of a command, or where it is; undefined for one that is not known, or forgotten. */
  outcome(id: string): CommandResult | { readonly id: string; readonly state: CommandState } | undefined {
    const state = this.#service.stateOf(id)
    return state === undefined ? this.#outcomes.get(id) : { id, state }
  }

  /** Takes no more commands, and ends those that live. */
  close(nowMs: number): void {
    this.#nowMs = nowMs
    this.#isClosing = true
    this.#service.close(nowMs)
  }

  /** Takes no more commands. */
  refuse(): void {
    this.#isClosing = true
  }

  /** Of commands that say nothing else. */
  get ttlMs(): number {
    return this.#options.ttlMs
  }

  get liveCount(): number {
    return this.#service.liveCount
  }

  tick(nowMs: number): void {
    this.#nowMs = nowMs
    for (let home = this.#refreshes.take(nowMs); home !== undefined; home = this.#refreshes.take(nowMs)) {
      this.#query(home, nowMs)
    }
    this.#service.tick(nowMs)
  }

  state(address: number, home: string | number = ONLY_HOME): KnownDevice | undefined {
    return this.#states.get(String(home), address)
  }

  states(home?: string | number): KnownDevice[] {
    return this.#states.list(home === undefined ? undefined : String(home))
  }

  controllers(): ControllerInfo[] {
    return this.#controllers.all().map(infoOf)
  }

  handleOf(deviceId: number): C | undefined {
    return this.#controllers.withId(deviceId)?.handle
  }

  /** One connection of each thread. */
  handleOfThreads(): Map<string, C> {
    return this.#controllers.handleOfThreads()
  }

  /** What of the statistics the desk knows. */
  figures(): Pick<GatewayStatistics, 'commands' | 'latency' | 'states' | 'threads'> & {
    readonly online: number
    readonly homes: number
  } {
    const { ended, ...totals } = this.#service.totals
    return {
      online: this.#controllers.size,
      homes: this.#controllers.homeCount,
      commands: { ...totals, ...ended, ...this.#service.countStates() },
      latency: { ack: this.#meter.ackLatency.summary, done: this.#meter.doneLatency.summary },
      states: { ...this.#states.totals, known: this.#states.size },
      threads: this.#controllers.countThreads(),
    }
  }

  /** Prometheus text of the figures by device. */
  metrics(): string {
    return this.#meter.text(this.#controllers.all().map(({ line }) => line))
  }

  #remove(controller: Controller<C>, why: SessionEnd | 'lost', nowMs: number): void {
    const { line } = controller
    if (why === 'lost') this.lostCount++
    if (this.#controllers.remove(controller)) this.#refreshes.forget(line.home, nowMs)
    this.#meter.gone(line)
    this.#service.controllerDown(line, nowMs)
    this.#output.controllerGone(infoOf(controller), why)
  }

  #addressed(controller: Controller<C>, address: number): void {
    controller.address = address
    this.#service.controllerAddress(controller.line, address)
  }

  /** Answers what is wrong where it is none. `isKnown`: whether it is known whom it is for. */
  #orderOf(
    request: CommandRequest,
    id: string,
  ): { readonly order: CommandOrder; readonly isKnown: boolean } | UsageError {
    try {
      checkRequest(request)
      const { home, target } = this.#placeOf(request)
      const { ttlMs = this.#options.ttlMs } = request
      // One that is out of range is an error whoever it is for.
      const order = orderOf(request, { id, home, target: target === 'unknown' ? EVERYBODY : target, ttlMs })
      return { order, isKnown: target !== 'unknown' || isForController(request.command) }
    } catch (error) {
      if (error instanceof UsageError) return error
      throw error
    }
  }

  /** Which home, and who there. Throws `UsageError`. */
  #placeOf({ to }: CommandRequest): { readonly home: string; readonly target: CyncTarget | undefined | 'unknown' } {
    if (to === undefined) return { home: this.#homeOf(to), target: undefined }
    if (to.kind !== 'controller') return { home: this.#homeOf(to), target: to }
    const { deviceId } = to
    const meshAddress = this.#controllers.withId(deviceId)?.address ?? this.#homes.addressOf(deviceId)
    const home = this.#homes.homeOf(deviceId)
    return { home, target: meshAddress === undefined ? 'unknown' : { kind: 'device', meshAddress } }
  }

  #homeOf(to: { readonly home?: string | number; readonly via?: number } | undefined): string {
    if (to?.home !== undefined) return String(to.home)
    if (to?.via !== undefined) return this.#homes.homeOf(to.via)
    if (this.#options.homes.kind === 'one') return ONLY_HOME
    throw new UsageError('invalid-command', 'command: to must have home or via, since there are several homes')
  }

  #refusalOf(id: string, isKnown: boolean): CommandReason | undefined {
    if (this.#isClosing) return 'closing'
    if (this.#service.stateOf(id) !== undefined) return 'duplicate-id'
    return isKnown ? undefined : 'unknown-target'
  }

  #send(line: ControllerLine, inner: number, code: number, data: Uint8Array): boolean {
    const controller = this.#controllers.withKey(line.key)
    return controller !== undefined && this.#output.sendFrame(controller.handle, inner, code, data)
  }

  #taken(order: CommandOrder): void {
    for (const device of this.#assumed.taken(order, this.#nowMs)) this.#output.stateChanged(device)
  }

  #finished(order: CommandOrder, result: CommandResult): void {
    this.#assumed.finished(order, this.#nowMs)
    const { home, address, apply, isOwn } = order
    if (isOwn) return
    this.#meter.finished(result)
    // Members of a group often say nothing; and what was taken and then failed must not be taken for done.
    const isOfMany = result.state === 'done' && address === undefined && apply !== undefined
    const wasTaken = result.state !== 'done' && result.attempts.some(({ ackedMs }) => ackedMs !== undefined)
    if (isOfMany || (wasTaken && apply !== undefined)) this.#refreshes.want(home, REFRESH_AFTER_MS, this.#nowMs)
    this.#keep(result)
    this.#outcomes.settle(result)
  }

  #keep(result: CommandResult): void {
    this.#outcomes.keep(result)
    this.#output.commandFinished(result)
  }

  #query(home: string, nowMs: number): void {
    if (!this.#controllers.hasHome(home)) return this.#refreshes.forget(home, nowMs)
    const place = { id: this.#ids.nextText(), home, target: undefined, ttlMs: OWN_TTL_MS }
    const order = orderOf({ command: { kind: 'mesh-query' } }, place)
    this.#service.submit({ ...order, isOwn: true, aspects: aspects.states }, nowMs)
  }
}
