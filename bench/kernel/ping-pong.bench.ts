import { Ping, Pong } from '../actors/ping-pong.actor.ts'
import { benchCase, type Outcome, sizes } from '../harness/bench-case.ts'
import { rateOf, sumBelow } from '../harness/measure.ts'
import { withSystem } from '../harness/with-system.ts'
import { erlang, nact, ours, xstate } from '../peers/contenders.ts'

interface Size {
  readonly [key: string]: number
  readonly roundTrips: number
}

const sizeOf = (roundTrips: number) => sizes<Size>({ roundTrips }, { roundTrips: 500 })

/** Two actors of one thread, one message under way. */
export const pingPong = benchCase<Size>({
  name: 'kernel/ping-pong',
  rows: [{ bench: 'kernel/ping-pong', figure: 'rate', unit: 'round trips/s', better: 'more' }],
  ours: ours(import.meta.url, sizeOf(8_000_000)),
  peers: [
    nact('pingPong', sizeOf(400_000), 20),
    erlang('ping_pong', sizeOf(1_500_000), 6),
    xstate('pingPong', sizeOf(1_500_000)),
  ],
  expected: ({ roundTrips }) => ({ counted: roundTrips, checksum: sumBelow(roundTrips) }),
})

export const works = {
  ours: ({ roundTrips }: Size): Promise<Outcome> =>
    withSystem(0, async ({ system, gate, reported }) => {
      const ping = system.spawn(Ping, [gate])
      const pong = system.spawn(Pong, [ping])
      return rateOf(roundTrips, (count) => {
        ping.tell.begin(pong, count)
        return reported()
      })
    }),
}
