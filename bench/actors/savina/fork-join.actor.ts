import { type ActorRef, implement } from 'troupe'
import { compute } from '../../savina/computation.ts'
import type { GateProtocol } from '../gate.actor.ts'

export interface WorkerProtocol {
  work(value: number): void
}

interface ThroughputMasterProtocol {
  /** Sends every worker the numbers from `next` up to `messages`, one after the other to all of them. */
  send(next: number, messages: number): void
}

interface CreationMasterProtocol {
  /** Makes workers for the numbers from `next` up to `count`, each of which gets its number. */
  create(next: number, count: number): void
}

/** Messages or actors in one turn. */
const BATCH = 600

/** Computes for each message, and stops after the last. */
export const Worker = implement<WorkerProtocol>()({
  name: 'Worker',
  module: import.meta.url,
  start: (_self, gate: ActorRef<GateProtocol>, messages: number) => ({ gate, messages, counted: 0, checksum: 0 }),
  on: {
    work(self, value) {
      const { state } = self
      compute(37.2)
      state.counted++
      state.checksum += value
      if (state.counted < state.messages) return
      state.gate.tell.report(state.counted, state.checksum)
      self.stop()
    },
  },
})

export const ThroughputMaster = implement<ThroughputMasterProtocol>()({
  name: 'ThroughputMaster',
  module: import.meta.url,
  start: (self, gate: ActorRef<GateProtocol>, actors: number, messages: number) => ({
    workers: Array.from({ length: actors }, () => self.spawn(Worker, [gate, messages], { restart: 'temporary' })),
  }),
  on: {
    send(self, next, messages) {
      const { workers } = self.state
      const end = Math.min(messages, next + Math.ceil(BATCH / workers.length))
      for (let value = next; value < end; value++) {
        for (const worker of workers) {
          if (worker.tell.work(value) !== 'accepted') throw new Error('a worker has no room for one batch')
        }
      }
      if (end < messages) self.ref.tell.send(end, messages)
    },
  },
})

export const CreationMaster = implement<CreationMasterProtocol>()({
  name: 'CreationMaster',
  module: import.meta.url,
  start: (_self, gate: ActorRef<GateProtocol>) => ({ gate }),
  on: {
    create(self, next, count) {
      const end = Math.min(count, next + BATCH)
      for (let value = next; value < end; value++) {
        self.spawn(Worker, [self.state.gate, 1], { restart: 'temporary' }).tell.work(value)
      }
      if (end < count) self.ref.tell.create(end, count)
    },
  },
})
