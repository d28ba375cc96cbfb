import { type ActorRef, implement } from 'troupe'
import { PseudoRandom } from '../../harness/pseudo-random.ts'
import type { GateProtocol } from '../gate.actor.ts'

export interface NeighbourProtocol {
  /** Everybody, in order; this begins the pinging. */
  begin(neighbours: readonly ActorRef<NeighbourProtocol>[]): void
  ping(from: number): void
  pong(by: number): void
}

interface NeighbourState {
  readonly gate: ActorRef<GateProtocol>
  readonly index: number
  readonly pings: number
  readonly random: PseudoRandom
  neighbours: readonly ActorRef<NeighbourProtocol>[]
  sent: number
  answeredBy: number
}

/** Pings somebody at random, waits for the pong, pings again; answers whoever pings. */
export const Neighbour = implement<NeighbourProtocol>()({
  name: 'Neighbour',
  module: import.meta.url,
  start: (_self, gate: ActorRef<GateProtocol>, index: number, pings: number): NeighbourState => {
    return { gate, index, pings, random: new PseudoRandom(index), neighbours: [], sent: 0, answeredBy: 0 }
  },
  on: {
    begin({ state }, neighbours) {
      state.neighbours = neighbours
      sendPing(state)
    },
    ping({ state }, from) {
      state.neighbours[from]?.tell.pong(state.index)
    },
    pong({ state }, by) {
      state.answeredBy += by
      if (state.sent < state.pings) sendPing(state)
      else state.gate.tell.report(state.sent, state.answeredBy)
    },
  },
})

function sendPing(state: NeighbourState): void {
  state.sent++
  state.neighbours[state.random.below(state.neighbours.length)]?.tell.ping(state.index)
}
