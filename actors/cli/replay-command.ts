import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { createSystem, ProtocolError, UsageError } from 'troupe'
import { formatEndpoint, resolveEndpoint } from '../connection/endpoint.ts'
import { Printer } from './printer.ts'
import type { StandardStreams } from './program.ts'
import { type ReplayPlan, replayPlan } from './replay-plan.ts'
import { type ReplayResult, ReplayRun } from './replay-run.ts'

interface ReplayFlags {
  readonly to: string
  readonly speed: string
  readonly connections: string
  readonly wait: string
  readonly json: boolean
}

const CONNECTIONS_MAX = 10_000
const SPEED_MAX = 1_000_000
const WAIT_MS_MAX = 600_000

/** `troupe replay`. */
export function addReplay(program: Command, streams: StandardStreams, onEnd: (isGood: boolean) => void): void {
  program
    .command('replay')
    .summary('send a recording of Cync devices to a gateway')
    .description('Sends what the devices of a recording (NDJSON) have sent, and says what became of each packet.')
    .argument('<file>', 'the recording')
    .option('--to <endpoint>', 'the gateway', 'tcp://127.0.0.1:23778')
    .option('--speed <n>', 'times as fast as recorded, or max', 'max')
    .option('--connections <n>', 'connections at the same time, at most', '100')
    .option('--wait <ms>', 'how long to wait for answers that are missing', '5000')
    .option('--json', 'print the report as JSON', false)
    .action(async (file: string, flags: ReplayFlags) => {
      onEnd(await replay(file, flags, streams))
    })
}

async function replay(file: string, flags: ReplayFlags, streams: StandardStreams): Promise<boolean> {
  const endpoint = resolveEndpoint(flags.to)
  if (endpoint.protocol === 'udp') {
    throw new UsageError('invalid-endpoint', `${formatEndpoint(endpoint)}: troupe replay takes tcp, tls and unix`)
  }
  const speed = flags.speed === 'max' ? Number.POSITIVE_INFINITY : number('--speed', flags.speed, 0.001, SPEED_MAX)
  const connectionsMax = wholeNumber('--connections', flags.connections, 1, CONNECTIONS_MAX)
  const waitMs = wholeNumber('--wait', flags.wait, 1, WAIT_MS_MAX)
  const plan = planOf(file, streams)
  if (plan === undefined) return false
  const system = await createSystem({ threads: 0, signals: false, log: 'silent', onRootFailure: 'stop-child' })
  const run = new ReplayRun(system, endpoint, { speed, connectionsMax, waitMs })
  const interrupt = (): void => run.stop()
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  try {
    const result = await run.run(plan)
    const printer = new Printer(streams.stdout)
    await printer.write(flags.json ? `${JSON.stringify(reportOf(plan, result))}\n` : reportText(plan, result))
    await printer.flush()
    return isComplete(result)
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
    await system.shutdown()
  }
}

/** Undefined for what is no recording, which is told. */
function planOf(file: string, { stderr }: StandardStreams): ReplayPlan | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new UsageError('file-unreadable', `cannot read ${file}: ${(cause as Error).message}`, { cause })
  }
  try {
    return replayPlan(text)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    stderr.write(`troupe replay: ${error.message}\n`)
    return undefined
  }
}

/** All was sent, and all that can be answered was. */
function isComplete({ account, failedConnections, wasStopped }: ReplayResult): boolean {
  const { unsent, unanswered } = account.totals
  return unsent === 0 && unanswered === 0 && failedConnections === 0 && !wasStopped
}

function reportOf(plan: ReplayPlan, result: ReplayResult): object {
  const { sessions, ...recorded } = plan
  const { account, elapsedMs, ...connections } = result
  return {
    isComplete: isComplete(result),
    recorded,
    sessions: sessions.length,
    ...connections,
    elapsedMs: Math.round(elapsedMs),
    totals: account.totals,
    types: account.types,
    received: account.received,
  }
}

function reportText(plan: ReplayPlan, result: ReplayResult): string {
  const { account, connections, failedConnections, cutConnections, elapsedMs } = result
  const rows = [
    ['type', 'sent', 'answered', 'refused', 'unanswered', 'unsent'],
    ...[...Object.entries(account.types), ['all', account.totals] as const].map(([name, type]) =>
      [name, type.sent, type.answered, type.refused, type.unanswered, type.unsent].map(String),
    ),
  ]
  const lines = rows.map((row) => row.map((cell, at) => (at === 0 ? cell.padEnd(6) : cell.padStart(11))).join(''))
  const received = Object.entries(account.received).map(([name, count]) => `${name} ${count}`)
  return `${[
    `${plan.packets} packets of ${plan.recordedConnections} recorded connections, ${plan.bytes} bytes`,
    `${connections} connections made, ${failedConnections} failed, ${cutConnections} cut short, ${Math.round(elapsedMs)} ms`,
    ...(plan.skippedBytes + plan.incompleteBytes > 0
      ? [`${plan.skippedBytes} bytes in no packet, ${plan.incompleteBytes} of packets that were not recorded whole`]
      : []),
    ...lines,
    `received: ${received.join(', ') || 'nothing'}`,
  ].join('\n')}\n`
}

function wholeNumber(option: string, text: string, min: number, max: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= max) return value
  throw new UsageError('invalid-option', `${option} must be a whole number from ${min} to ${max}, got '${text}'`)
}

function number(option: string, text: string, min: number, max: number): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= max) return value
  throw new UsageError('invalid-option', `${option} must be a number from ${min} to ${max}, or max, got '${text}'`)
}
