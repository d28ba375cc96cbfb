import { type ActorRef, implement } from 'troupe'
import { PseudoRandom } from '../../harness/pseudo-random.ts'
import type { GateProtocol } from '../gate.actor.ts'

export interface SinkProtocol {
  begin(): void
  /** A neighbour has sent all its pings, and got its pongs. */
  done(sent: number, answeredBy: number): void
}

export interface NeighbourProtocol {
  /** Everybody, in order; this begins the pinging. */
  begin(neighbours: readonly ActorRef<NeighbourProtocol>[]): void
  ping(from: number): void
  pong(by: number): void
}

interface NeighbourState {
  readonly sink: ActorRef<SinkProtocol>
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
  start: (_self, sink: ActorRef<SinkProtocol>, index: number, pings: number): NeighbourState => {
    return { sink, index, pings, random: new PseudoRandom(index), neighbours: [], sent: 0, answeredBy: 0 }
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
      else state.sink.tell.done(state.sent, state.answeredBy)
    },
  },
})

/** Has all the others, which go on answering until the last of them is done. */
export const Sink = implement<SinkProtocol>()({
  name: 'Sink',
  module: import.meta.url,
  start: (self, gate: ActorRef<GateProtocol>, actors: number, pings: number) => ({
    gate,
    neighbours: Array.from({ length: actors }, (_, index) => self.spawn(Neighbour, [self.ref, index, pings])),
    left: actors,
    counted: 0,
    checksum: 0,
  }),
  on: {
    begin({ state: { neighbours } }) {
      for (const neighbour of neighbours) neighbour.tell.begin(neighbours)
    },
    done(self, sent, answeredBy) {
      const { state } = self
      state.counted += sent
      state.checksum += answeredBy
      state.left--
      if (state.left > 0) return
      state.gate.tell.report(state.counted, state.checksum)
      self.stop() // and the neighbours before it
    },
  },
})

function sendPing(state: NeighbourState): void {
  state.sent++
  state.neighbours[state.random.below(state.neighbours.length)]?.tell.ping(state.index)
}
