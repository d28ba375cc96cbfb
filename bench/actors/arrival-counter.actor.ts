import { implement } from 'troupe'
import type { BrokerSubscriber } from 'troupe/actors'
import type { Tally } from '../harness/bench-case.ts'
import { Arrivals } from '../net/arrivals.ts'

export interface ArrivalCounterProtocol extends BrokerSubscriber {
  /** As `Arrivals.receive`. */
  receive(count: number): Promise<Tally>
}

/** Counts what a broker delivers. It does so while somebody waits: two messages at a time. */
export const ArrivalCounter = implement<ArrivalCounterProtocol>()({
  name: 'ArrivalCounter',
  module: import.meta.url,
  concurrency: 2,
  start: () => new Arrivals(),
  on: {
    delivered: ({ state }, _topic, data) => state.add(data),
    receive: ({ state }, count) => state.receive(count),
  },
})
