import type { BenchCase, RowSpec } from './bench-case.ts'
import type { Standing } from './rounds.ts'
import { median, spread } from './statistics.ts'

/** One comparison, as it is written to the JSON. */
export interface BenchRow {
  readonly bench: string
  readonly unit: string
  /** Median over the rounds; null if there is none. */
  readonly ours: number | null
  readonly peer: string
  readonly theirs: number | null
  /** Greater than 1 always means that ours is better. */
  readonly ratio: number | null
  readonly rounds: number
  readonly node: string
  readonly better: 'more' | 'less'
  /** The ratio to reach; null where none was set. */
  readonly reach: number | null
  readonly isReached: boolean | null
  /** (max − min) / median over the rounds; null of fewer than two. */
  readonly oursSpread: number | null
  readonly theirsSpread: number | null
  /** Why the peer did not run. */
  readonly skipped?: string
  /** What went wrong: a wrong count, a crash, the time limit. */
  readonly failed?: string
}

/**
 * A row per figure and peer, and one per limit. `standings`: ours, then the peers in their order. Without `isJudged`
 * nothing is said about what was reached.
 */
export function rowsOf(spec: BenchCase, standings: readonly Standing[], rounds: number, isJudged: boolean): BenchRow[] {
  const [ours, ...theirs] = standings
  if (ours === undefined || theirs.length !== spec.peers.length)
    throw new Error(`${spec.name}: a contender has no standing`)
  return spec.rows.flatMap((row, rowIndex) => {
    const comparisons = spec.peers.map((peer, index) => {
      const reach = rowIndex === 0 ? (peer.reach ?? null) : null
      return compare(row, ours, { name: peer.name, standing: theirs[index] as Standing, reach }, rounds)
    })
    const limits = row.limit === undefined ? [] : [compare(row, ours, limitOf(row), rounds)]
    return [...comparisons, ...limits].map((result) => (isJudged ? result : { ...result, isReached: null }))
  })
}

interface Opponent {
  readonly name: string
  readonly standing: Standing
  readonly reach: number | null
}

/** A limit takes the place of a peer: at the limit the ratio is 1. */
function limitOf(row: RowSpec): Opponent {
  const figures = new Map([[row.figure, [row.limit as number]]])
  return { name: 'limit', standing: { kind: 'measured', figures }, reach: 1 }
}

function compare(row: RowSpec, ours: Standing, opponent: Opponent, rounds: number): BenchRow {
  const oursValues = valuesOf(ours, row.figure)
  const theirsValues = valuesOf(opponent.standing, row.figure)
  const oursMedian = oursValues === undefined ? null : median(oursValues)
  const theirsMedian = theirsValues === undefined ? null : median(theirsValues)
  const ratio = ratioOf(row, oursMedian, theirsMedian)
  return {
    bench: row.bench,
    unit: row.unit,
    ours: rounded(oursMedian),
    peer: opponent.name,
    theirs: rounded(theirsMedian),
    ratio: rounded(ratio),
    rounds,
    node: process.version,
    better: row.better,
    reach: opponent.reach,
    isReached: opponent.reach === null || ratio === null ? null : ratio >= opponent.reach,
    oursSpread: rounded(spread(oursValues ?? [])),
    theirsSpread: rounded(spread(theirsValues ?? [])),
    ...reasons(row, ours, opponent),
  }
}

function reasons(row: RowSpec, ours: Standing, { name, standing }: Opponent): Pick<BenchRow, 'skipped' | 'failed'> {
  const failures = [['ours', ours] as const, [name, standing] as const].flatMap(([who, its]) => {
    if (its.kind === 'failed') return [`${who}: ${its.why}`]
    return its.kind === 'measured' && !its.figures.has(row.figure) ? [`${who}: gave no figure '${row.figure}'`] : []
  })
  return {
    ...(standing.kind === 'skipped' ? { skipped: standing.why } : {}),
    ...(failures.length > 0 ? { failed: failures.join('; ') } : {}),
  }
}

function valuesOf(standing: Standing, figure: string): readonly number[] | undefined {
  return standing.kind === 'measured' ? standing.figures.get(figure) : undefined
}

function ratioOf(row: RowSpec, ours: number | null, theirs: number | null): number | null {
  if (ours === null || theirs === null) return null
  return row.better === 'more' ? ours / theirs : theirs / ours
}

/** Six digits say all that a measurement knows. */
export function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(6))
}
