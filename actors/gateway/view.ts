import type { LedgerTotals } from '../ledger/ledger.ts'

/** What the terminal shows of one moment. */
export interface GatewayView {
  readonly elapsedMs: number
  readonly threads: readonly ThreadView[]
  readonly actorCount: number
  /** Packets a second since the view before. */
  readonly sentPerSecond: number
  readonly receivedPerSecond: number
  readonly totals: LedgerTotals
  /** Messages waiting in mailboxes, and the actor with most of them. */
  readonly queuedCount: number
  readonly deepest: { readonly path: string; readonly queuedCount: number } | undefined
  readonly restartCount: number
  readonly deadLetterCount: number
  /** What happened lately, oldest first. */
  readonly events: readonly string[]
}

export interface ThreadView {
  readonly name: string
  readonly state: string
  readonly actorCount: number
  /** The gateway's ends of connections that live here. */
  readonly connectionCount: number
  readonly queuedCount: number
  /** How often a fresh thread took its place. */
  readonly replacedCount: number
}
