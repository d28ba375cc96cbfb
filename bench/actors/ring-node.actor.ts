import { type ActorRef, implement } from 'troupe'
import type { GateProtocol } from './gate.actor.ts'

export interface RingProtocol {
  link(next: ActorRef<RingProtocol>): void
  /** Goes round until it has counted down to 0. */
  token(left: number): void
  /** Goes round once and ends at the gate: hops counted, and the sum of the tokens at each of them. */
  collect(nodesLeft: number, counted: number, checksum: number): void
  /** As `collect`, and each of them stops. */
  retire(nodesLeft: number, counted: number, checksum: number): void
}

interface NodeState {
  readonly gate: ActorRef<GateProtocol>
  next: ActorRef<RingProtocol> | undefined
  counted: number
  checksum: number
}

export const RingNode = implement<RingProtocol>()({
  name: 'RingNode',
  module: import.meta.url,
  start: (_self, gate: ActorRef<GateProtocol>): NodeState => ({ gate, next: undefined, counted: 0, checksum: 0 }),
  on: {
    link(self, next) {
      self.state.next = next
    },
    token(self, left) {
      const { state } = self
      if (left === 0) {
        state.gate.tell.report(0, 0)
        return
      }
      state.counted++
      state.checksum += left
      state.next?.tell.token(left - 1)
    },
    collect({ state }, nodesLeft, counted, checksum) {
      const sum = counted + state.counted
      const sumOfTokens = checksum + state.checksum
      state.counted = 0
      state.checksum = 0
      if (nodesLeft > 1) state.next?.tell.collect(nodesLeft - 1, sum, sumOfTokens)
      else state.gate.tell.report(sum, sumOfTokens)
    },
    retire(self, nodesLeft, counted, checksum) {
      const { state } = self
      const sum = counted + state.counted
      const sumOfTokens = checksum + state.checksum
      if (nodesLeft > 1) state.next?.tell.retire(nodesLeft - 1, sum, sumOfTokens)
      else state.gate.tell.report(sum, sumOfTokens)
      self.stop()
    },
  },
})
