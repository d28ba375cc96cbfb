import { benchCase, type Outcome, sizes } from '../harness/bench-case.ts'
import { rateOf, sumBelow } from '../harness/measure.ts'
import { goRound, makeRing } from '../harness/ring.ts'
import { withSystem } from '../harness/with-system.ts'
import { erlang, nact, ours, xstate } from '../peers/contenders.ts'

interface Size {
  readonly [key: string]: number
  readonly actors: number
  readonly hops: number
}

const sizeOf = (hops: number) => sizes<Size>({ actors: 503, hops }, { hops: 2_000 })

/** A token goes round 503 actors of one thread. */
export const threadRing = benchCase<Size>({
  name: 'kernel/thread-ring',
  rows: [{ bench: 'kernel/thread-ring', figure: 'rate', unit: 'hops/s', better: 'more' }],
  ours: ours(import.meta.url, sizeOf(15_000_000)),
  peers: [
    nact('threadRing', sizeOf(700_000), 20),
    erlang('thread_ring', sizeOf(3_000_000), 6),
    xstate('threadRing', sizeOf(3_000_000)),
  ],
  expected: ({ hops }) => ({ counted: hops, checksum: sumBelow(hops + 1) }),
})

export const works = {
  ours: ({ actors, hops }: Size): Promise<Outcome> =>
    withSystem(0, async (bench) => {
      const ring = makeRing(bench, actors)
      return rateOf(hops, (count) => goRound(bench, ring, count))
    }),
}
