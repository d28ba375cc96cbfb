import { type ActorRef, implement } from 'troupe'
import type { GateProtocol } from '../gate.actor.ts'

export interface SavinaPingProtocol {
  begin(pings: number): void
  ping(): void
  pong(): void
}

export interface SavinaPongProtocol {
  ping(value: number, from: ActorRef<SavinaPingProtocol>): void
  /** It was the last one. */
  report(): void
}

/** After each pong it tells itself to go on: three messages a ping, as the suite has it. */
export const SavinaPing = implement<SavinaPingProtocol>()({
  name: 'SavinaPing',
  module: import.meta.url,
  start: (_self, partner: ActorRef<SavinaPongProtocol>) => ({ partner, left: 0 }),
  on: {
    begin(self, pings) {
      self.state.left = pings
      self.ref.tell.ping()
    },
    ping(self) {
      self.state.left--
      self.state.partner.tell.ping(self.state.left, self.ref)
    },
    pong(self) {
      if (self.state.left > 0) {
        self.ref.tell.ping()
        return
      }
      self.state.partner.tell.report()
      self.stop()
    },
  },
})

export const SavinaPong = implement<SavinaPongProtocol>()({
  name: 'SavinaPong',
  module: import.meta.url,
  start: (_self, gate: ActorRef<GateProtocol>) => ({ gate, counted: 0, checksum: 0 }),
  on: {
    ping(self, value, from) {
      self.state.counted++
      self.state.checksum += value
      from.tell.pong()
    },
    report(self) {
      self.state.gate.tell.report(self.state.counted, self.state.checksum)
      self.stop()
    },
  },
})
