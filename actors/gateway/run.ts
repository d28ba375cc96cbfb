import { type ActorRef, createSystem, SeededRandom, type System, systemClock } from 'troupe'
import { totalCount } from '../connection/packet-counts.ts'
import { type FleetOptions, resolveFleetOptions } from '../device/fleet/fleet-options.ts'
import { FleetPlan } from '../device/fleet/fleet-plan.ts'
import type { DeviceFleetProtocol } from '../device/fleet/fleet-protocol.ts'
import { spawnFleet } from '../device/fleet/spawn-fleet.ts'
import type { CommandTarget } from '../device/gateway/command-request.ts'
import type { CyncGatewayProtocol } from '../device/gateway/gateway.actor.ts'
import type { GatewayStatistics } from '../device/gateway/gateway-statistics.ts'
import { serveCync } from '../device/gateway/serve-cync.ts'
import { type CommandTotals, noCommands, underWayCount } from './command-totals.ts'
import { EventLines } from './event-lines.ts'
import { eventText, readGlance } from './glance.ts'
import type { KeyAction } from './keys.ts'
import { KillPlan } from './kill-plan.ts'
import { Operator, type OperatorProtocol } from './operator.actor.ts'
import { type GatewayOptions, LOSS_MAX } from './options.ts'
import { type GatewayReport, makeReport } from './report.ts'
import type { Screen } from './screen.ts'
import { Strikes } from './strikes.ts'
import { Throughput } from './throughput.ts'
import type { FleetView, GatewayView } from './view.ts'

/** How long commands may take to come to their results and devices to be back, at the end. Milliseconds. */
const SETTLE_MS = 30_000
const SETTLE_EVERY_MS = 100
/** How long threads and gateway may take to begin, on a machine with much else to do. Milliseconds. */
const START_MS = 60_000
/** How long the streams of all devices may take to end. Milliseconds. */
const FINISH_MS = 15_000
/** Shorter than the default, so that also a short run sees the end of an endless loop. Milliseconds. */
const WATCHDOG_MS = 2_000
/** Faster than real ones log in again, and slow enough that their start is seen. */
const STARTS_PER_SECOND = 100
const LOSS_STEP = 0.05

/** Runs gateway and fleet until `isOver` resolves or the time is up, lets everything come to its end, and draws the account. */
export async function runGateway(
  options: GatewayOptions,
  screen: Screen,
  isOver: Promise<unknown>,
  onKeys: (act: (action: KeyAction) => void) => void = () => {},
): Promise<GatewayReport> {
  const run = await GatewayRun.begin(options, screen)
  const isQuit = new Promise<void>((resolve) => onKeys((action) => run.press(action, resolve)))
  const killEveryMs = options.kill === 'none' ? Number.POSITIVE_INFINITY : options.killEverySeconds * 1_000
  const stopKilling = every(killEveryMs, () => run.strike())
  const stopShowing = every(screen.everyMs, async () => screen.show(await run.look()))
  await run.untilOver(Promise.race([isOver, isQuit]))
  await Promise.all([stopKilling(), stopShowing()])
  screen.ending()
  return run.finish()
}

interface RunParts {
  readonly options: GatewayOptions
  readonly system: System
  readonly seed: number
  readonly gateway: ActorRef<CyncGatewayProtocol>
  readonly fleet: ActorRef<DeviceFleetProtocol>
  readonly operator: ActorRef<OperatorProtocol>
  readonly strikes: Strikes
}

/** One system with gateway, fleet and operator. */
class GatewayRun {
  readonly #parts: RunParts
  readonly #startedMs = systemClock.nowMs()
  readonly #events = new EventLines()
  readonly #received = new Throughput(this.#startedMs)
  readonly #done = new Throughput(this.#startedMs)
  #loss: number

  static async begin(options: GatewayOptions, screen: Screen): Promise<GatewayRun> {
    const { threads } = options
    const system = await createSystem({ threads, signals: false, watchdogMs: WATCHDOG_MS, log: screen.log })
    try {
      return new GatewayRun(await startParts(options, system))
    } catch (error) {
      await system.shutdown()
      throw error
    }
  }

