import { createSystem } from 'troupe'
import { Churner } from '#fixtures/churn.actor'
import { residentBytes } from './resident-bytes.ts'

const SPAWNS = 1_000_000
const KILLS = 100
const BATCH = 1_000
/** Work after which the process has its size. */
const WARM_UP = 0.2
const TOLERANCE = 0.1

/** A million actors come and go on two threads that die a hundred times: the process does not grow. */
export async function runFlatness(check: (isSo: boolean, what: string) => void): Promise<void> {
  process.stdout.write('flatness: 1,000,000 spawns and stops, 100 kills\n')
  const system = await createSystem({ threads: 2, log: 'silent', signals: false })
  const churners = [0, 1].map((n) =>
    system.spawn(Churner, [], { name: `churner-${n}`, placement: { key: `${n}` }, backoff: { minMs: 1, maxMs: 20 } }),
  )
  await Promise.all(churners.map((churner) => churner.ready()))
  let spawned = 0
  let killed = 0
  let baseBytes = 0
  let highestBytes = 0
  while (spawned < SPAWNS) {
    const calls = churners.map((churner) =>
      churner
        .with({ deadlineMs: 60_000 })
        .ask.churn(BATCH)
        .catch(() => 0),
    )
    if (spawned >= (SPAWNS * killed) / KILLS && killed < KILLS) {
      await system.killThread(2 + (killed++ % 2))
    }
    spawned += (await Promise.all(calls)).reduce((sum, count) => sum + count, 0)
    if (spawned % (SPAWNS / 20) >= 2 * BATCH) continue
    const bytes = await residentBytes()
    process.stdout.write(`  ${spawned} spawned, ${killed} threads killed, ${(bytes / 2 ** 20).toFixed(0)} MiB\n`)
    if (spawned < SPAWNS * WARM_UP) continue
    if (baseBytes === 0) baseBytes = bytes
    highestBytes = Math.max(highestBytes, bytes)
  }
  const account = await system.account()
  await system.shutdown()
  check(account.isExact, 'the account is exact')
  check(killed === KILLS, `${killed} threads were killed`)
  const growth = highestBytes / baseBytes - 1
  check(
    growth <= TOLERANCE,
    `the process grew by ${(growth * 100).toFixed(1)} % after the first ${WARM_UP * 100} % of the work`,
  )
}
