import { type Command, Option } from 'commander'
import { createSystem, UsageError } from 'troupe'
import { type FleetOptions, PLATOON_DEVICES_MAX, resolveFleetOptions } from '../device/fleet/fleet-options.ts'
import type { FleetSummary } from '../device/fleet/fleet-protocol.ts'
import { spawnFleet } from '../device/fleet/spawn-fleet.ts'
import { formatDeviceChaos, parseDeviceChaos } from '../device/simulator/device-faults.ts'
import { firmwareKinds } from '../device/simulator/firmware.ts'
import { latencyProfileNames } from '../device/simulator/latency-profile.ts'
import { Printer } from './printer.ts'
import type { StandardStreams } from './program.ts'
import { isTerminal, StatusLine } from './status-line.ts'

/** As commander makes it of the options. */
interface FleetFlags {
  readonly gateway: string
  readonly devices: string
  readonly perHome?: string
  readonly startRate: string
  readonly threads: string
  readonly chaos: string
  readonly profile: NonNullable<FleetOptions['profile']>
  readonly firmware: NonNullable<FleetOptions['firmware']>
  readonly keepAlive: string
  readonly seed: string
  readonly seconds?: string
  readonly json: boolean
}

export interface FleetCommandOptions {
  readonly fleet: FleetOptions
  /** Worker threads; 0: all of it on this one. */
  readonly threads: number
  /** Until it ends by itself. Infinity: until it is interrupted. */
  readonly seconds: number
  readonly json: boolean
}

/** Between two lines of `--json`, and two looks for the status line. Milliseconds. */
const LOOK_MS = 1_000
const THREADS_MAX = 60
const SECONDS_MAX = 86_400
/** For the fleet to end its connections. Milliseconds. */
const FINISH_MS = 30_000
const SUMMARY_MS = 10_000

export function addFleet(program: Command, streams: StandardStreams, onEnd: (isGood: boolean) => void): void {
  program
    .command('fleet')
    .summary('simulate devices that connect to a gateway')
    .description('Simulated controllers, each with a connection of its own, until interrupted: Cync over TCP or TLS.')
    .requiredOption('--gateway <endpoint>', 'whom they connect to: tcp://host:port, tls://host:port?caFile=…')
    .option('--devices <n>', 'how many', '100')
    .option('--per-home <n>', 'controllers of one home, 1 to 255 (default: 8)')
    .option('--start-rate <n>', 'connections begun in a second at most', '200')
    .option('--threads <n>', `worker threads, 0 to ${THREADS_MAX}`, '1')
    .option('--chaos <list>', 'what goes wrong: loss=0.05,latency=20±5,lost-result=0.1,…', 'none')
    .addOption(new Option('--profile <name>', 'how long answers take').choices(latencyProfileNames).default('quiet'))
    .addOption(
      new Option('--firmware <kind>', 'what the devices are').choices([...firmwareKinds, 'mixed']).default('bulb'),
    )
    .option('--keep-alive <n>', 'seconds, of which a third goes by before a ping', '60')
    .option('--seed <n>', 'of all that is left to chance', '1')
    .option('--seconds <n>', 'end after so long (default: when interrupted)')
    .option('--json', 'print one JSON object a second, and one at the end', false)
    .action(async (flags: FleetFlags) => onEnd(await fleetCommand(optionsOf(flags), streams)))
}

function optionsOf(flags: FleetFlags): FleetCommandOptions {
  const { gateway, profile, firmware, json } = flags
  const threads = number('--threads', flags.threads, 0, THREADS_MAX)
  const deviceCount = number('--devices', flags.devices, 1, 100_000)
  const fleet: FleetOptions = {
    gateway,
    deviceCount,
    ...(flags.perHome !== undefined && { controllersPerHome: number('--per-home', flags.perHome, 1, 255) }),
    startPerSecond: number('--start-rate', flags.startRate, 1, 1_000_000),
    platoonCount: Math.max(1, threads),
    keepAliveSeconds: number('--keep-alive', flags.keepAlive, 3, 65_535),
    seed: number('--seed', flags.seed, 0, 2 ** 32 - 1),
    chaos: parseDeviceChaos(flags.chaos),
    profile,
    firmware,
  }
  const threadsMin = Math.ceil(deviceCount / PLATOON_DEVICES_MAX)
  if (threadsMin > Math.max(1, threads)) {
    const text = `--threads must be at least ${threadsMin} for ${deviceCount} devices, got ${threads}`
    throw new UsageError('invalid-option', text)
  }
  resolveFleetOptions(fleet) // a mistake shows before anything is started
  const seconds = flags.seconds === undefined ? Infinity : number('--seconds', flags.seconds, 1, SECONDS_MAX)
  return { fleet, threads, seconds, json }
}

