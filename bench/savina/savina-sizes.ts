import { type Scale, sizes } from '../harness/bench-case.ts'

/**
 * The parameters that the Savina suite names as its defaults (Imam and Sarkar, "Savina – an actor benchmark suite", 2014),
 * the same for all contenders, and twelve iterations as its runner makes; `quick` and `smoke` have less work in each. One
 * difference: a unit of cost in `bndbuffer` is one logarithm here and a hundred there, where the arithmetic would hide the
 * messages.
 */
export const savinaSizes = {
  pingpong: savina({ pings: 40_000 }, { pings: 50 }),
  count: savina({ messages: 1_000_000 }, { messages: 500 }),
  fjthrput: savina({ actors: 60, messages: 10_000 }, { messages: 10 }),
  fjcreate: savina({ actors: 40_000 }, { actors: 100 }),
  threadring: savina({ actors: 100, hops: 100_000 }, { hops: 500 }),
  chameneos: savina({ creatures: 100, meetings: 200_000 }, { meetings: 200 }),
  big: savina({ actors: 120, pings: 20_000 }, { pings: 5 }),
  bndbuffer: savina({ bufferSize: 50, producers: 40, consumers: 40, items: 1_000, cost: 25 }, { items: 5 }),
  philosopher: savina({ philosophers: 20, rounds: 10_000 }, { rounds: 10 }),
  banking: savina({ accounts: 1_000, transfers: 50_000 }, { transfers: 100 }),
}

export type SavinaName = keyof typeof savinaSizes
export type SavinaSize<N extends SavinaName> = (typeof savinaSizes)[N]['full']

function savina<S extends Record<string, number>>(
  full: S,
  smoke: Partial<S>,
): Record<Scale, S & { readonly iterations: number }> {
  const scaled = sizes(full, smoke)
  return {
    full: { ...scaled.full, iterations: 12 },
    quick: { ...scaled.quick, iterations: 12 },
    smoke: { ...scaled.smoke, iterations: 2 },
  }
}
