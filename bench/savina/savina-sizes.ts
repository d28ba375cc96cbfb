import { sizes } from '../harness/bench-case.ts'

/**
 * The parameters that the Savina suite names as its defaults (Imam and Sarkar, "Savina – an actor benchmark suite", 2014),
 * the same for all contenders, and twelve iterations as its runner makes. One difference: a unit of cost in `bndbuffer` is
 * one logarithm here and a hundred there, where the arithmetic would hide the messages.
 */
export const savinaSizes = {
  pingpong: sizes({ iterations: 12, pings: 40_000 }, { iterations: 2, pings: 50 }),
  count: sizes({ iterations: 12, messages: 1_000_000 }, { iterations: 2, messages: 500 }),
  fjthrput: sizes({ iterations: 12, actors: 60, messages: 10_000 }, { iterations: 2, messages: 10 }),
  fjcreate: sizes({ iterations: 12, actors: 40_000 }, { iterations: 2, actors: 100 }),
  threadring: sizes({ iterations: 12, actors: 100, hops: 100_000 }, { iterations: 2, hops: 500 }),
  chameneos: sizes({ iterations: 12, creatures: 100, meetings: 200_000 }, { iterations: 2, meetings: 200 }),
  big: sizes({ iterations: 12, actors: 120, pings: 20_000 }, { iterations: 2, pings: 5 }),
  bndbuffer: sizes(
    { iterations: 12, bufferSize: 50, producers: 40, consumers: 40, items: 1_000, cost: 25 },
    { iterations: 2, items: 5 },
  ),
  philosopher: sizes({ iterations: 12, philosophers: 20, rounds: 10_000 }, { iterations: 2, rounds: 10 }),
  banking: sizes({ iterations: 12, accounts: 1_000, transfers: 50_000 }, { iterations: 2, transfers: 100 }),
}

export type SavinaName = keyof typeof savinaSizes
export type SavinaSize<N extends SavinaName> = (typeof savinaSizes)[N]['full']
