import { type ActorRef, implement } from 'troupe'
import type { GateProtocol } from './gate.actor.ts'

export interface CounterProtocol {
  add(value: number): void
  /** Reports what was counted, and begins anew. */
  report(): void
}

interface ProducerProtocol {
  /** Sends the numbers from `next` up to `count`. */
  produce(next: number, count: number): void
}

/** Messages sent in one turn: then others run, and the receiver handles what it got. */
const BATCH = 500

export const Counter = implement<CounterProtocol>()({
  name: 'Counter',
  module: import.meta.url,
  start: (_self, gate: ActorRef<GateProtocol>) => ({ gate, counted: 0, checksum: 0 }),
  on: {
    add(self, value) {
      self.state.counted++
      self.state.checksum += value
    },
    report(self) {
      self.state.gate.tell.report(self.state.counted, self.state.checksum)
      self.state.counted = 0
      self.state.checksum = 0
    },
  },
})

export const Producer = implement<ProducerProtocol>()({
  name: 'Producer',
  module: import.meta.url,
  start: (_self, counter: ActorRef<CounterProtocol>) => ({ counter }),
  on: {
    produce(self, next, count) {
      const { tell } = self.state.counter
      const end = Math.min(next + BATCH, count)
      let index = next
      while (index < end && tell.add(index) === 'accepted') index++
      const isDone = index === count && tell.report() === 'accepted'
      if (!isDone) self.ref.tell.produce(index, count) // the rest, or again what a full mailbox refused
    },
  },
})
