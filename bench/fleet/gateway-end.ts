import { type ActorRef, createSystem } from 'troupe'
import { type CyncGatewayProtocol, serveCync } from 'troupe/actors'
import { sumBelow } from '../harness/measure.ts'
import { percentile } from '../harness/statistics.ts'

/** What the commands of one run came to. */
export interface Driven {
  /** Commands that were done. */
  readonly done: number
  /** Sum of the numbers of these. */
  readonly checksum: number
  /** From the command to its result. Milliseconds. */
  readonly p50Ms: number
  readonly p99Ms: number
}

export interface CyncGatewayEnd {
  url(): Promise<string>
  /** Controllers that have logged in. */
  online(): Promise<number>
  /** One command to each controller, spread evenly over so many seconds. */
  drive(seconds: number): Promise<Driven>
}

export interface FleetEnds {
  cyncGateway(): Promise<CyncGatewayEnd>
}

/** The gateway, in a process of its own, and whoever commands. */
export const ends = { cyncGateway } satisfies FleetEnds

const ASK_MS = 60_000
/** Controllers that one answer names: so few that also the smallest run takes more than one. Count. */
const PAGE = 50
/** Commands are given in as many turns a second. */
const TURNS_PER_SECOND = 100

async function cyncGateway(): Promise<CyncGatewayEnd> {
  const system = await createSystem({ threads: 0 })
  const gateway = serveCync(system, 'tcp://127.0.0.1:0', { homes: { kind: 'by-id' }, connectionsMax: 50_000 })
  await gateway.ready()
  return {
    url: async () => (await gateway.ask.endpoints())[0] as string,
    online: async () => (await gateway.ask.statistics()).controllers.online,
    drive: (seconds) => drive(gateway, seconds),
  }
}

async function drive(gateway: ActorRef<CyncGatewayProtocol>, seconds: number): Promise<Driven> {
  const deviceIds = await allDeviceIds(gateway)
  const latencies: number[] = []
  const done: number[] = []
  const command = async (index: number): Promise<void> => {
    const to = { kind: 'controller', deviceId: deviceIds[index] as number } as const
    const startMs = performance.now()
    const result = await gateway
      .with({ deadlineMs: ASK_MS })
      .ask.command({ to, command: { kind: 'power', isOn: index % 2 === 0 } })
    latencies.push(performance.now() - startMs)
    if ('state' in result && result.state === 'done') done.push(index)
  }
  const commands: Promise<void>[] = []
  const startMs = performance.now()
  while (commands.length < deviceIds.length) {
    const share = (performance.now() - startMs) / (seconds * 1_000)
    while (commands.length < Math.min(deviceIds.length, share * deviceIds.length))
      commands.push(command(commands.length))
    await new Promise((resolve) => setTimeout(resolve, 1_000 / TURNS_PER_SECOND))
  }
  await Promise.all(commands)
  const p50Ms = percentile(latencies, 0.5)
  const p99Ms = percentile(latencies, 0.99)
  const isComplete = done.length === deviceIds.length
  return { done: done.length, checksum: isComplete ? sumBelow(done.length) : Number.NaN, p50Ms, p99Ms }
}

async function allDeviceIds(gateway: ActorRef<CyncGatewayProtocol>): Promise<readonly number[]> {
  const deviceIds: number[] = []
  for (;;) {
    const page = await gateway.with({ deadlineMs: ASK_MS }).ask.controllers(deviceIds.length, PAGE)
    deviceIds.push(...page.map(({ deviceId }) => deviceId))
    if (page.length < PAGE) return deviceIds
  }
}
