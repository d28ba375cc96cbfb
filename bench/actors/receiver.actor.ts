import { type ActorRef, defineActor, implement } from 'troupe'
import type { GateProtocol } from './gate.actor.ts'

export interface ReceiverProtocol {
  take(bytes: Uint8Array): void
  /** Reports what was taken, and begins anew. */
  report(): void
}

/** Counts what it gets. The last of a broadcast says so to the gate: what was sent in order has arrived then. */
export const Receiver = implement<ReceiverProtocol>()({
  name: 'Receiver',
  module: import.meta.url,
  start: (_self, gate: ActorRef<GateProtocol>, isLast: boolean) => ({ gate, isLast, counted: 0, checksum: 0 }),
  on: {
    take({ state }, bytes) {
      state.counted++
      state.checksum += bytes.length + (bytes[0] ?? 0)
      if (state.isLast) state.gate.tell.report(0, 0)
    },
    report({ state }) {
      state.gate.tell.report(state.counted, state.checksum)
      state.counted = 0
      state.checksum = 0
    },
  },
})

/** Has its children on its own thread. */
export const Audience = defineActor({
  name: 'Audience',
  module: import.meta.url,
  start: (self, gate: ActorRef<GateProtocol>, receivers: number) => ({
    receivers: Array.from({ length: receivers }, (_, index) => self.spawn(Receiver, [gate, index === receivers - 1])),
  }),
  on: {
    receivers: (self): ActorRef<ReceiverProtocol>[] => self.state.receivers,
  },
})
