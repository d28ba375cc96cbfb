import { Answerer } from '../actors/answerer.actor.ts'
import { benchCase, type Outcome, sizes } from '../harness/bench-case.ts'
import { sumBelow } from '../harness/measure.ts'
import { withSystem } from '../harness/with-system.ts'
import { type AskSize, askAll } from '../peers/ask-all.ts'
import { comedy, erlang, nact, ours } from '../peers/contenders.ts'

const sizeOf = (asks: number) => sizes<AskSize>({ asks, inFlight: 1 }, { asks: 500 })

/** A program asks an actor of its own thread, one question after the other. */
export const ask = benchCase<AskSize>({
  name: 'kernel/ask',
  rows: [{ bench: 'kernel/ask', figure: 'rate', unit: 'answers/s', better: 'more' }],
  ours: ours(import.meta.url, sizeOf(1_500_000)),
  peers: [nact('ask', sizeOf(300_000), 4), erlang('ask', sizeOf(500_000), 2), comedy('ask', sizeOf(200_000))],
  expected: ({ asks }) => ({ counted: asks, checksum: sumBelow(asks) }),
})

export const works = {
  ours: (size: AskSize): Promise<Outcome> =>
    withSystem(0, async ({ system }) => {
      const answerer = system.spawn(Answerer, [])
      return askAll(size, (value) => answerer.ask.answer(value))
    }),
}
