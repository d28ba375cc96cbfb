import { type ActorRef, defineActor, implement } from 'troupe'
import type { GateProtocol } from './gate.actor.ts'

export interface CollectorProtocol {
  /** Reports when so many said hello. */
  expect(count: number): void
  hello(value: number): void
}

/** One of very many: it says hello once, else it is idle. */
export const Greeter = defineActor({
  name: 'Greeter',
  module: import.meta.url,
  start: (_self, index: number) => ({ total: index }),
  on: {
    greet(self, collector: ActorRef<CollectorProtocol>) {
      collector.tell.hello(self.state.total)
    },
    add(self, value: number) {
      self.state.total += value
    },
  },
})

export const Collector = implement<CollectorProtocol>()({
  name: 'Collector',
  module: import.meta.url,
  start: (_self, gate: ActorRef<GateProtocol>) => ({ gate, expected: 0, counted: 0, checksum: 0 }),
  on: {
    expect(self, count) {
      self.state.expected = count
      self.state.counted = 0
      self.state.checksum = 0
    },
    hello(self, value) {
      const { state } = self
      state.counted++
      state.checksum += value
      if (state.counted === state.expected) state.gate.tell.report(state.counted, state.checksum)
    },
  },
})
