import { implement } from 'troupe'
import type { Tally } from '../harness/bench-case.ts'

export interface ArrivalsProtocol {
  /** So many messages more, with the checksum of `MessageTally`. */
  add(counted: number, checksum: number): void
  /** Answers when so many have come since the last answer. One waiter at a time. */
  receive(count: number): Promise<Tally>
}

interface ArrivalsState {
  counted: number
  checksum: number
  wanted: number
  settle: (tally: Tally) => void
}

const none = (): ArrivalsState => ({ counted: 0, checksum: 0, wanted: Number.POSITIVE_INFINITY, settle: () => {} })

/** Adds up what many connections have received. It is told while somebody waits: two messages at a time. */
export const ArrivalsActor = implement<ArrivalsProtocol>()({
  name: 'Arrivals',
  module: import.meta.url,
  concurrency: 2,
  start: none,
  on: {
    add(self, counted, checksum) {
      self.state.counted += counted
      self.state.checksum += checksum
      settleIfEnough(self)
    },
    receive(self, count) {
      return new Promise<Tally>((resolve) => {
        self.state.wanted = count
        self.state.settle = resolve
        settleIfEnough(self)
      })
    },
  },
})

function settleIfEnough(self: { state: ArrivalsState }): void {
  const { counted, checksum, wanted, settle } = self.state
  if (counted < wanted) return
  self.state = none()
  settle({ counted, checksum })
}
