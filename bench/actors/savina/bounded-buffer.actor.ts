import { type ActorRef, implement } from 'troupe'
import { processItem } from '../../savina/computation.ts'
import { ONCE } from '../../savina/once.ts'
import type { SavinaSize } from '../../savina/savina-sizes.ts'
import type { GateProtocol } from '../gate.actor.ts'

export interface ManagerProtocol {
  /** Begins: from now on producers are told to produce. */
  begin(): void
  item(number: number, data: number, producer: ActorRef<ItemProducerProtocol>): void
  available(consumer: ActorRef<ConsumerProtocol>): void
  ended(): void
  /** What a consumer had, and it is no more. */
  consumed(counted: number, checksum: number): void
}

export interface ItemProducerProtocol {
  produce(): void
}

export interface ConsumerProtocol {
  item(number: number, data: number): void
  report(): void
}

interface ManagerState {
  readonly gate: ActorRef<GateProtocol>
  readonly size: SavinaSize<'bndbuffer'>
  readonly producers: readonly ActorRef<ItemProducerProtocol>[]
  readonly consumers: readonly ActorRef<ConsumerProtocol>[]
  readonly availableConsumers: ActorRef<ConsumerProtocol>[]
  readonly availableProducers: ActorRef<ItemProducerProtocol>[]
  readonly pending: { readonly number: number; readonly data: number }[]
  ended: number
  reports: number
  counted: number
  checksum: number
}

/** Passes items from producers to consumers, and lets producers wait while too many are pending. */
export const Manager = implement<ManagerProtocol>()({
  name: 'Manager',
  module: import.meta.url,
  start: (self, gate: ActorRef<GateProtocol>, size: SavinaSize<'bndbuffer'>): ManagerState => {
    const { producers, consumers, items, cost } = size
    const consumerRefs = Array.from({ length: consumers }, () => self.spawn(Consumer, [self.ref, cost], ONCE))
    return {
      gate,
      size,
      producers: Array.from({ length: producers }, () => self.spawn(ItemProducer, [self.ref, items, cost], ONCE)),
      consumers: consumerRefs,
      availableConsumers: [...consumerRefs],
      availableProducers: [],
      pending: [],
      ended: 0,
      reports: 0,
      counted: 0,
      checksum: 0,
    }
  },
  on: {
    begin({ state }) {
      for (const producer of state.producers) producer.tell.produce()
    },
    item({ state }, number, data, producer) {
      const consumer = state.availableConsumers.shift()
      if (consumer === undefined) state.pending.push({ number, data })
      else consumer.tell.item(number, data)
      if (state.pending.length >= state.size.bufferSize - state.size.producers) state.availableProducers.push(producer)
      else producer.tell.produce()
    },
    available({ state }, consumer) {
      const item = state.pending.shift()
      if (item === undefined) {
        state.availableConsumers.push(consumer)
        reportIfDone(state)
        return
      }
      consumer.tell.item(item.number, item.data)
      state.availableProducers.shift()?.tell.produce()
    },
    ended({ state }) {
      state.ended++
      reportIfDone(state)
    },
    consumed(self, counted, checksum) {
      const { state } = self
      state.counted += counted
      state.checksum += checksum
      state.reports++
      if (state.reports < state.consumers.length) return
      state.gate.tell.report(state.counted, state.checksum)
      self.stop()
    },
  },
})

export const ItemProducer = implement<ItemProducerProtocol>()({
  name: 'ItemProducer',
  module: import.meta.url,
  start: (_self, manager: ActorRef<ManagerProtocol>, items: number, cost: number) => {
    return { manager, items, cost, produced: 0, data: 0 }
  },
  on: {
    produce(self) {
      const { state } = self
      if (state.produced === state.items) {
        state.manager.tell.ended()
        self.stop()
        return
      }
      state.data = processItem(state.data, state.cost)
      state.manager.tell.item(state.produced, state.data, self.ref)
      state.produced++
    },
  },
})

export const Consumer = implement<ConsumerProtocol>()({
  name: 'Consumer',
  module: import.meta.url,
  start: (_self, manager: ActorRef<ManagerProtocol>, cost: number) => {
    return { manager, cost, consumed: 0, counted: 0, checksum: 0 }
  },
  on: {
    item(self, number, data) {
      const { state } = self
      state.consumed = processItem(state.consumed + data, state.cost)
      state.counted++
      state.checksum += number
      state.manager.tell.available(self.ref)
    },
    report(self) {
      self.state.manager.tell.consumed(self.state.counted, self.state.checksum)
      self.stop()
    },
  },
})

function reportIfDone({ size, ended, availableConsumers, consumers }: ManagerState): void {
  if (ended < size.producers || availableConsumers.length < size.consumers) return
  for (const consumer of consumers) consumer.tell.report()
}
