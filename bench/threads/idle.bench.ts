import { setTimeout as sleep } from 'node:timers/promises'
import { Nursery } from '../actors/nursery.actor.ts'
import { benchCase, type Outcome, sizes } from '../harness/bench-case.ts'
import { withSystem } from '../harness/with-system.ts'
import { ours } from '../peers/contenders.ts'

interface Size {
  readonly [key: string]: number
  readonly actors: number
  readonly ms: number
}

/** CPU of the whole process while 100,000 actors of a worker thread and everybody else have nothing to do. */
export const idle = benchCase<Size>({
  name: 'threads/idle',
  rows: [{ bench: 'threads/idle', figure: 'cpu', unit: '% of a core', better: 'less', limit: 1 }],
  ours: ours(import.meta.url, sizes<Size>({ actors: 100_000, ms: 3_000 }, { actors: 500, ms: 100 })),
  peers: [],
  expected: ({ actors }) => ({ counted: actors, checksum: 0 }),
})

/** Until what the start left to do is done: collections, threads that poll before they park. */
const SETTLE_MS = 1_000

export const works = {
  ours: ({ actors, ms }: Size): Promise<Outcome> =>
    withSystem(1, async ({ system }) => {
      const nursery = system.spawn(Nursery, [], { placement: 'any' })
      const counted = await nursery.with({ deadlineMs: 60_000 }).ask.populate(actors)
      await sleep(Math.min(SETTLE_MS, 10 * ms))
      const before = process.cpuUsage()
      const startMs = performance.now()
      await sleep(ms)
      const { user, system: kernel } = process.cpuUsage(before)
      const elapsedUs = (performance.now() - startMs) * 1_000
      return { figures: { cpu: ((user + kernel) / elapsedUs) * 100 }, counted, checksum: 0 }
    }),
}
