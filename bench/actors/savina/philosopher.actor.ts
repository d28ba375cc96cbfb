import { type ActorRef, implement } from 'troupe'
import type { GateProtocol } from '../gate.actor.ts'

export interface ArbiterProtocol {
  hungry(seat: number, philosopher: ActorRef<PhilosopherProtocol>): void
  done(seat: number): void
  exit(): void
}

export interface PhilosopherProtocol {
  start(): void
  eat(): void
  denied(): void
}

interface ArbiterState {
  readonly gate: ActorRef<GateProtocol>
  readonly isTaken: boolean[]
  left: number
  counted: number
  checksum: number
}

/** Hands out both forks or none. */
export const Arbiter = implement<ArbiterProtocol>()({
  name: 'Arbiter',
  module: import.meta.url,
  start: (_self, gate: ActorRef<GateProtocol>, forks: number): ArbiterState => {
    return { gate, isTaken: new Array<boolean>(forks).fill(false), left: forks, counted: 0, checksum: 0 }
  },
  on: {
    hungry({ state: { isTaken } }, seat, philosopher) {
      const right = (seat + 1) % isTaken.length
      if (isTaken[seat] === true || isTaken[right] === true) {
        philosopher.tell.denied()
      } else {
        isTaken[seat] = true
        isTaken[right] = true
        philosopher.tell.eat()
      }
    },
    done({ state }, seat) {
      state.isTaken[seat] = false
      state.isTaken[(seat + 1) % state.isTaken.length] = false
      state.counted++
      state.checksum += seat
    },
    exit(self) {
      const { state } = self
      state.left--
      if (state.left > 0) return
      state.gate.tell.report(state.counted, state.checksum)
      self.stop()
    },
  },
})

/** Who is denied is hungry again at once. */
export const Philosopher = implement<PhilosopherProtocol>()({
  name: 'Philosopher',
  module: import.meta.url,
  start: (_self, arbiter: ActorRef<ArbiterProtocol>, seat: number, rounds: number) => ({ arbiter, seat, left: rounds }),
  on: {
    start(self) {
      self.state.arbiter.tell.hungry(self.state.seat, self.ref)
    },
    denied(self) {
      self.state.arbiter.tell.hungry(self.state.seat, self.ref)
    },
    eat(self) {
      const { state } = self
      state.left--
      state.arbiter.tell.done(state.seat)
      if (state.left > 0) {
        self.ref.tell.start()
        return
      }
      state.arbiter.tell.exit()
      self.stop()
    },
  },
})
