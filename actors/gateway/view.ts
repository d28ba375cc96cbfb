import type { CommandTotals } from './command-totals.ts'

/** What the terminal shows of one moment. */
export interface GatewayView {
  readonly elapsedMs: number
  readonly threads: readonly ThreadView[]
  readonly actorCount: number
  /** How many devices are in each state. */
  readonly fleet: FleetView
  readonly commands: CommandTotals
  /** From a command's beginning to its result, of those that were done. Undefined before there is one. */
  readonly latency: { readonly p50Ms: number; readonly p99Ms: number } | undefined
  readonly retransmitCount: number
  readonly duplicateCount: number
  /** Packets a second from devices, since the view before. */
  readonly receivedPerSecond: number
  readonly donePerSecond: number
  /** What devices lose now: 0 to 1. */
  readonly loss: number
  /** Messages waiting in mailboxes, and the actor with most of them. */
  readonly queuedCount: number
  readonly deepest: { readonly path: string; readonly queuedCount: number } | undefined
  readonly restartCount: number
  readonly deadLetterCount: number
  /** What happened lately, oldest first. */
  readonly events: readonly string[]
}

/** Count of devices by state. */
export interface FleetView {
  readonly connecting: number
  readonly online: number
  readonly degraded: number
  readonly offline: number
  readonly parked: number
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
