import { addCounts, equalCounts, largerCounts, type PacketCounts } from '../connection/packet-counts.ts'
import { LoopStream } from '../replay/loop-stream.ts'
import type { Recording } from '../replay/recording.ts'
import type { KillNotice, LinkIdentity, LinkReport } from './link-report.ts'
import { PrefixCheck } from './prefix-check.ts'
import { isAccepted, type JudgedEnd, judge, type Verdict } from './verdict.ts'

/** A device that has no link when its kill is announced may open one until it is struck: up to this much later. Milliseconds. */
const KILL_EFFECT_MS = 5_000
/** A killed link that nobody has reported on for so long is over. Open ends report far more often. Milliseconds. */
const SETTLE_MS = 10_000
/** Kill notices kept for links that are first heard of after the kill, which a report can be late for. */
const KILLS_MAX = 256
/** Failed links that are described one by one; the rest is only counted. */
const FAILURES_MAX = 20

export interface LedgerTotals {
  /** `open`: neither judged nor killed. `settling`: killed, and what its ends have to say may still be on its way. */
  readonly links: { readonly open: number; readonly settling: number } & Readonly<Record<Verdict, number>>
  readonly bytes: { readonly sent: number; readonly received: number }
  readonly packets: { readonly sent: PacketCounts; readonly received: PacketCounts }
  readonly kills: Readonly<Record<KillNotice['kind'], number>>
  /** One sentence each, at most 20. Empty when every link that was judged is accepted. */
  readonly failures: readonly string[]
}

interface End extends JudgedEnd {
  readonly packets: PacketCounts
  readonly check: PrefixCheck
}

interface Link {
  readonly identity: LinkIdentity
  readonly stream: LoopStream
  device: End | undefined
  connection: End | undefined
  isKilled: boolean
  reportedMs: number
}

const absentEnd: JudgedEnd = Object.freeze({ state: 'unknown', byteCount: 0, isIntact: true })

/**
 * Compares what devices say they sent with what connections say they received, link by link. Pure: told what was reported,
 * what is about to be killed and what time it is. Links that are judged leave only their totals behind.
 */
