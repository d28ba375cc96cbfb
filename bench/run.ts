import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { benchCases } from './cases.ts'
import type { BenchCase, Scale } from './harness/bench-case.ts'
import { killAllLaunched } from './harness/launch.ts'
import { BenchOptionError, type BenchOptions, benchUsage, parseBenchOptions } from './harness/options.ts'
import { ProgramRunner } from './harness/programs.ts'
import { runRounds } from './harness/rounds.ts'
import { type BenchRow, rowsOf } from './harness/rows.ts'
import { formatTable, formatVerdict } from './harness/table.ts'
import { GEOMEAN_BENCH, geomeanRows } from './savina/geomean.ts'

/**
 * Goal: how Troupe, as it is shipped, compares with what one would use instead, on this machine, today. Non-goals: figures
 * that hold on another machine, and finding out why something is slow (`npm run profile`).
 */

/** For one run of one program. A program measures for about a second; what takes this long hangs. */
const timeLimitsMs: Readonly<Record<Scale, number>> = Object.freeze({ full: 120_000, quick: 60_000, smoke: 20_000 })

async function main(args: readonly string[]): Promise<number> {
  const options = parseBenchOptions(args)
  if (options === undefined) {
    console.log(benchUsage)
    return 0
  }
  const chosen = chooseCases(options)
  const runner = new ProgramRunner(timeLimitsMs[options.scale])
  process.once('exit', () => runner.dispose())
  const rows = await runAll(chosen, options, runner)
  report(rows, options)
  return rows.some((row) => row.failed !== undefined) ? 1 : 0
}

/** The cases with at least one row whose name begins with the prefix; the geometric mean needs all of Savina. */
function chooseCases({ only }: BenchOptions): readonly BenchCase[] {
  const isSavinaNeeded = only !== '' && GEOMEAN_BENCH.startsWith(only)
  const chosen = benchCases.filter(
    (spec) =>
      spec.rows.some((row) => row.bench.startsWith(only)) || (isSavinaNeeded && spec.name.startsWith('savina/')),
  )
  if (chosen.length > 0) return chosen
  throw new BenchOptionError(
    `no bench begins with '${only}'; there are ${benchCases.map((spec) => spec.name).join(', ')}`,
  )
}

/** Under smoke the figures mean nothing, so two cases may run side by side. */
async function runAll(cases: readonly BenchCase[], options: BenchOptions, runner: ProgramRunner): Promise<BenchRow[]> {
  const results: BenchRow[][] = []
  const waiting = [...cases.entries()]
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, spec] = next
      const run = runner.run.bind(runner)
      const standings = await runRounds(spec, { scale: options.scale, rounds: options.rounds, run })
      results[index] = rowsOf(spec, standings, options.rounds, options.scale !== 'smoke')
      console.error(`${spec.name} done, ${waiting.length} cases to go`)
    }
  }
  const lanes = options.scale === 'smoke' ? Math.min(2, availableParallelism()) : 1
  await Promise.all(Array.from({ length: lanes }, lane))
  const rows = results.flat()
  return [...rows, ...geomeanRows(rows, options.scale !== 'smoke')].filter((row) => row.bench.startsWith(options.only))
}

function report(rows: readonly BenchRow[], { scale, rounds, jsonFile }: BenchOptions): void {
  const caution = {
    full: '',
    quick: '; quick sizes: the figures are rough',
    smoke: '; smoke sizes: the figures mean nothing',
  }[scale]
  console.log(`Node ${process.version}, ${availableParallelism()} cores, median of ${rounds} rounds${caution}\n`)
  console.log(formatTable(rows))
  if (scale !== 'smoke') console.log(`\n${formatVerdict(rows)}`)
  if (jsonFile === undefined) return
  mkdirSync(dirname(jsonFile), { recursive: true })
  writeFileSync(jsonFile, `${JSON.stringify(rows, undefined, 2)}\n`)
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => process.exit(130)) // through the exit handler below
}
process.once('exit', killAllLaunched)

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof BenchOptionError)) throw error
  console.error(`bench: ${error.message}\n${benchUsage}`)
  process.exitCode = 2
}
