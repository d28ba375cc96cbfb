import { type ActorRef, implement } from 'troupe'
import type { GateProtocol } from '../gate.actor.ts'

export interface CountingProtocol {
  increment(value: number): void
  /** All were sent. */
  retrieve(): void
}

interface ProducingProtocol {
  /** Sends the numbers from `next` up to `count`. */
  produce(next: number, count: number): void
}

/** Messages sent in one turn: then others run, and the receiver handles what it got. */
const BATCH = 500

export const Counting = implement<CountingProtocol>()({
  name: 'Counting',
  module: import.meta.url,
  start: (_self, gate: ActorRef<GateProtocol>) => ({ gate, counted: 0, checksum: 0 }),
  on: {
    increment({ state }, value) {
      state.counted++
      state.checksum += value
    },
    retrieve(self) {
      self.state.gate.tell.report(self.state.counted, self.state.checksum)
      self.stop()
    },
  },
})

export const Producing = implement<ProducingProtocol>()({
  name: 'Producing',
  module: import.meta.url,
  start: (_self, counting: ActorRef<CountingProtocol>) => ({ counting }),
  on: {
    produce(self, next, count) {
      const { tell } = self.state.counting
      const end = Math.min(next + BATCH, count)
      let index = next
      while (index < end && tell.increment(index) === 'accepted') index++
      const isDone = index === count && tell.retrieve() === 'accepted'
      if (isDone) self.stop()
      else self.ref.tell.produce(index, count) // the rest, or again what a full mailbox refused
    },
  },
})