function number(option: string, text: string, min: number, max: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= max) return value
  throw new UsageError('invalid-option', `${option} must be a whole number from ${min} to ${max}, got '${text}'`)
}

/** Runs a fleet. Answers whether any device was ever online. */
export async function fleetCommand(options: FleetCommandOptions, streams: StandardStreams): Promise<boolean> {
  const { fleet: fleetOptions, threads, seconds, json } = options
  const system = await createSystem({ threads, signals: false, log: 'silent', onRootFailure: 'stop-child' })
  const interruption = untilInterrupted(seconds)
  const printer = new Printer(streams.stdout)
  let summary: FleetSummary | undefined
  const status = json ? undefined : new StatusLine(streams.stderr, isTerminal(streams.stderr), () => line(summary))
  try {
    const fleet = spawnFleet(system, fleetOptions)
    const look = async (): Promise<void> => {
      summary = await fleet.with({ deadlineMs: SUMMARY_MS }).ask.summary()
      if (json) await printer.write(jsonLine('running', summary))
    }
    while (!interruption.isOver && !printer.isClosed) {
      await look()
      await Promise.race([interruption.within(LOOK_MS), printer.closed])
    }
    summary = await ended(fleet)
    status?.end()
    await printer.write(json ? jsonLine('ended', summary) : report(summary, fleetOptions))
    await printer.flush()
    return summary.tally.loginCount > 0
  } catch (error) {
    streams.stderr.write(`troupe fleet: ${(error as Error).message}\n`)
    return false
  } finally {
    status?.end()
    interruption.forget()
    await system.shutdown()
  }
}

/** The states as they were last, and all counts. */
async function ended(fleet: ReturnType<typeof spawnFleet>): Promise<FleetSummary> {
  const last = await fleet.with({ deadlineMs: SUMMARY_MS }).ask.summary()
  const { tally } = await fleet.with({ deadlineMs: FINISH_MS }).ask.finish()
  return { ...last, tally }
}

function jsonLine(state: 'running' | 'ended', summary: FleetSummary): string {
  return `${JSON.stringify({ state, ...summary })}\n`
}

/** `97 online  1 degraded  2 offline  0 connecting  0 parked | 12 restarts | 1,234 commands  3 again` */
function line(summary: FleetSummary | undefined): string {
  if (summary === undefined) return 'starting'
  const { states, restartCount, tally } = summary
  const { online, degraded, offline, connecting, parked } = states
  const counts = `${online} online  ${degraded} degraded  ${offline} offline  ${connecting} connecting  ${parked} parked`
  const packets = `${grouped(tally.receivedPackets)} packets in  ${grouped(tally.sentPackets)} out`
  const commands = `${grouped(tally.commandCount)} commands  ${grouped(tally.duplicateCount)} again`
  return `${counts} | ${restartCount} restarts | ${packets} | ${commands}`
}

function report(summary: FleetSummary, { gateway, deviceCount, chaos = {} }: FleetOptions): string {
  const { parked, failures } = summary
  return [
    `${deviceCount} devices at ${gateway}, chaos ${formatDeviceChaos(chaos)}`,
    line(summary),
    ...parked.map(({ name, reason }) => `parked: ${name}: ${reason}`),
    ...failures.map(({ reason, deviceCount: count }) => `${grouped(count)} not online: ${reason}`),
    '',
  ].join('\n')
}

function grouped(count: number): string {
  return count.toString().replace(/\B(?=(\d{3})+$)/g, ',')
}

interface Interruption {
  readonly isOver: boolean
  /** Resolves after so long, or when it is over. */
  within(ms: number): Promise<void>
  forget(): void
}

/** Over when the time is, or by the first signal; a second one ends the process, as if nobody listened. */
function untilInterrupted(seconds: number): Interruption {
  const controller = new AbortController()
  const stop = (): void => controller.abort()
  process.once('SIGINT', stop).once('SIGTERM', stop)
  const timer = seconds === Infinity ? undefined : setTimeout(stop, seconds * 1_000)
  const { signal } = controller
  return {
    get isOver() {
      return signal.aborted
    },
    within: (ms) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve()
        const done = (): void => {
          clearTimeout(wait)
          signal.removeEventListener('abort', done)
          resolve()
        }
        const wait = setTimeout(done, ms)
        signal.addEventListener('abort', done)
      }),
    forget() {
      process.off('SIGINT', stop).off('SIGTERM', stop)
      clearTimeout(timer)
    },
  }
}
