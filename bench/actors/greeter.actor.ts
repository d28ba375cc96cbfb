import { type ActorRef, defineActor, implement } from 'troupe'
import type { GateProtocol } from './gate.actor.ts'

export interface PopulationProtocol {
  /** Spawns so many children, greets them, and reports when all have said hello. */
  populate(count: number): void
  /** Greets the children from number `next` on. */
  greet(next: number): void
  hello(value: number): void
}

/** One of very many: it says hello once, else it is idle. */
export const Greeter = defineActor({
  name: 'Greeter',
  module: import.meta.url,
  start: (_self, index: number) => ({ total: index }),
  on: {
    greet(self, population: ActorRef<PopulationProtocol>) {
      population.tell.hello(self.state.total)
    },
    add(self, value: number) {
      self.state.total += value
    },
  },
})

interface PopulationState {
  readonly gate: ActorRef<GateProtocol>
  /** Those of this round. */
  children: { readonly tell: { greet(population: ActorRef<PopulationProtocol>): unknown } }[]
  counted: number
  checksum: number
}

/** Children greeted in one turn: all at once they would say more hellos than a mailbox holds. */
const BATCH = 500

export const Population = implement<PopulationProtocol>()({
  name: 'Population',
  module: import.meta.url,
  start: (_self, gate: ActorRef<GateProtocol>): PopulationState => ({ gate, children: [], counted: 0, checksum: 0 }),
  on: {
    populate(self, count) {
      const children = Array.from({ length: count }, (_, index) => self.spawn(Greeter, [index]))
      Object.assign(self.state, { children, counted: 0, checksum: 0 })
      self.ref.tell.greet(0)
    },
    greet(self, next) {
      const { children } = self.state
      const end = Math.min(next + BATCH, children.length)
      for (let index = next; index < end; index++) children[index]?.tell.greet(self.ref)
      if (end < children.length) self.ref.tell.greet(end)
    },
    hello({ state }, value) {
      state.counted++
      state.checksum += value
      if (state.counted === state.children.length) state.gate.tell.report(state.counted, state.checksum)
    },
  },
})
