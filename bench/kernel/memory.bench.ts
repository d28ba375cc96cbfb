import { Greeter } from '../actors/greeter.actor.ts'
import { benchCase, type Outcome, sizes } from '../harness/bench-case.ts'
import { settledMemory, sumBelow } from '../harness/measure.ts'
import { withSystem } from '../harness/with-system.ts'
import { erlang, nact, ours } from '../peers/contenders.ts'

interface Size {
  readonly [key: string]: number
  readonly actors: number
}

const size = sizes<Size>({ actors: 100_000 }, { actors: 10_000 })

/** Actors that have started and do nothing: what each keeps, by the runtime's own account and by the system's. */
export const memory = benchCase<Size>({
  name: 'kernel/memory',
  rows: [
    { bench: 'kernel/memory', figure: 'bytes', unit: 'bytes/actor', better: 'less', limit: 500 },
    { bench: 'kernel/memory/rss', figure: 'rss', unit: 'bytes/actor', better: 'less' },
  ],
  ours: ours(import.meta.url, size),
  peers: [erlang('memory', size), nact('memory', size)],
  expected: ({ actors }) => ({ counted: actors, checksum: sumBelow(actors) }),
})

const WARM_UP_ACTORS = 1_000

export const works = {
  ours: ({ actors }: Size): Promise<Outcome> =>
    withSystem(0, async ({ system }) => {
      const keep: object[] = []
      let checksum = 0
      const populate = async (count: number): Promise<void> => {
        for (let index = 0; index < count; index++) {
          keep.push(system.spawn(Greeter, [index]))
          checksum += index
        }
        await system.spawn(Greeter, [0]).ready() // those before it have started too
      }
      await populate(WARM_UP_ACTORS)
      checksum = 0
      const before = await settledMemory()
      await populate(actors)
      const after = await settledMemory()
      return {
        figures: {
          bytes: (after.heapBytes - before.heapBytes) / actors,
          rss: (after.rssBytes - before.rssBytes) / actors,
        },
        counted: keep.length - WARM_UP_ACTORS,
        checksum,
      }
    }),
}