export class Ledger {
  readonly #streams: ReadonlyMap<number, LoopStream>
  readonly #links = new Map<string, Link>()
  readonly #kills: KillNotice[] = []
  readonly #killCounts = { device: 0, connection: 0, thread: 0 }
  readonly #verdicts: Record<Verdict, number> = {
    complete: 0,
    prefix: 0,
    unused: 0,
    corrupt: 0,
    incomplete: 0,
    excess: 0,
    unexplained: 0,
  }
  readonly #failures: string[] = []
  #judgedTraffic = noTraffic

  constructor(recordings: readonly Recording[]) {
    this.#streams = new Map(recordings.map((recording) => [recording.id, new LoopStream(recording)]))
  }

  /** Links that are neither judged nor killed: both their ends are still to report the end of the stream. */
  get openCount(): number {
    let count = 0
    for (const link of this.#links.values()) if (!link.isKilled) count++
    return count
  }

  /** Links whose connection end is open, as far as is known. */
  openLinks(): string[] {
    return [...this.#links.values()]
      .filter((link) => link.connection?.state === 'open' && !link.isKilled)
      .map((link) => link.identity.link)
  }

  report(report: LinkReport, nowMs: number): void {
    const link = this.#links.get(report.link) ?? this.#open(report)
    if (link === undefined) return
    link.reportedMs = nowMs
    const previous = link[report.end]
    const check = previous?.check ?? new PrefixCheck(link.stream)
    const isIntact =
      previous?.isIntact !== false &&
      check.matches(report.byteCount, report.digest) &&
      equalCounts(report.packets, link.stream.packetCounts(report.byteCount))
    const { state, byteCount, packets } = report
    link[report.end] = { state, byteCount, packets, isIntact, check }
    if (hasEnded(link.device) && hasEnded(link.connection)) this.#judge(link)
  }

  /** Must be told before the kill strikes. */
  killing(kill: KillNotice): void {
    this.#killCounts[kill.kind]++
    const victims = [...this.#links.values()].filter((link) => isVictim(link, kill))
    for (const link of victims) link.isKilled = true
    // A device has one link at a time: once that is found, the next one is not the victim.
    if (kill.kind === 'device' && victims.length > 0) return
    this.#kills.push(kill)
    if (this.#kills.length > KILLS_MAX) this.#kills.shift()
  }

  /** Judges the killed links that have fallen silent. Call now and then: it is what keeps the ledger small. */
  settle(nowMs: number): void {
    for (const link of this.#links.values()) {
      if (link.isKilled && nowMs - link.reportedMs >= SETTLE_MS) this.#judge(link)
    }
  }

  /** Judges everything that is left: nothing more will be reported. */
  close(): void {
    for (const link of this.#links.values()) this.#judge(link)
  }

  totals(): LedgerTotals {
    let traffic = this.#judgedTraffic
    for (const link of this.#links.values()) traffic = addTraffic(traffic, trafficOf(link))
    const { openCount } = this
    return {
      links: { open: openCount, settling: this.#links.size - openCount, ...this.#verdicts },
      bytes: { sent: traffic.bytesSent, received: traffic.bytesReceived },
      packets: { sent: traffic.sent, received: traffic.received },
      kills: { ...this.#killCounts },
      failures: [...this.#failures],
    }
  }

  #open(report: LinkReport): Link | undefined {
    const { link: name, device, recordingId, deviceThread, connectionThread } = report
    const identity = { link: name, device, recordingId, deviceThread, connectionThread }
    const stream = this.#streams.get(identity.recordingId)
    if (stream === undefined) {
      this.#fail('corrupt', `${identity.link}: no recording ${identity.recordingId}`)
      return undefined
    }
    const link: Link = { identity, stream, device: undefined, connection: undefined, isKilled: false, reportedMs: 0 }
    this.#links.set(identity.link, link)
    for (const kill of [...this.#kills]) {
      const isTooLate = kill.kind === 'device' && report.openedMs > kill.atMs + KILL_EFFECT_MS
      if (isTooLate || !isVictim(link, kill)) continue
      link.isKilled = true
      if (kill.kind === 'device') this.#kills.splice(this.#kills.indexOf(kill), 1)
      break
    }
    return link
  }

  #judge(link: Link): void {
    this.#links.delete(link.identity.link)
    this.#judgedTraffic = addTraffic(this.#judgedTraffic, trafficOf(link))
    const device = link.device ?? absentEnd
    const connection = link.connection ?? absentEnd
    const verdict = judge(device, connection, link.isKilled)
    if (isAccepted(verdict)) this.#verdicts[verdict]++
    else this.#fail(verdict, describe(link.identity, device, connection))
  }

  #fail(verdict: Verdict, description: string): void {
    this.#verdicts[verdict]++
    if (this.#failures.length < FAILURES_MAX) this.#failures.push(`${verdict}: ${description}`)
  }
}

function hasEnded(end: End | undefined): boolean {
  return end?.state === 'finished' || end?.state === 'broken'
}

function isVictim({ identity, device, isKilled }: Link, { kind, target }: KillNotice): boolean {
  if (kind === 'connection') return identity.link === target
  if (kind === 'thread') return identity.deviceThread === target || identity.connectionThread === target
  return identity.device === target && !isKilled && !hasEnded(device)
}

interface Traffic {
  readonly bytesSent: number
  readonly bytesReceived: number
  readonly sent: PacketCounts
  readonly received: PacketCounts
}

const noTraffic: Traffic = Object.freeze({ bytesSent: 0, bytesReceived: 0, sent: {}, received: {} })

/** What arrived was sent, also where the sender died before it could say so. */
function trafficOf({ device, connection }: Link): Traffic {
  const received = connection?.packets ?? {}
  const bytesReceived = connection?.byteCount ?? 0
  return {
    bytesSent: Math.max(device?.byteCount ?? 0, bytesReceived),
    bytesReceived,
    sent: largerCounts(device?.packets ?? {}, received),
    received,
  }
}

function addTraffic(a: Traffic, b: Traffic): Traffic {
  return {
    bytesSent: a.bytesSent + b.bytesSent,
    bytesReceived: a.bytesReceived + b.bytesReceived,
    sent: addCounts(a.sent, b.sent),
    received: addCounts(a.received, b.received),
  }
}

function describe({ link, device: name, recordingId }: LinkIdentity, device: JudgedEnd, connection: JudgedEnd): string {
  return (
    `link ${link} of ${name} (recording ${recordingId}): device ${device.state} after ${device.byteCount} bytes, ` +
    `connection ${connection.state} after ${connection.byteCount} bytes`
  )
}
