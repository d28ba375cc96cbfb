import { commandEnds, underWayCount } from './command-totals.ts'
import type { FleetView, GatewayView, ThreadView } from './view.ts'

const EVENTS_SHOWN = 6
const BAR_COLUMNS = 24
const keysText = 'g group · k kill · +/- loss · q quit'

/** The whole picture, one string a line, none longer than `columns`. Always the same number of lines for as many threads. */
export function renderScreen(view: GatewayView, columns: number): string[] {
  const fullestThread = Math.max(1, ...view.threads.map((thread) => thread.actorCount))
  const lines = [
    `Troupe gateway · ${clock(view.elapsedMs)} · ${grouped(view.actorCount)} actors · ` +
      `loss ${percent(view.loss)} · ${keysText}`,
    '',
    `  devices   ${listed(view.fleet)}`,
    `  commands  ${listed(commandCounts(view))}`,
    `  latency   ${latencyText(view)} · ${grouped(Math.round(view.donePerSecond))} done/s · ` +
      `${grouped(Math.round(view.receivedPerSecond))} packets/s`,
    `  retransmits ${grouped(view.retransmitCount)} · duplicates dropped ${grouped(view.duplicateCount)}`,
    '',
    ...view.threads.map((thread) => threadLine(thread, fullestThread)),
    '',
    `  queued ${grouped(view.queuedCount)}${deepestText(view)} · restarts ${grouped(view.restartCount)} · ` +
      `dead letters ${grouped(view.deadLetterCount)}`,
    '',
    ...eventLines(view.events),
  ]
  return lines.map((line) => cut(line, columns))
}

/** The same moment in one line, for output that is not a terminal. */
export function renderLine(view: GatewayView): string {
  const threads = view.threads.map((thread) => `${thread.name}:${thread.actorCount}`).join(' ')
  const { done, rejected, abandoned } = view.commands
  return [
    clock(view.elapsedMs),
    `threads ${threads}`,
    `actors ${view.actorCount}`,
    `online ${view.fleet.online} of ${deviceCount(view.fleet)}`,
    `commands done ${done} rejected ${rejected} abandoned ${abandoned} under way ${underWayCount(view.commands)}`,
    latencyText(view),
    `retransmits ${view.retransmitCount}`,
    `duplicates ${view.duplicateCount}`,
    `received ${Math.round(view.receivedPerSecond)}/s`,
    `queued ${view.queuedCount}`,
    `restarts ${view.restartCount}`,
    `dead letters ${view.deadLetterCount}`,
  ].join(' · ')
}

/**
 * What to write so that `lines` replace the `previousCount` lines that were written before. Line by line: some terminals keep
 * what is cleared as a whole in their history.
 */
export function redraw(lines: readonly string[], previousCount: number): string {
  const up = previousCount === 0 ? '' : `\x1b[${previousCount}A`
  return `${up}\r${lines.map((line) => `${line}\x1b[K\n`).join('')}\x1b[J`
}

function threadLine(thread: ThreadView, fullest: number): string {
  const { name, state, actorCount, connectionCount, queuedCount, replacedCount } = thread
  const bar = '█'.repeat(Math.round((actorCount / fullest) * BAR_COLUMNS)).padEnd(BAR_COLUMNS, '·')
  const counts =
    `${grouped(actorCount).padStart(6)} actors   ${grouped(connectionCount).padStart(6)} connections   ` +
    `${grouped(queuedCount).padStart(6)} queued`
  const replaced = replacedCount === 0 ? '' : `   replaced ${grouped(replacedCount)}×`
  return `  ${name.padEnd(10)} ${state.padEnd(10)} ${bar} ${counts}${replaced}`
}

function eventLines(events: readonly string[]): string[] {
  const shown = events.slice(-EVENTS_SHOWN).map((event) => `  ${event}`)
  return [...shown, ...new Array<string>(EVENTS_SHOWN - shown.length).fill('')]
}

function deepestText({ deepest }: GatewayView): string {
  return deepest === undefined || deepest.queuedCount === 0
    ? ''
    : ` (most: ${deepest.path} ${grouped(deepest.queuedCount)})`
}

function commandCounts({ commands }: GatewayView): Record<string, number> {
  const seen = commandEnds.filter((end) => end === 'done' || commands[end] > 0)
  return { ...Object.fromEntries(seen.map((end) => [end, commands[end]])), 'under way': underWayCount(commands) }
}

function deviceCount(fleet: FleetView): number {
  return Object.values(fleet).reduce((sum: number, count: number) => sum + count, 0)
}

function listed(counts: object): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${grouped(count as number)}`)
    .join(' · ')
}

function latencyText({ latency }: GatewayView): string {
  return latency === undefined
    ? 'p50 – p99 –'
    : `p50 ${Math.round(latency.p50Ms)} ms p99 ${Math.round(latency.p99Ms)} ms`
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

/** 1,234,567. Not by locale: a line has one look everywhere. */
function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}

function clock(elapsedMs: number): string {
  const seconds = Math.floor(elapsedMs / 1_000)
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60]
  return parts.map((part) => String(part).padStart(2, '0')).join(':')
}

function cut(line: string, columns: number): string {
  return line.length <= columns ? line : `${line.slice(0, Math.max(0, columns - 1))}…`
}
