import type { MessageAccount } from 'troupe'
import { totalCount } from '../connection/packet-counts.ts'
import { type CommandTotals, underWayCount } from './command-totals.ts'
import type { FleetView, GatewayView } from './view.ts'

/** Packets by name of their type. */
export type PacketsByType = Readonly<Record<string, number>>

/** The totals of a run: what `--json` prints. */
export interface GatewayReport {
  /** Whether the run is to be trusted: exit code 0. */
  readonly ok: boolean
  /** Why not, one sentence each. Empty when `ok`. */
  readonly problems: readonly string[]
  readonly seconds: number
  readonly seed: number
  readonly node: string
  readonly devices: number
  readonly threads: number
  /** Devices by state, at the end, after those that were connecting had their time to. */
  readonly fleet: FleetView
  /** issued = the sum of the others. */
  readonly commands: CommandTotals
  /** From a command's beginning to its result, of those that were done. Milliseconds; null if there is none. */
  readonly latencyMs: { readonly p50: number; readonly p99: number } | null
  readonly retransmits: number
  /** Packets that a device sent twice, and commands it had done already. */
  readonly duplicatesDropped: number
  /** Of the gateway. What connections of a thread that was killed had counted in its last second is lost with it. */
  readonly packets: {
    readonly sent: { readonly total: number }
    readonly received: { readonly total: number; readonly byType: PacketsByType }
  }
  readonly kills: KillCounts
  readonly restarts: number
  /** Messages that no handler finished, by reason, and together. */
  readonly deadLetters: { readonly total: number; readonly byReason: Readonly<Record<string, number>> }
  /** sent = handled + deadLettered + lost + queued, if it is exact. `lost` are those that were with a thread when it died. */
  readonly account: Omit<MessageAccount, 'deadLettersByReason'>
}

export interface KillCounts {
  readonly device: number
  readonly connection: number
  readonly thread: number
}

/** What a report is made of. */
export interface RunFacts {
  readonly elapsedMs: number
  readonly seed: number
  readonly node: string
  readonly devices: number
  readonly threads: number
  readonly fleet: FleetView
  readonly commands: CommandTotals
  readonly latency: GatewayView['latency']
  readonly retransmits: number
  readonly duplicates: number
  readonly packetsSent: number
  readonly packetsReceived: PacketsByType
  readonly kills: KillCounts
  readonly restarts: number
  /** What went wrong with the run itself, one sentence each. */
  readonly troubles: readonly string[]
  readonly account: MessageAccount
}

export function makeReport(facts: RunFacts): GatewayReport {
  const { latency } = facts
  const { deadLettersByReason, ...account } = facts.account
  const problems = findProblems(facts)
  return {
    ok: problems.length === 0,
    problems,
    seconds: Math.round(facts.elapsedMs) / 1_000,
    seed: facts.seed,
    node: facts.node,
    devices: facts.devices,
    threads: facts.threads,
    fleet: facts.fleet,
    commands: facts.commands,
    latencyMs: latency === undefined ? null : { p50: latency.p50Ms, p99: latency.p99Ms },
    retransmits: facts.retransmits,
    duplicatesDropped: facts.duplicates,
    packets: {
      sent: { total: facts.packetsSent },
      received: { total: totalCount(facts.packetsReceived), byType: facts.packetsReceived },
    },
    kills: facts.kills,
    restarts: facts.restarts,
    deadLetters: { total: totalCount(deadLettersByReason), byReason: withoutZeros(deadLettersByReason) },
    account,
  }
}

function findProblems(facts: RunFacts): string[] {
  const { account, commands, fleet, devices } = facts
  const problems: string[] = [...facts.troubles]
  if (!account.isExact) {
    const { sent, handled, deadLettered, lost, queued } = account
    problems.push(
      `the message account is not exact: ${sent} sent, ${handled} handled, ${deadLettered} dead letters, ${lost} lost, ${queued} queued`,
    )
  }
  // Counted by other code than the account is.
  const reasonCount = totalCount(account.deadLettersByReason)
  const unhandledCount = account.deadLettered + account.lost
  if (reasonCount !== unhandledCount) {
    problems.push(`${unhandledCount} messages were dead letters or lost, but reasons were given for ${reasonCount}`)
  }
  const open = underWayCount(commands)
  if (open !== 0) problems.push(`${commands.issued} commands were issued, and ${open} of them have no result`)
  if (commands.unanswered > 0) problems.push(`the gateway did not answer ${commands.unanswered} commands`)
  if (commands.done === 0) problems.push('no command was done')
  if (fleet.online !== devices) problems.push(`${fleet.online} of ${devices} devices were online at the end`)
  return problems
}

/** The report for people, one string a line. */
export function renderReport(report: GatewayReport): string[] {
  const { packets, kills, account, deadLetters, latencyMs } = report
  return [
    `${report.seconds.toFixed(1)} s, ${report.devices} devices on ${report.threads} worker threads, seed ${report.seed}`,
    `devices   ${listed(report.fleet)}`,
    `commands  ${listed(withoutZeros(report.commands))}`,
    latencyMs === null
      ? 'latency   –'
      : `latency   p50 ${latencyMs.p50.toFixed(1)} ms, p99 ${latencyMs.p99.toFixed(1)} ms`,
    `resent    ${report.retransmits} commands; ${report.duplicatesDropped} duplicates dropped`,
    `sent      ${packets.sent.total} packets`,
    `received  ${packets.received.total} packets   ${listed(packets.received.byType)}`,
    `kills     ${listed(kills)}`,
    `restarts  ${report.restarts}`,
    `messages  ${account.sent} sent = ${account.handled} handled + ${account.deadLettered} dead letters + ` +
      `${account.lost} lost with their thread + ${account.queued} queued`,
    ...(deadLetters.total === 0 ? [] : [`unhandled ${listed(deadLetters.byReason)}`]),
    ...report.problems.map((problem) => `WRONG: ${problem}`),
    report.ok
      ? 'Every message and every command is accounted for, and every device is online.'
      : 'This run is not to be trusted.',
  ]
}

function withoutZeros(counts: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))
}

function listed(counts: object): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')
}