  private constructor(parts: RunParts) {
    this.#parts = parts
    this.#loss = parts.options.loss
    parts.system.events.on('all', (event) => this.#note(eventText(event)))
  }

  get #elapsedMs(): number {
    return systemClock.nowMs() - this.#startedMs
  }

  async untilOver(isOver: Promise<unknown>): Promise<void> {
    const { seconds } = this.#parts.options
    if (seconds === undefined) return void (await isOver)
    let timer: NodeJS.Timeout | undefined
    const isTimeUp = new Promise((resolve) => {
      timer = setTimeout(resolve, seconds * 1_000)
    })
    await Promise.race([isOver, isTimeUp])
    clearTimeout(timer)
  }

  async strike(): Promise<void> {
    const kill = await this.#parts.strikes.strike()
    if (kill !== undefined) this.#note(kill)
  }

  press(action: KeyAction, quit: () => void): void {
    // What a key asks for may fail, as when a thread dies meanwhile: it can be pressed again.
    if (action === 'quit') quit()
    else
      this.#act(action).then(
        (text) => this.#note(text),
        () => {},
      )
  }

  async #act(action: Exclude<KeyAction, 'quit'>): Promise<string> {
    const { operator, strikes } = this.#parts
    if (action === 'toggle-group') return operator.ask.switchGroup()
    if (action === 'kill-thread') return strikes.killThread()
    return this.#setLoss(this.#loss + (action === 'more-loss' ? LOSS_STEP : -LOSS_STEP))
  }

  async #setLoss(loss: number): Promise<string> {
    // In whole steps: the sum of many would not be the number that is shown.
    this.#loss = Math.min(Math.max(Math.round(loss / LOSS_STEP) * LOSS_STEP, 0), LOSS_MAX)
    await this.#parts.fleet.ask.setChaos({ lossRate: this.#loss })
    return `devices lose ${Math.round(this.#loss * 100)} % of what they send`
  }

  #note(text: string): void {
    this.#events.add(text, this.#elapsedMs)
  }

  async look(): Promise<GatewayView> {
    const { system, gateway, fleet, operator } = this.#parts
    const [statistics, { states }, commands] = await Promise.all([
      gateway.ask.statistics(),
      fleet.ask.summary(),
      operator.ask.totals(),
    ])
    const nowMs = systemClock.nowMs()
    return {
      ...readGlance(system),
      elapsedMs: this.#elapsedMs,
      fleet: states,
      commands,
      latency: latencyOf(statistics),
      retransmitCount: statistics.commands.retransmits,
      duplicateCount: statistics.packets.duplicates,
      receivedPerSecond: this.#received.sample(
        totalCount(statistics.packets.received as Record<string, number>),
        nowMs,
      ),
      donePerSecond: this.#done.sample(commands.done, nowMs),
      loss: this.#loss,
      events: this.#events.lines(),
    }
  }

  /** Ends the chaos, waits for results and devices, shuts the system down, and only then counts its messages. */
  async finish(): Promise<GatewayReport> {
    const { options, system, seed, gateway, fleet, operator, strikes } = this.#parts
    const elapsedMs = this.#elapsedMs
    const troubles: string[] = []
    const note = (error: Error) => void troubles.push(error.message)
    operator.tell.rest()
    await fleet.ask.setChaos({}).catch(note)
    const { states, commands } = await this.#settled()
    const statistics = await gateway.ask.statistics().catch(note)
    await fleet.with({ deadlineMs: FINISH_MS }).ask.finish().catch(note)
    await gateway.with({ deadlineMs: FINISH_MS }).ask.close().catch(note)
    const { restartCount } = readGlance(system)
    await system.shutdown().catch(note)
    return makeReport({
      elapsedMs,
      seed,
      node: process.version,
      devices: options.devices,
      threads: options.threads,
      fleet: states,
      commands,
      latency: statistics && latencyOf(statistics),
      retransmits: statistics?.commands.retransmits ?? 0,
      duplicates: statistics?.packets.duplicates ?? 0,
      packetsSent: statistics?.packets.sent ?? 0,
      packetsReceived: (statistics?.packets.received ?? {}) as Record<string, number>,
      kills: strikes.counts,
      restarts: restartCount,
      troubles,
      account: await system.account(),
    })
  }

  /** Waits until every command has its result and every device is online, but not for ever. */
  async #settled(): Promise<{ states: FleetView; commands: CommandTotals }> {
    const { fleet, operator, options } = this.#parts
    const deadlineMs = systemClock.nowMs() + SETTLE_MS
    let states: FleetView = { connecting: 0, online: 0, degraded: 0, offline: 0, parked: 0 }
    let commands: CommandTotals = noCommands
    do {
      await new Promise((resolve) => setTimeout(resolve, SETTLE_EVERY_MS))
      // An ask fails while the thread of whom it needs is replaced: the next one may succeed.
      states = await fleet.ask.summary().then(
        (summary) => summary.states,
        () => states,
      )
      commands = await operator.ask.totals().catch(() => commands)
    } while ((underWayCount(commands) > 0 || isMissing(states, options)) && systemClock.nowMs() < deadlineMs)
    return { states, commands }
  }
}

