import { implement } from 'troupe'
import type { ReliableBatchReceiver } from 'troupe/actors'
import type { Tally } from '../harness/bench-case.ts'
import { Arrivals } from '../net/arrivals.ts'

export interface BatchCounterProtocol extends ReliableBatchReceiver {
  /** As `Arrivals.receive`. */
  receive(count: number): Promise<Tally>
}

/** Counts what reliable sessions deliver. It does so while somebody waits: many batches at a time. */
export const BatchCounter = implement<BatchCounterProtocol>()({
  name: 'BatchCounter',
  module: import.meta.url,
  concurrency: 100,
  start: () => new Arrivals(),
  on: {
    deliverMany({ state }, { payloads }) {
      for (const payload of payloads) state.add(payload)
      return undefined
    },
    receive: ({ state }, count) => state.receive(count),
  },
})
