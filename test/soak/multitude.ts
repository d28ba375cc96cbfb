import { type ActorSystem, createSystem } from 'troupe'
import { Home, Sibling } from '#fixtures/promises/siblings.actor'
import { residentBytes } from './resident-bytes.ts'

type Check = (isSo: boolean, what: string) => void

const ROUNDS = 6
/** After these the process has its size; in the last ones, at one moment at least, it must have it again. */
const WARM_UP_ROUNDS = 2
const LAST_ROUNDS = 2
const TOLERANCE = 0.1

const crowds = [
  { count: 100_000, threads: 0, where: 'on the thread of their parent' },
  { count: 40_000, threads: 1, where: 'on one other thread' },
  { count: 40_000, threads: 2, where: 'on two other threads' },
] as const

/** Very many children are stopped in two seconds, again and again, and a shutdown ends with very many top-level actors. */
export async function runMultitude(check: Check): Promise<void> {
  process.stdout.write('multitude: up to 100,000 siblings are stopped\n')
  for (const crowd of crowds) await runCrowd(crowd, check)
  for (const threads of [0, 1, 2]) await runShutdown(threads, check)
}

async function runCrowd({ count, threads, where }: (typeof crowds)[number], check: Check): Promise<void> {
  const system = await createSystem({ threads, log: 'silent', signals: false })
  let baseBytes = 0
  let lastBytes = Number.POSITIVE_INFINITY
  let slowestMs = 0
  for (let round = 0; round < ROUNDS; round++) {
    const home = system.spawn(Home, [], { placement: 'here' })
    await home.with({ deadlineMs: 60_000 }).ask.crowd(count, { placement: 'any' })
    const tookMs = await timeOf(() => system.stop(home))
    slowestMs = Math.max(slowestMs, tookMs)
    const bytes = await residentBytes()
    process.stdout.write(
      `  ${count} ${where}: stopped in ${tookMs.toFixed(0)} ms, ${(bytes / 2 ** 20).toFixed(0)} MiB\n`,
    )
    if (round < WARM_UP_ROUNDS) baseBytes = Math.max(baseBytes, bytes)
    if (round >= ROUNDS - LAST_ROUNDS) lastBytes = Math.min(lastBytes, bytes)
  }
  const account = await system.account()
  await system.shutdown()
  check(account.isExact, 'the account is exact')
  check(slowestMs <= 2_000, `${count} ${where} are stopped within 2 s: ${slowestMs.toFixed(0)} ms`)
  const growth = lastBytes / baseBytes - 1
  check(
    growth <= TOLERANCE,
    `the process grew by ${(growth * 100).toFixed(1)} % in ${ROUNDS - WARM_UP_ROUNDS} more rounds`,
  )
}

async function runShutdown(threads: number, check: Check): Promise<void> {
  const system = await createSystem({ threads, log: 'silent', signals: false })
  const others = system.inspect().actors.length
  for (let n = 0; n < 100_000; n++) system.spawn(Sibling, [])
  while (countRunning(system) < 100_000 + others) await new Promise((resolve) => setTimeout(resolve, 100))
  let isInTime = true
  const tookMs = await timeOf(() => system.shutdown().catch(() => (isInTime = false)))
  check(isInTime, `a shutdown with 100,000 idle actors and ${threads} worker threads: ${tookMs.toFixed(0)} ms`)
  check((await system.account()).isExact, 'the account is exact')
}

function countRunning(system: ActorSystem): number {
  return system.inspect().actors.filter(({ state }) => state === 'running').length
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now()
  await work()
  return performance.now() - startedMs
}