/** The main thread is never killed: gateway, fleet and operator live there, what they supervise lives on the workers. */
async function startParts(options: GatewayOptions, system: System): Promise<RunParts> {
  const seed = options.seed ?? Math.floor(systemClock.nowMs() * 1_000) >>> 0
  const threads = Math.max(1, options.threads)
  const gateway = serveCync(system, 'tcp://127.0.0.1:0', {
    homes: { kind: 'by-id' },
    threads,
    spawn: { name: 'gateway', placement: 'here' },
  })
  const [endpoint] = await gateway.with({ deadlineMs: START_MS }).ask.endpoints()
  const fleetOptions: FleetOptions = {
    gateway: endpoint!,
    deviceCount: options.devices,
    platoonCount: threads,
    startPerSecond: Math.max(STARTS_PER_SECOND, options.devices / 4),
    profile: options.profile,
    firmware: 'mixed',
    chaos: { lossRate: options.loss },
    failuresMax: Number.POSITIVE_INFINITY,
    seed,
  }
  const plan = new FleetPlan(resolveFleetOptions(fleetOptions))
  const indexes = Array.from({ length: options.devices }, (_, index) => index)
  const operatorSettings = {
    gateway,
    deviceIds: indexes.map((index) => plan.deviceIdOf(index)),
    groups: groupsOf(new Set(indexes.map((index) => plan.homeOf(index)))),
    commandsPerSecond: options.rate,
    seed,
  }
  const fleet = spawnFleet(system, fleetOptions, { name: 'fleet', placement: 'here' })
  const strikes = new Strikes(system, gateway, fleet, new KillPlan(options.kill, new SeededRandom(seed)))
  await strikes.placeSaboteurs(options.threads)
  const operator = system.spawn(Operator, [operatorSettings], { name: 'operator', placement: 'here' })
  return { options, system, seed, gateway, fleet, operator, strikes }
}

function groupsOf(homes: ReadonlySet<number>): CommandTarget[] {
  return [...homes].map((home) => ({ kind: 'group', group: 0, home: String(home) }))
}

/** Those that are degraded count as missing: they have not answered of late. */
function isMissing({ online }: FleetView, { devices }: GatewayOptions): boolean {
  return online < devices
}

function latencyOf({ latency }: GatewayStatistics): GatewayView['latency'] {
  const { count, p50Ms, p99Ms } = latency.done
  return count === 0 ? undefined : { p50Ms, p99Ms }
}

/**
 * Calls `act` again and again, never twice at a time, until the function that it answers is called; what that answers resolves
 * when the last act is over. An act that fails is left out.
 */
function every(intervalMs: number, act: () => Promise<void>): () => Promise<void> {
  if (intervalMs === Number.POSITIVE_INFINITY) return async () => {}
  let running: Promise<void> | undefined
  const timer = setInterval(() => {
    // An act fails when an ask in it times out: the machine is busy, the next one may succeed.
    running ??= act()
      .catch(() => {})
      .finally(() => {
        running = undefined
      })
  }, intervalMs)
  return async () => {
    clearInterval(timer)
    await running
  }
}
