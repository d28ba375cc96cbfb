import { type ActorRef, implement } from 'troupe'
import type { GateProtocol } from './gate.actor.ts'

export interface PingProtocol {
  begin(pong: ActorRef<PongProtocol>, roundTrips: number): void
  pong(value: number): void
}

export interface PongProtocol {
  ping(value: number): void
}

interface PingState {
  readonly gate: ActorRef<GateProtocol>
  partner: ActorRef<PongProtocol> | undefined
  roundTrips: number
  counted: number
  checksum: number
}

export const Ping = implement<PingProtocol>()({
  name: 'Ping',
  module: import.meta.url,
  start: (_self, gate: ActorRef<GateProtocol>): PingState => {
    return { gate, partner: undefined, roundTrips: 0, counted: 0, checksum: 0 }
  },
  on: {
    begin(self, partner, roundTrips) {
      Object.assign(self.state, { partner, roundTrips, counted: 0, checksum: 0 })
      partner.tell.ping(0)
    },
    pong(self, value) {
      const { state } = self
      state.counted++
      state.checksum += value
      if (state.counted === state.roundTrips) state.gate.tell.report(state.counted, state.checksum)
      else state.partner?.tell.ping(state.counted)
    },
  },
})

export const Pong = implement<PongProtocol>()({
  name: 'Pong',
  module: import.meta.url,
  start: (_self, ping: ActorRef<PingProtocol>) => ({ ping }),
  on: {
    ping(self, value) {
      self.state.ping.tell.pong(value)
    },
  },
})
