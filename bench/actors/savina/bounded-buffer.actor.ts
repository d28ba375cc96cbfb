import { type ActorRef, implement } from 'troupe'
import { processItem } from '../../savina/computation.ts'
import type { SavinaSize } from '../../savina/savina-sizes.ts'
import type { GateProtocol } from '../gate.actor.ts'

export interface ManagerProtocol {
  /** Begins: from now on producers are told to produce. */
  begin(): void
  item(number: number, data: number, producer: ActorRef<ItemProducerProtocol>): void
  available(consumer: ActorRef<ConsumerProtocol>): void
  ended(): void
}

export interface ItemProducerProtocol {
  produce(): void
}

export interface ConsumerProtocol {
  item(number: number, data: number): void
  report(): void
}

interface ManagerState {
  readonly size: SavinaSize<'bndbuffer'>
  readonly producers: readonly ActorRef<ItemProducerProtocol>[]
  readonly consumers: readonly ActorRef<ConsumerProtocol>[]
  readonly availableConsumers: ActorRef<ConsumerProtocol>[]
  readonly availableProducers: ActorRef<ItemProducerProtocol>[]
  readonly pending: { readonly number: number; readonly data: number }[]
  ended: number
}

/** Passes items from producers to consumers, and lets producers wait while too many are pending. */
export const Manager = implement<ManagerProtocol>()({
  name: 'Manager',
  module: import.meta.url,
  start: (self, gate: ActorRef<GateProtocol>, size: SavinaSize<'bndbuffer'>): ManagerState => {
    const { producers, consumers, items, cost } = size
    const consumerRefs = Array.from({ length: consumers }, () => self.spawn(Consumer, [gate, self.ref, cost]))
    return {
      size,
      producers: Array.from({ length: producers }, () => self.spawn(ItemProducer, [self.ref, items, cost])),
      consumers: consumerRefs,
      availableConsumers: [...consumerRefs],
      availableProducers: [],
      pending: [],
      ended: 0,
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
  start: (_self, gate: ActorRef<GateProtocol>, manager: ActorRef<ManagerProtocol>, cost: number) => {
    return { gate, manager, cost, consumed: 0, counted: 0, checksum: 0 }
  },
  on: {
    item(self, number, data) {
      const { state } = self
      state.consumed = processItem(state.consumed + data, state.cost)
      state.counted++
      state.checksum += number
      state.manager.tell.available(self.ref)
    },
    report({ state }) {
      state.gate.tell.report(state.counted, state.checksum)
    },
  },
})

function reportIfDone({ size, ended, availableConsumers, consumers }: ManagerState): void {
  if (ended < size.producers || availableConsumers.length < size.consumers) return
  for (const consumer of consumers) consumer.tell.report()
}
