import type { MessageAccount } from 'troupe'
import { totalCount } from '../connection/packet-counts.ts'
import type { LedgerTotals } from '../ledger/ledger.ts'
import { isAccepted, type Verdict } from '../ledger/verdict.ts'

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
  readonly bytes: LedgerTotals['bytes']
  /** By type byte, and together. */
  readonly packets: {
    readonly sent: { readonly total: number; readonly byType: Readonly<Record<string, number>> }
    readonly received: { readonly total: number; readonly byType: Readonly<Record<string, number>> }
  }
  readonly links: LedgerTotals['links']
  readonly kills: LedgerTotals['kills']
  readonly restarts: number
  /** Messages that no handler finished, by reason, and together. */
  readonly deadLetters: { readonly total: number; readonly byReason: Readonly<Record<string, number>> }
  /** sent = handled + deadLettered + lost + queued, if it is exact. `lost` are those that were with a thread when it died. */
  readonly account: Omit<MessageAccount, 'deadLettersByReason'>
}

/** What a report is made of. */
export interface RunFacts {
  readonly elapsedMs: number
  readonly seed: number
  readonly node: string
  readonly devices: number
  readonly threads: number
  readonly totals: LedgerTotals
  readonly restarts: number
  /** What went wrong with the run itself, one sentence each. */
  readonly troubles: readonly string[]
  readonly account: MessageAccount
}

export function makeReport(facts: RunFacts): GatewayReport {
  const { totals } = facts
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
    bytes: totals.bytes,
    packets: {
      sent: { total: totalCount(totals.packets.sent), byType: totals.packets.sent },
      received: { total: totalCount(totals.packets.received), byType: totals.packets.received },
    },
    links: totals.links,
    kills: totals.kills,
    restarts: facts.restarts,
    deadLetters: { total: totalCount(deadLettersByReason), byReason: withoutZeros(deadLettersByReason) },
    account,
  }
}

function findProblems({ totals, account, troubles }: RunFacts): string[] {
  const problems: string[] = [...troubles]
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
  const unjudged = totals.links.open + totals.links.settling
  if (unjudged > 0) problems.push(`${unjudged} connections were never judged`)
  if (totals.bytes.received === 0) problems.push('no byte was received')
  const refused = (Object.keys(totals.links) as (keyof typeof totals.links)[]).filter(
    (verdict): verdict is Verdict =>
      verdict !== 'open' && verdict !== 'settling' && !isAccepted(verdict) && totals.links[verdict] > 0,
  )
  for (const verdict of refused) problems.push(`${totals.links[verdict]} connections were ${verdict}`)
  return [...problems, ...totals.failures]
}

/** The report for people, one string a line. */
export function renderReport(report: GatewayReport): string[] {
  const { bytes, packets, links, kills, account, deadLetters } = report
  return [
    `${report.seconds.toFixed(1)} s, ${report.devices} devices on ${report.threads} worker threads, seed ${report.seed}`,
    `sent      ${packets.sent.total} packets, ${bytes.sent} bytes   ${listed(packets.sent.byType)}`,
    `received  ${packets.received.total} packets, ${bytes.received} bytes   ${listed(packets.received.byType)}`,
    `kills     ${listed(kills)}`,
    `streams   ${links.complete} complete, ${links.prefix} cut by a kill and a true prefix, ${links.unused} never used`,
    `restarts  ${report.restarts}`,
    `messages  ${account.sent} sent = ${account.handled} handled + ${account.deadLettered} dead letters + ` +
      `${account.lost} lost with their thread + ${account.queued} queued`,
    ...(deadLetters.total === 0 ? [] : [`unhandled ${listed(deadLetters.byReason)}`]),
    ...report.problems.map((problem) => `WRONG: ${problem}`),
    report.ok ? 'Every message is accounted for, and every stream was verified.' : 'This run is not to be trusted.',
  ]
}

function withoutZeros(counts: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))
}

function listed(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')
}
