import { type ActorRef, implement } from 'troupe'
import { complement } from '../../savina/computation.ts'
import { ONCE } from '../../savina/once.ts'
import type { GateProtocol } from '../gate.actor.ts'

export interface MallProtocol {
  meet(color: number, creature: ActorRef<CreatureProtocol>): void
  count(met: number): void
}

export interface CreatureProtocol {
  meet(color: number, other: ActorRef<CreatureProtocol>): void
  change(color: number): void
  exit(): void
}

interface MallState {
  readonly gate: ActorRef<GateProtocol>
  readonly creatures: number
  left: number
  waiting: ActorRef<CreatureProtocol> | undefined
  faded: number
  counted: number
}

/** Creatures meet here in pairs until there were enough meetings; then it counts how often each did. */
export const Mall = implement<MallProtocol>()({
  name: 'Mall',
  module: import.meta.url,
  start: (self, gate: ActorRef<GateProtocol>, creatures: number, meetings: number): MallState => {
    for (let index = 0; index < creatures; index++) {
      self.spawn(Creature, [self.ref, index % 3], ONCE)
    }
    return { gate, creatures, left: meetings, waiting: undefined, faded: 0, counted: 0 }
  },
  on: {
    meet({ state }, color, creature) {
      if (state.left === 0) {
        creature.tell.exit()
      } else if (state.waiting === undefined) {
        state.waiting = creature
      } else {
        state.left--
        state.waiting.tell.meet(color, creature)
        state.waiting = undefined
      }
    },
    count(self, met) {
      const { state } = self
      state.counted += met
      state.faded++
      if (state.faded < state.creatures) return
      state.gate.tell.report(state.counted, state.faded)
      self.stop()
    },
  },
})

export const Creature = implement<CreatureProtocol>()({
  name: 'Creature',
  module: import.meta.url,
  start: (self, mall: ActorRef<MallProtocol>, color: number) => {
    mall.tell.meet(color, self.ref)
    return { mall, color, met: 0 }
  },
  on: {
    meet(self, color, other) {
      const { state } = self
      state.met++
      state.color = complement(state.color, color)
      other.tell.change(state.color)
      state.mall.tell.meet(state.color, self.ref)
    },
    change(self, color) {
      self.state.met++
      self.state.color = color
      self.state.mall.tell.meet(color, self.ref)
    },
    exit(self) {
      self.state.mall.tell.count(self.state.met)
      self.stop()
    },
  },
})
