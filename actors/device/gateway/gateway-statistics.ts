import type { CommandResult } from './command-result.ts'
import type { LatencySummary } from './latency-histogram.ts'
import type { StateTotals } from './mesh-states.ts'
import type { ServiceTotals } from './service-ports.ts'
import type { SessionTotals } from './session-totals.ts'

/** What a gateway has seen and done since it was started. Counts, unless it says otherwise. */
export interface GatewayStatistics {
  readonly controllers: {
    readonly online: number
    /** Homes that have a controller. */
    readonly homes: number
    /** Connections that their listeners have open, logged in or not. */
    readonly connections: number
    readonly refusedConnections: number
    readonly failedHandshakes: number
    /** Connections that broke, or whose thread was lost. */
    readonly lost: number
  }
  /** Of all connections. Those of a thread that was killed lack its last second. */
  readonly packets: SessionTotals
  readonly commands: Omit<ServiceTotals, 'ended'> & CommandCounts
  /** Of answered commands. */
  readonly latency: {
    /** From an attempt to its first answer. */
    readonly ack: LatencySummary
    /** From the command to its end, of those that were done. */
    readonly done: LatencySummary
  }
  readonly states: StateTotals & { readonly known: number }
  /** Threads that have connections of controllers. */
  readonly threads: Readonly<Record<string, number>>
}

export type CommandCounts = Record<CommandResult['state'] | 'queued' | 'sent' | 'acked', number>

/** The figures of a gateway as Prometheus takes them, without those by device. */
export function gatewayMetrics(statistics: GatewayStatistics): string {
  const { controllers, packets, commands, latency, states } = statistics
  const { received, ...counts } = packets
  const ended = ['done', 'rejected', 'abandoned', 'cancelled', 'superseded'] as const
  const open = ['queued', 'sent', 'acked'] as const
  const quantiles = ({ p50Ms, p90Ms, p99Ms }: LatencySummary, stage: string): Sample[] => [
    [`stage="${stage}",quantile="0.5"`, p50Ms / 1_000],
    [`stage="${stage}",quantile="0.9"`, p90Ms / 1_000],
    [`stage="${stage}",quantile="0.99"`, p99Ms / 1_000],
  ]
  return [
    family('controllers_online', 'gauge', 'Controllers that are logged in.', [['', controllers.online]]),
    family('connections_open', 'gauge', 'Connections, logged in or not.', [['', controllers.connections]]),
    family(
      'packets_received_total',
      'counter',
      'Packets received, by type.',
      Object.entries(received).map(([type, count]) => [`type="${type}"`, count]),
    ),
    family('packets_sent_total', 'counter', 'Packets sent.', [['', counts.sent]]),
    family(
      'oddities_total',
      'counter',
      'What connections brought and should not have, by kind.',
      Object.entries(counts)
        .filter(([name]) => name !== 'sent' && name !== 'logins')
        .map(([name, count]) => [`kind="${name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}"`, count]),
    ),
    family('logins_total', 'counter', 'Logins of controllers.', [['', counts.logins]]),
    family(
      'commands_total',
      'counter',
      'Commands that ended, by how.',
      ended.map((state) => [`state="${state}"`, commands[state]]),
    ),
    family(
      'commands_open',
      'gauge',
      'Commands that have not ended, by state.',
      open.map((state) => [`state="${state}"`, commands[state]]),
    ),
    family('retransmits_total', 'counter', 'Attempts that were not the first.', [['', commands.retransmits]]),
    family('command_seconds', 'gauge', 'Time to the first answer (ack), and to the end (done).', [
      ...quantiles(latency.ack, 'ack'),
      ...quantiles(latency.done, 'done'),
    ]),
    family('devices_known', 'gauge', 'Devices whose state is known.', [['', states.known]]),
    family('state_changes_total', 'counter', 'Changes of states.', [['', states.changes]]),
  ].join('')
}

type Sample = readonly [labels: string, value: number]

function family(name: string, type: 'counter' | 'gauge', help: string, samples: readonly Sample[]): string {
  const full = `cync_${name}`
  const lines = samples.map(([labels, value]) => `${full}${labels === '' ? '' : `{${labels}}`} ${value}\n`)
  return `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n${lines.join('')}`
}
