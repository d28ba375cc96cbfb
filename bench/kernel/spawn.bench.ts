import { Population } from '../actors/greeter.actor.ts'
import { benchCase, type Outcome, sizes } from '../harness/bench-case.ts'
import { rateOf, sumBelow } from '../harness/measure.ts'
import { withSystem } from '../harness/with-system.ts'
import { erlang, nact, ours, xstate } from '../peers/contenders.ts'

interface Size {
  readonly [key: string]: number
  readonly actors: number
}

const size = sizes<Size>({ actors: 100_000 }, { actors: 500 })

/** Spawns actors under one parent; then each is greeted and says hello. They go on living. */
export const spawn = benchCase<Size>({
  name: 'kernel/spawn',
  rows: [{ bench: 'kernel/spawn', figure: 'rate', unit: 'actors/s', better: 'more' }],
  ours: ours(import.meta.url, size),
  peers: [nact('spawn', size, 4), erlang('spawn', size, 2), xstate('spawn', size)],
  expected: ({ actors }) => ({ counted: actors, checksum: sumBelow(actors) }),
})

export const works = {
  ours: ({ actors }: Size): Promise<Outcome> =>
    withSystem(0, async ({ system, gate, reported }) => {
      const population = system.spawn(Population, [gate])
      return rateOf(actors, (count) => {
        population.tell.populate(count)
        return reported()
      })
    }),
}
