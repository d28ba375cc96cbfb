import { expect, test } from 'vitest'
import { type BenchCase, type Contender, sizes } from '#bench/harness/bench-case'
import type { Standing } from '#bench/harness/rounds'
import { type BenchRow, rowsOf } from '#bench/harness/rows'
import { formatTable, formatVerdict } from '#bench/harness/table'
import { geomeanRows } from '#bench/savina/geomean'

const contender = (name: string): Contender => ({
  name,
  program: { kind: 'module', url: 'file:///nowhere.js', work: name },
  sizes: sizes({ messages: 1_000 }, { messages: 10 }),
})

const measured = (figures: Record<string, readonly number[]>): Standing => ({
  kind: 'measured',
  figures: new Map(Object.entries(figures)),
})

const spec: BenchCase = {
  name: 'some/case',
  rows: [
    { bench: 'some/case', figure: 'rate', unit: 'messages/s', better: 'more' },
    { bench: 'some/case/p99', figure: 'p99', unit: 'µs', better: 'less', limit: 50 },
  ],
  ours: contender('ours'),
  peers: [{ ...contender('slow'), reach: 20 }, contender('other')],
  expected: () => ({ counted: 0, checksum: 0 }),
}

const ours = measured({ rate: [3_000, 1_000, 2_000], p99: [10, 10, 10] })
const slow = measured({ rate: [50, 100, 200], p99: [5, 20, 40] })

function rowsFor(standings: Standing[], isJudged = true): BenchRow[] {
  return rowsOf(spec, standings, 3, isJudged)
}

test('a ratio above 1 means that ours is better, whether more or less is good', () => {
  const [rate, , p99] = rowsFor([ours, slow, slow])
  expect(rate).toMatchObject({ bench: 'some/case', peer: 'slow', ours: 2_000, theirs: 100, ratio: 20 })
  expect(p99).toMatchObject({ bench: 'some/case/p99', peer: 'slow', ours: 10, theirs: 20, ratio: 2 })
})

test('the target stands on the first row of the peer that it was set for', () => {
  expect(rowsFor([ours, slow, slow]).map((row) => [row.bench, row.peer, row.reach, row.isReached])).toEqual([
    ['some/case', 'slow', 20, true],
    ['some/case', 'other', null, null],
    ['some/case/p99', 'slow', null, null],
    ['some/case/p99', 'other', null, null],
    ['some/case/p99', 'limit', 1, true],
  ])
})

test('a limit stands in for a peer and is missed when ours exceeds it', () => {
  const heavy = measured({ rate: [1], p99: [100] })
  expect(rowsFor([heavy, slow, slow]).at(-1)).toMatchObject({ peer: 'limit', theirs: 50, ratio: 0.5, isReached: false })
})

test('a skipped peer has no figure and no ratio, but a reason', () => {
  const [row] = rowsFor([ours, { kind: 'skipped', why: 'not installed' }, slow])
  expect(row).toMatchObject({ theirs: null, ratio: null, isReached: null, skipped: 'not installed' })
  expect(row).not.toHaveProperty('failed')
})

test('when ours fails every row of the case says so', () => {
  const rows = rowsFor([{ kind: 'failed', why: 'counted 9 instead of 10' }, slow, slow])
  for (const row of rows)
    expect(row).toMatchObject({ ours: null, ratio: null, failed: 'ours: counted 9 instead of 10' })
})

test('a figure that a contender did not give is a failure', () => {
  expect(rowsFor([ours, measured({ rate: [1] }), slow])[2]).toMatchObject({ failed: "slow: gave no figure 'p99'" })
})

test('unjudged rows keep their targets and say nothing about them', () => {
  expect(rowsFor([ours, slow, slow], false)[0]).toMatchObject({ reach: 20, isReached: null })
})

test('the table is aligned and marks what was reached, missed, skipped and failed', () => {
  const missed = rowsFor([measured({ rate: [500], p99: [10] }), slow, { kind: 'skipped', why: 'not installed' }])
  const lines = formatTable([...missed, ...rowsFor([ours, { kind: 'failed', why: 'exit code 1' }, slow])]).split('\n')
  expect(lines[2]).toMatch(/^some\/case +500 messages\/s +slow +100 messages\/s +150 % +5\.0 × +≥ 20 +MISSED$/)
  expect(lines[3]).toMatch(/^ +other +– +– +skipped: not installed$/)
  expect(lines[7]).toMatch(/^some\/case +2000 messages\/s +100 % +slow +– +– +≥ 20 +FAILED slow: exit code 1$/)
  expect(lines.every((line) => line.length <= (lines[1]?.length ?? 0))).toBe(true)
})

test('the verdict counts the targets and names those that were missed or could not be known', () => {
  const rows = [
    ...rowsFor([measured({ rate: [500], p99: [10] }), slow, slow]),
    ...rowsFor([ours, { kind: 'skipped', why: 'not installed' }, slow]),
  ]
  expect(formatVerdict(rows).split('\n')).toEqual([
    'reached 2 of 4 targets',
    '  missed: some/case against slow: 5.0 × of ≥ 20',
    '  not known: some/case against slow: not installed',
  ])
})

const savinaRows = (count: number, theirs: number | null): BenchRow[] =>
  Array.from({ length: count }, (_, index) => ({
    ...(rowsFor([ours, slow, slow])[0] as BenchRow),
    bench: `savina/program-${index}`,
    peer: 'Erlang, 1 scheduler',
    unit: 'ms',
    better: 'less',
    ours: 2,
    theirs: index % 2 === 0 ? theirs : 32,
  }))

test('the geometric mean over Savina compares ten programs with one peer', () => {
  const [row, ...others] = geomeanRows(savinaRows(10, 2), true)
  expect(others).toEqual([])
  expect(row).toMatchObject({ bench: 'savina/geomean', ours: 2, theirs: 8, ratio: 4, reach: 3, isReached: true })
})

test('there is no geometric mean of fewer programs, and none where a program has no figure', () => {
  expect(geomeanRows(savinaRows(9, 2), true)).toEqual([])
  expect(geomeanRows(savinaRows(10, null), true)[0]).toMatchObject({ theirs: null, ratio: null, isReached: null })
})
