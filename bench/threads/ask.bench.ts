import { Answerer } from '../actors/answerer.actor.ts'
import { benchCase, type Outcome, sizes } from '../harness/bench-case.ts'
import { sumBelow } from '../harness/measure.ts'
import { withSystem } from '../harness/with-system.ts'
import { type AskSize, askAll } from '../peers/ask-all.ts'
import { comedy, comlink, erlangPinned, ours, piscina, postMessage } from '../peers/contenders.ts'

/** The main program asks an actor of a worker thread: one question after the other, or 64 at a time. */
function askCase(name: string, inFlight: number, asks: AsksOf) {
  const sizeOf = (count: number) => sizes<AskSize>({ asks: count, inFlight }, { asks: 2 * inFlight })
  return benchCase<AskSize>({
    name,
    rows: [{ bench: name, figure: 'rate', unit: 'answers/s', better: 'more' }],
    ours: ours(import.meta.url, sizeOf(asks.ours)),
    peers: [
      postMessage('ask', sizeOf(asks.postMessage), 8),
      piscina('ask', sizeOf(asks.others), 30),
      comlink('ask', sizeOf(asks.others)),
      comedy('askThreaded', sizeOf(asks.others)),
      erlangPinned('threads_ask', sizeOf(asks.erlang)),
    ],
    expected: (size) => ({ counted: size.asks, checksum: sumBelow(size.asks) }),
  })
}

interface AsksOf {
  readonly ours: number
  readonly postMessage: number
  readonly others: number
  readonly erlang: number
}

export const askSequential = askCase('threads/ask/sequential', 1, {
  ours: 600_000,
  postMessage: 25_000,
  others: 15_000,
  erlang: 60_000,
})

export const ask64InFlight = askCase('threads/ask/64-in-flight', 64, {
  ours: 1_500_000,
  postMessage: 250_000,
  others: 50_000,
  erlang: 150_000,
})

export const works = {
  ours: (size: AskSize): Promise<Outcome> =>
    withSystem(1, async ({ system }) => {
      const answerer = system.spawn(Answerer, [], { placement: 'pinned' })
      await answerer.ready()
      return askAll(size, (value) => answerer.ask.answer(value))
    }),
}
