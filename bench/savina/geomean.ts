import { type BenchRow, rounded } from '../harness/rows.ts'
import { geometricMean } from '../harness/statistics.ts'

export const GEOMEAN_BENCH = 'savina/geomean'

/** How many programs there must be: of fewer the mean would say something else. */
export const SAVINA_PROGRAMS = 10

/** By peer: the geometric mean of ours over theirs to reach. */
const reaches: Readonly<Record<string, number>> = Object.freeze({ 'Erlang, 1 scheduler': 3 })

/** One row per peer over all Savina programs; none where programs are missing from `rows`. */
export function geomeanRows(rows: readonly BenchRow[], isJudged: boolean): BenchRow[] {
  const savina = rows.filter((row) => row.bench.startsWith('savina/'))
  const peers = [...new Set(savina.map((row) => row.peer))]
  return peers.flatMap((peer) => {
    const ofPeer = savina.filter((row) => row.peer === peer)
    return ofPeer.length === SAVINA_PROGRAMS ? [geomeanRow(peer, ofPeer, isJudged)] : []
  })
}

function geomeanRow(peer: string, rows: readonly BenchRow[], isJudged: boolean): BenchRow {
  const ours = mean(rows.map((row) => row.ours))
  const theirs = mean(rows.map((row) => row.theirs))
  const ratio = ours === null || theirs === null ? null : theirs / ours
  const reach = reaches[peer] ?? null
  const failed = rows.filter((row) => row.failed !== undefined).map((row) => row.bench)
  const skipped = rows.find((row) => row.skipped !== undefined)?.skipped
  return {
    ...(rows[0] as BenchRow),
    bench: GEOMEAN_BENCH,
    ours: rounded(ours),
    theirs: rounded(theirs),
    ratio: rounded(ratio),
    reach,
    isReached: reach === null || ratio === null || !isJudged ? null : ratio >= reach,
    oursSpread: null,
    theirsSpread: null,
    ...(skipped === undefined ? {} : { skipped }),
    ...(failed.length === 0 ? {} : { failed: `without ${failed.join(', ')}` }),
  }
}

function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length === values.length ? geometricMean(known) : null
}
