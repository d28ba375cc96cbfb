import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { runChaos } from '#fixtures/chaos/run-chaos'
import { runFlatness } from './flatness.ts'
import { runMultitude } from './multitude.ts'

/** The long tests, on the built package. Each prints what it found; the exit code says whether all of it is in order. */
const failures: string[] = []

function check(isSo: boolean, what: string): void {
  process.stdout.write(`${isSo ? 'ok  ' : 'FAIL'} ${what}\n`)
  if (!isSo) failures.push(what)
}

async function chaos(seed: number): Promise<void> {
  process.stdout.write(`chaos: 1,000,000 messages, 100 kills, seed ${seed}\n`)
  const report = await runChaos({
    messages: 1_000_000,
    kills: 100,
    seed,
    onProgress: (line) => process.stdout.write(`  ${line}\n`),
  })
  const { account, unhandled, undecided, threadsLost } = report
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
  const gone = account.lost + account.deadLettered
  check(account.isExact, 'the account is exact')
  check(threadsLost >= 100, `threads lost: ${threadsLost}`)
  check(report.handledTwice === 0, 'no message was handled twice')
  check(report.disorderly === 0, 'order holds for each pair')
  check(report.refusedButHandled === 0, 'what was refused was not handled')
  check(report.asksHanging === 0, `all ${report.asksMade} asks of the driver ended`)
  check(
    gone >= unhandled && gone <= unhandled + undecided + threadsLost,
    `${gone} counted lost, ${unhandled} not handled`,
  )
}

function systems(): void {
  process.stdout.write('systems: 100 in one process, each with a guardian and a worker\n')
  const program = fileURLToPath(import.meta.resolve('#fixtures/threads/hundred-systems'))
  const { stdout } = spawnSync(process.execPath, [program, '100', '1'], { encoding: 'utf8' })
  const { before, after, signals, stray, eachMs } = JSON.parse(stdout)
  process.stdout.write(`  ${stdout}\n`)
  check(JSON.stringify(before) === JSON.stringify(after), 'no thread, handle or timer is left')
  check(signals + stray === 0, 'no listener is left')
  check(eachMs < 2_000, `a system comes and goes in ${eachMs.toFixed(0)} ms`)
}

const only = process.argv[2]
const seed = Number(process.env['TROUPE_SEED'] ?? 1)
if (only === undefined || only === 'chaos') await chaos(seed)
if (only === undefined || only === 'flatness') await runFlatness(check)
if (only === undefined || only === 'multitude') await runMultitude(check)
if (only === undefined || only === 'systems') systems()
process.stdout.write(failures.length === 0 ? 'all in order\n' : `not in order: ${failures.join('; ')}\n`)
process.exitCode = failures.length === 0 ? 0 : 1
