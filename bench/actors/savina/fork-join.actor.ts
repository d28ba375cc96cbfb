import { type ActorRef, implement, type Self } from 'troupe'
import { compute } from '../../savina/computation.ts'
import { ONCE } from '../../savina/once.ts'
import type { GateProtocol } from '../gate.actor.ts'

export interface WorkerProtocol {
  work(value: number): void
}

interface MasterProtocol {
  /** Sends the numbers from `next` on. */
  go(next: number): void
  /** A worker has done all of its work, and is no more. */
  done(counted: number, checksum: number): void
}

/** Messages or actors in one turn. */
const BATCH = 600

/** Computes for each message, and stops after the last. */
export const Worker = implement<WorkerProtocol>()({
  name: 'Worker',
  module: import.meta.url,
  start: (_self, master: ActorRef<MasterProtocol>, messages: number) => ({
    master,
    messages,
    counted: 0,
    checksum: 0,
  }),
  on: {
    work(self, value) {
      const { state } = self
      compute(37.2)
      state.counted++
      state.checksum += value
      if (state.counted < state.messages) return
      state.master.tell.done(state.counted, state.checksum)
      self.stop()
    },
  },
})

interface MasterState {
  readonly gate: ActorRef<GateProtocol>
  /** Numbers that are to be sent. */
  readonly numbers: number
  readonly workers: readonly ActorRef<WorkerProtocol>[]
  left: number
  counted: number
  checksum: number
}

type Master = Self<MasterState, MasterProtocol>

function addUp(self: Master, counted: number, checksum: number): void {
  const { state } = self
  state.counted += counted
  state.checksum += checksum
  state.left--
  if (state.left > 0) return
  state.gate.tell.report(state.counted, state.checksum)
  self.stop()
}

/** Sends every worker all numbers, one after the other to all of them. */
export const ThroughputMaster = implement<MasterProtocol>()({
  name: 'ThroughputMaster',
  module: import.meta.url,
  start: (self, gate: ActorRef<GateProtocol>, actors: number, messages: number): MasterState => ({
    gate,
    numbers: messages,
    workers: Array.from({ length: actors }, () => self.spawn(Worker, [self.ref, messages], ONCE)),
    left: actors,
    counted: 0,
    checksum: 0,
  }),
  on: {
    go(self, next) {
      const { workers, numbers } = self.state
      const end = Math.min(numbers, next + Math.ceil(BATCH / workers.length))
      for (let value = next; value < end; value++) {
        for (const worker of workers) {
          if (worker.tell.work(value) !== 'accepted') throw new Error('a worker has no room for one batch')
        }
      }
      if (end < numbers) self.ref.tell.go(end)
    },
    done: addUp,
  },
})

/** Makes a worker for each number, which gets that. */
export const CreationMaster = implement<MasterProtocol>()({
  name: 'CreationMaster',
  module: import.meta.url,
  start: (_self, gate: ActorRef<GateProtocol>, actors: number): MasterState => {
    return { gate, numbers: actors, workers: [], left: actors, counted: 0, checksum: 0 }
  },
  on: {
    go(self, next) {
      const end = Math.min(self.state.numbers, next + BATCH)
      for (let value = next; value < end; value++) self.spawn(Worker, [self.ref, 1], ONCE).tell.work(value)
      if (end < self.state.numbers) self.ref.tell.go(end)
    },
    done: addUp,
  },
})
