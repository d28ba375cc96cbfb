import type { BenchRow } from './rows.ts'

const HEAD = ['bench', 'ours', '±', 'peer', 'theirs', '±', 'ratio', 'reach', '']
const ALIGN_RIGHT = new Set([1, 2, 4, 5, 6, 7])

/** An aligned table, one line a row; the name of a bench stands where it begins. */
export function formatTable(rows: readonly BenchRow[]): string {
  const cells = rows.map((row, index) => cellsOf(row, rows[index - 1]))
  const widths = HEAD.map((head, column) => Math.max(head.length, ...cells.map((line) => line[column]?.length ?? 0)))
  const format = (line: readonly string[]): string =>
    line
      .map((cell, column) =>
        ALIGN_RIGHT.has(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd()
  const rule = widths.map((width) => '─'.repeat(width))
  return [HEAD, rule, ...cells].map(format).join('\n')
}

/** How many targets were reached, and each that was not by name. */
export function formatVerdict(rows: readonly BenchRow[]): string {
  const aimed = rows.filter((row) => row.reach !== null)
  const missed = aimed.filter((row) => row.isReached === false)
  const undecided = aimed.filter((row) => row.isReached === null)
  const lines = [`reached ${aimed.length - missed.length - undecided.length} of ${aimed.length} targets`]
  for (const row of missed)
    lines.push(`  missed: ${row.bench} against ${row.peer}: ${ratioText(row)} of ≥ ${row.reach}`)
  for (const row of undecided)
    lines.push(`  not known: ${row.bench} against ${row.peer}: ${row.failed ?? row.skipped ?? 'not run'}`)
  return lines.join('\n')
}

function cellsOf(row: BenchRow, above: BenchRow | undefined): string[] {
  const isFirst = above?.bench !== row.bench
  return [
    isFirst ? row.bench : '',
    isFirst ? valueText(row.ours, row.unit) : '',
    isFirst ? spreadText(row.oursSpread) : '',
    row.peer,
    valueText(row.theirs, row.unit),
    spreadText(row.theirsSpread),
    ratioText(row),
    row.reach === null ? '' : `≥ ${row.reach}`,
    remark(row),
  ]
}

function remark(row: BenchRow): string {
  if (row.failed !== undefined) return `FAILED ${row.failed}`
  if (row.skipped !== undefined) return `skipped: ${row.skipped}`
  if (row.isReached === null) return ''
  return row.isReached ? 'reached' : 'MISSED'
}

function ratioText(row: BenchRow): string {
  if (row.ratio === null) return '–'
  if (row.ratio === Number.POSITIVE_INFINITY) return '∞'
  return row.ratio >= 10 ? `${row.ratio.toFixed(0)} ×` : `${row.ratio.toPrecision(2)} ×`
}

function spreadText(spread: number | null): string {
  return spread === null ? '' : `${Math.round(spread * 100)} %`
}

/** 16_240_000 messages/s → `16.2 M messages/s`, 45_800 µs → `45.8 ms`. */
function valueText(value: number | null, unit: string): string {
  if (value === null) return '–'
  if (unit === 'µs' && value >= 1_000) return valueText(value / 1_000, 'ms')
  const [factor, letter] = value >= 1e6 ? [1e6, ' M'] : value >= 1e4 ? [1e3, ' k'] : [1, '']
  const scaled = value / factor
  const digits = scaled >= 100 ? scaled.toFixed(0) : scaled.toPrecision(3)
  return `${digits}${letter} ${unit}`
}
