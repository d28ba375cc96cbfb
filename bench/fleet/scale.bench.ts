import { setTimeout as sleep } from 'node:timers/promises'
import { type ActorRef, createSystem } from 'troupe'
import { type DeviceFleetProtocol, type FleetOptions, spawnFleet } from 'troupe/actors'
import { type BenchCase, benchCase, type Outcome } from '../harness/bench-case.ts'
import { settledMemory, sumBelow } from '../harness/measure.ts'
import { siblingModule } from '../harness/package-root.ts'
import { requireOpenFiles } from '../net/open-files.ts'
import { startPartner } from '../net/partner.ts'
import { ours } from '../peers/contenders.ts'

interface Size {
  readonly [key: string]: number
  readonly devices: number
  /** In which each device gets one command. */
  readonly seconds: number
  /** That are there before memory is measured: the first ones make the process grow for all. */
  readonly warmUp: number
}

/** What was to be reached: memory of a device, 99th percentile of a command. */
const DEVICE_BYTES = 25_000
const P99_MS = 800

/**
 * Simulated controllers in one process, held by the gateway in another: each has a connection, pings when it is quiet, and gets one command in ten
 * seconds, whose result is waited for. A home each, no latency of their own. What is measured is the memory of the process of the devices, and what a command takes.
 */
function scaleCase(devices: number): BenchCase {
  const bench = `fleet/scale-${devices}`
  const size = {
    full: { devices, seconds: 10, warmUp: 1_000 },
    quick: { devices, seconds: 10, warmUp: 1_000 },
    smoke: { devices: 50, seconds: 1, warmUp: 10 },
  }
  return benchCase<Size>({
    name: bench,
    rows: [
      { bench: `${bench}/p99`, figure: 'p99', unit: 'ms', better: 'less', limit: P99_MS },
      { bench: `${bench}/rss`, figure: 'rss', unit: 'bytes/device', better: 'less', limit: DEVICE_BYTES },
      { bench: `${bench}/held`, figure: 'held', unit: 'devices', better: 'more', limit: devices },
      { bench: `${bench}/p50`, figure: 'p50', unit: 'ms', better: 'less', limit: P99_MS },
    ],
    ours: ours(import.meta.url, size),
    peers: [],
    expected: (one) => ({ counted: one.devices + one.warmUp, checksum: sumBelow(one.devices + one.warmUp) }),
  })
}

export const scale1000 = scaleCase(1_000)
export const scale5000 = scaleCase(5_000)
export const scale10000 = scaleCase(10_000)

/** Behind those that are measured. */
const WARM_UP_HOME = 1_000_000
const PAGE_BYTES = 4_096
const LOOK_MS = 100

export const works = {
  async ours({ devices, seconds, warmUp }: Size): Promise<Outcome> {
    requireOpenFiles(devices + warmUp)
    const gateway = await startPartner('process', siblingModule('gateway-end', import.meta.url), 'cyncGateway')
    const url = await gateway.url()
    const system = await createSystem({ threads: 0 })
    const start = (options: Partial<FleetOptions>): ActorRef<DeviceFleetProtocol> => {
      const common = { controllersPerHome: 1, profile: 'instant', platoonCount: 1, startPerSecond: 2_000 } as const
      // Short enough that pings fall due between two commands.
      return spawnFleet(system, { gateway: url, keepAliveSeconds: 15, ...common, ...options })
    }
    await online(start({ deviceCount: warmUp, firstHome: WARM_UP_HOME }), warmUp)
    const before = await settledMemory()
    const fleet = start({ deviceCount: devices })
    await online(fleet, devices)
    while ((await gateway.online()) < devices + warmUp) await sleep(LOOK_MS)
    const driven = await gateway.drive(seconds)
    const { states } = await summary(fleet)
    const after = await settledMemory()
    const rss = Math.max(PAGE_BYTES, after.rssBytes - before.rssBytes) / devices
    const { done: counted, checksum, p50Ms: p50, p99Ms: p99 } = driven
    return { counted, checksum, figures: { p50, p99, rss, held: states.online } }
  },
}

async function online(fleet: ActorRef<DeviceFleetProtocol>, count: number): Promise<void> {
  while ((await summary(fleet)).states.online < count) await sleep(LOOK_MS)
}

function summary(fleet: ActorRef<DeviceFleetProtocol>) {
  return fleet.with({ deadlineMs: 30_000 }).ask.summary()
}
