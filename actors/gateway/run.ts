import { type ActorRef, createSystem, SeededRandom, type System, systemClock } from 'troupe'
import { totalCount } from '../connection/packet-counts.ts'
import { Fleet, type FleetProtocol } from '../device/fleet.actor.ts'
import { Auditor, type AuditorProtocol } from '../ledger/auditor.actor.ts'
import type { LedgerTotals } from '../ledger/ledger.ts'
import { Chaos } from './chaos.ts'
import { EventLines } from './event-lines.ts'
import { type ConnectionThread, Gateway, type GatewayProtocol } from './gateway.actor.ts'
import { eventText, readGlance, seatName } from './glance.ts'
import { KillPlan } from './kill-plan.ts'
import type { GatewayOptions } from './options.ts'
import { type GatewayReport, makeReport } from './report.ts'
import type { Screen } from './screen.ts'
import { Throughput } from './throughput.ts'
import type { GatewayView } from './view.ts'

/** How often one link's ends report: more rarely in a large fleet, so that the auditor gets 2,000 reports a second at most. */
const REPORT_EVERY_MIN_MS = 250
const REPORT_EVERY_MAX_MS = 5_000
/** How long the fleet may take to end all streams, and the last reports to arrive. Milliseconds. */
const FINISH_MS = 15_000
const LAST_REPORTS_MS = 5_000
const LAST_REPORTS_EVERY_MS = 20
/** Shorter than the default, so that also a short run sees the end of an endless loop. Milliseconds. */
const WATCHDOG_MS = 2_000

/** Runs gateway and fleet until `isOver` resolves or the time is up, lets every stream end, and judges them all. */
export async function runGateway(
  options: GatewayOptions,
  screen: Screen,
  isOver: Promise<unknown>,
): Promise<GatewayReport> {
  const run = new GatewayRun(
    options,
    await createSystem({ threads: options.threads, signals: false, watchdogMs: WATCHDOG_MS, log: screen.log }),
  )
  const killEveryMs = options.kill === 'none' ? Number.POSITIVE_INFINITY : options.killEverySeconds * 1_000
  const stopKilling = every(killEveryMs, () => run.strike())
  const stopShowing = every(screen.everyMs, async () => screen.show(await run.look()))
  await run.untilOver(isOver)
  await Promise.all([stopKilling(), stopShowing()])
  screen.ending()
  return run.finish()
}

/** One system with gateway and fleet. */
class GatewayRun {
  readonly #options: GatewayOptions
  readonly #system: System
  readonly #seed: number
  readonly #startedMs = systemClock.nowMs()
  readonly #auditor: ActorRef<AuditorProtocol>
  readonly #gateway: ActorRef<GatewayProtocol>
  readonly #fleet: ActorRef<FleetProtocol>
  readonly #chaos: Chaos
  readonly #events = new EventLines()
  readonly #sent = new Throughput(this.#startedMs)
  readonly #received = new Throughput(this.#startedMs)

  constructor(options: GatewayOptions, system: System) {
    this.#options = options
    this.#system = system
    this.#seed = options.seed ?? Math.floor(systemClock.nowMs() * 1_000) >>> 0
    const { devices, pace, rate } = options
    const reportEveryMs = Math.min(Math.max(devices, REPORT_EVERY_MIN_MS), REPORT_EVERY_MAX_MS)
    // The main thread is never killed. The auditor is the first to start and so the last to stop.
    const auditor = system.spawn(Auditor, [], { name: 'auditor', placement: 'here' })
    const connectionThreads = Math.max(1, options.threads)
    const gateway = system.spawn(Gateway, [connectionThreads, { auditor, reportEveryMs }], {
      name: 'gateway',
      placement: 'here',
    })
    const fleetSettings = { deviceCount: devices, pace, rate, seed: this.#seed, reportEveryMs, gateway, auditor }
    const fleet = system.spawn(Fleet, [fleetSettings], { name: 'fleet', placement: 'here' })
    const plan = new KillPlan(options.kill, new SeededRandom(this.#seed))
    this.#auditor = auditor
    this.#gateway = gateway
    this.#fleet = fleet
    const threads = {
      nameOf: ({ connection }: ConnectionThread) => seatName(system.threadOf(connection)),
      terminate: ({ connection }: ConnectionThread) => system.killThread(connection),
    }
    this.#chaos = new Chaos({ plan, auditor, gateway, fleet, threads })
    system.events.on('all', (event) => this.#events.add(eventText(event), this.#elapsedMs))
  }

  get #elapsedMs(): number {
    return systemClock.nowMs() - this.#startedMs
  }

  async untilOver(isOver: Promise<unknown>): Promise<void> {
    const { seconds } = this.#options
    if (seconds === undefined) return void (await isOver)
    let timer: NodeJS.Timeout | undefined
    const isTimeUp = new Promise((resolve) => {
      timer = setTimeout(resolve, seconds * 1_000)
    })
    await Promise.race([isOver, isTimeUp])
    clearTimeout(timer)
  }

  async strike(): Promise<void> {
    const kill = await this.#chaos.strike()
    if (kill !== undefined) this.#events.add(kill, this.#elapsedMs)
  }

  async look(): Promise<GatewayView> {
    const totals = await this.#auditor.ask.totals()
    const nowMs = systemClock.nowMs()
    return {
      ...readGlance(this.#system),
      elapsedMs: this.#elapsedMs,
      sentPerSecond: this.#sent.sample(totalCount(totals.packets.sent), nowMs),
      receivedPerSecond: this.#received.sample(totalCount(totals.packets.received), nowMs),
      totals,
      events: this.#events.lines(),
    }
  }

  /** Ends every stream, judges them, shuts the system down, and only then counts its messages. */
  async finish(): Promise<GatewayReport> {
    const elapsedMs = this.#elapsedMs
    const troubles: string[] = []
    const note = (error: Error) => void troubles.push(error.message)
    // A device that is restarted from here on finds no door, so that no stream begins any more.
    this.#gateway.tell.close()
    const unfinished = await this.#fleet.with({ deadlineMs: FINISH_MS }).ask.finish().catch(note)
    if (unfinished !== undefined && unfinished > 0)
      troubles.push(`${unfinished} devices did not end their stream in time`)
    const totals = await this.#lastTotals()
    const { restartCount } = readGlance(this.#system)
    await this.#system.shutdown().catch(note)
    const account = await this.#system.account()
    const { devices, threads } = this.#options
    return makeReport({
      elapsedMs,
      seed: this.#seed,
      node: process.version,
      devices,
      threads,
      totals,
      restarts: restartCount,
      troubles,
      account,
    })
  }

  async #lastTotals(): Promise<LedgerTotals> {
    const deadlineMs = systemClock.nowMs() + LAST_REPORTS_MS
    while ((await this.#auditor.ask.openCount()) > 0 && systemClock.nowMs() < deadlineMs) {
      await new Promise((resolve) => setTimeout(resolve, LAST_REPORTS_EVERY_MS))
    }
    return this.#auditor.ask.close()
  }
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
